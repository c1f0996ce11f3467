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
    DNS_SERVERS = 4, /* libc looks at three */
    DNS_MESSAGE_BYTES = 4096,
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
/* One resolver and nothing else, "127.0.0.1:53": what it says, whatever a hosts file does. */
struct dns *dns_open_server(struct loop *loop, const char *server, struct err *err);
void dns_close(struct dns *dns); /* cancels without calling done; NULL is allowed */

/* Read the system's resolver configuration again, unless questions are open. */
void dns_reload(struct dns *dns);

/* The resolvers that are asked, in order: "10.0.0.2:53". Returns how many. */
size_t dns_servers(const struct dns *dns, char out[DNS_SERVERS][ADDRESS_TEXT_BYTES]);

/* done is called from the loop, never from within; family 0 asks for SRV records. */
void dns_ask(struct dns *dns, struct dns_query *query, const char *name, int family);
void dns_lookup(struct dns *dns, struct dns_query *query, const char *host, int family);
void dns_discover(struct dns *dns, struct dns_query *query, const char *service);
void dns_cancel(struct dns_query *query);
bool dns_is_waiting(const struct dns_query *query);

/* The same question as bytes, for whoever carries it himself; 0 when it cannot be asked. */
size_t dns_make_question(const char *name, int family, uint8_t *out, size_t size);
/* Fill in what an answer to that question says: fault, addresses, services. False when bytes are no
 * such answer. */
bool dns_read_answer(const uint8_t *question, const uint8_t *bytes, size_t n, int family,
                     struct dns_query *out);

#endif
