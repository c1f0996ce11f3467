/* dot.h — a question about a public name over TLS (RFC 7858), to a resolver that is not the
 * system's: is it the name, or is it our resolver? */
#ifndef PROBE_DOT_H
#define PROBE_DOT_H

#include "probe/dns.h"

struct tls;
struct tls_trust;

enum { DOT_DEADLINE_MS = 2000, DOT_PORT = 853 };

struct dot_server {
    struct address address;
    const char *name;        /* that its certificate must prove; borrowed */
    struct tls_trust *trust; /* borrowed */
};

/* Embedded by whoever asks; zeroed before the first question; must stay until done was called or
 * dot_cancel. */
struct dot_query {
    void (*done)(void *context);
    void *context;
    bool has_answered;       /* and then `answer` says what: fault, addresses, services */
    struct dns_query answer; /* never waits */
    struct fault fault;      /* why it has not */
    int64_t us;
    /* private */
    struct loop *loop;
    const struct dot_server *server;
    int family, fd;
    struct watch watch;
    struct timer deadline;
    struct tls *tls;
    uint8_t out[2 + 512], in[2 + DNS_MESSAGE_BYTES];
    size_t n_out, n_in;
    int64_t started_us;
    bool is_waiting, is_proven, is_sent;
};

/* family 0: SRV. done is called from the loop, never from within. loop and server are borrowed. */
void dot_ask(struct loop *loop, const struct dot_server *server, struct dot_query *query,
             const char *name, int family);
void dot_cancel(struct dot_query *query); /* nothing when it does not wait */

#endif
