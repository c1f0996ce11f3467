/* stranger.h — the stranger's request (L1-5): one GET of a random path at a host of the tunnel, and
 * whether it arrived, by the connectors' counters and the proxy's log.
 *
 * Off unless it is asked for; one request in ten minutes. It is driven by the passes over the
 * connectors, because they bring the counters. */
#ifndef PROBE_STRANGER_H
#define PROBE_STRANGER_H

#include "model/stranger.h"
#include "probe/dns.h"
#include "probe/http.h"
#include "probe/log_watch.h"

struct arena;
struct tools;

enum {
    STRANGER_HOST_BYTES = 256,
    STRANGER_URL_BYTES = STRANGER_HOST_BYTES + 64,
    STRANGER_NONCE_BYTES = 33,
};

enum stranger_phase { STRANGER_WAITS, STRANGER_ASKS, STRANGER_SETTLES };

/* The owner fills the first part, zeroes the rest, and keeps it where it is until cancel. */
struct stranger_probe {
    bool is_on;
    uint16_t port; /* 0: 443 */
    struct tools *tools;
    struct log_watch *log;       /* of the proxy; NULL: none; borrowed */
    void (*done)(void *context); /* from the loop */
    void *context;
    /* the last result */
    struct stranger result; /* its strings are below */
    char url[STRANGER_URL_BYTES];
    /* private */
    char host[STRANGER_HOST_BYTES], nonce[STRANGER_NONCE_BYTES];
    enum stranger_phase phase;
    int passes_left;
    int64_t requests, requests_before; /* of all connectors; -1 */
    int64_t asked_ms;                  /* monotonic; 0: never */
    struct stranger under_way;
    struct dns_query query;
    struct address address;
    struct http_get get;
};

/* Which host to ask, "wiki.TUNNEL_DOMAIN"; "" none. */
void stranger_set_host(struct stranger_probe *stranger, const char *host);
/* A pass over the connectors has ended; requests: all that they have carried, -1: not known. */
void stranger_pass(struct stranger_probe *stranger, int64_t requests);
void stranger_cancel(struct stranger_probe *stranger);
void stranger_show(const struct stranger_probe *stranger, struct arena *arena,
                   struct stranger *out);

#endif
