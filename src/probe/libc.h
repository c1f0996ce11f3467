/* libc.h — what getaddrinfo tells applications: nsswitch, hosts file, search domains and all. It
 * blocks, and cannot be interrupted, so that it runs on a thread that may outlive the question. */
#ifndef PROBE_LIBC_H
#define PROBE_LIBC_H

#include "probe/dns.h"

struct libc_job;

/* Embedded by whoever asks; zeroed before the first question; must stay until done was called or
 * libc_cancel. */
struct libc_query {
    void (*done)(void *context);
    void *context;
    struct fault fault;                                 /* SIGNAL_none: the answer is below */
    struct address addresses[FAMILIES * DNS_ADDRESSES]; /* of both families, as libc orders them */
    size_t n_addresses;                                 /* the port of each is 0 */
    int64_t us;
    /* private */
    struct loop *loop;
    struct libc_job *job;
    struct watch watch;
    struct timer deadline;
    int64_t started_us;
};

/* done is called from the loop, never from within, and at the latest after DNS_DEADLINE_MS. */
void libc_ask(struct loop *loop, struct libc_query *query, const char *host);
void libc_cancel(struct libc_query *query); /* nothing when it does not wait */
bool libc_is_waiting(const struct libc_query *query);

#endif
