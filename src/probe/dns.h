/* dns.h — the one door to c-ares: addresses of a host by family, and SRV records, with the reason
 * when there are none. */
#ifndef PROBE_DNS_H
#define PROBE_DNS_H

#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"

enum {
    DNS_DEADLINE_MS = 2000,
    DNS_ADDRESSES = 16, /* the edge publishes ten per host and family */
    DNS_SERVICES = 8,
    DNS_NAME_BYTES = 256,
};

struct dns_service { /* one SRV record */
    uint16_t priority, weight, port;
    char host[DNS_NAME_BYTES];
};

struct dns;
struct dns_ticket;

/* Embedded by whoever asks; must stay until done was called or dns_cancel. */
struct dns_query {
    void (*done)(void *context);
    void *context;
    struct fault fault; /* SIGNAL_none: the answer is below */
    int64_t us;         /* how long it took */
    struct address addresses[DNS_ADDRESSES];
    size_t n_addresses; /* the port of each is 0 */
    struct dns_service services[DNS_SERVICES];
    size_t n_services; /* by priority, then as they came */
    /* private */
    struct dns *dns;
    struct dns_ticket *ticket;
    struct timer deadline;
    int64_t started_us;
};

/* servers: "127.0.0.1:5353,[::1]:53" instead of the system's, or NULL. Reads /etc/resolv.conf and
 * /etc/hosts as getaddrinfo would. */
struct dns *dns_open(struct loop *loop, const char *servers, struct err *err);
void dns_close(struct dns *dns); /* cancels without calling done; NULL is allowed */

/* Read the system's resolver configuration again, unless questions are open. */
void dns_reload(struct dns *dns);

/* done is called from the loop, never from within. */
void dns_lookup(struct dns *dns, struct dns_query *query, const char *host, int family);
void dns_discover(struct dns *dns, struct dns_query *query, const char *service);
void dns_cancel(struct dns_query *query);
bool dns_is_waiting(const struct dns_query *query);

#endif
