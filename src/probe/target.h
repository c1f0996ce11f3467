/* target.h — the hosts that the checks are about: the API, and the edge of each region. */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include "probe/http.h"
#include "probe/libc.h"
#include "probe/lookup.h"
#include "probe/probe.h"
#include "probe/row.h"

enum { TARGET_NAME_BYTES = 64, TARGET_ROWS = 4, REGIONS = 2 /* that the edge has (facts A1) */ };

struct target {
    char name[TARGET_NAME_BYTES]; /* "api", "edge region1"; clean */
    char host[DNS_NAME_BYTES];
    uint16_t tcp_port, udp_port; /* 0: not checked */
    bool is_api;
    bool is_discovered;              /* the SRV record says where it is */
    bool has_published_ranges;       /* its addresses can be judged */
    const char *url;                 /* of the API; NULL */
    const char *proxy;               /* through which the API is asked; borrowed; NULL: none */
    const char *tls_name;            /* NULL: no TLS */
    struct lookup lookups[FAMILIES]; /* IPv4, IPv6 */
    struct libc_query libc;          /* of names whose addresses can be judged */
    struct row *rows[TARGET_ROWS];   /* owned: TCP over both families, then UDP */
    size_t n_rows;
};

/* The API, then the configured edges or the well-known ones of the region. Caller frees with
 * targets_free. NULL and err when the API's URL cannot be understood. */
struct target *targets_new(const struct probe_options *options, size_t *n, struct err *err);
void targets_free(struct target *targets, size_t n);

/* The name of the edge's SRV record, in out. */
void target_service_name(const char *region, struct text *out);
/* The SRV record has spoken: where the discovered targets are. True when one of them moved. */
bool targets_discovered(struct target *targets, size_t n, const struct dns_query *answer);

/* The port of the row's protocol. */
uint16_t target_port(const struct target *target, const struct row *row);

/* "udp/7844". */
void target_add_protocol(struct text *out, const struct target *target, const struct row *row);
/* As check_id_add. */
void target_add_id(struct text *out, const struct target *target, const struct row *row);

#endif
