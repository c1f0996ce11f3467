/* sweep.h — how large a datagram the path carries: version negotiation at several sizes at once
 * (facts/connectivity.md F1). */
#ifndef PROBE_SWEEP_H
#define PROBE_SWEEP_H

#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"

enum {
    SWEEP_SIZES = 8,
    SWEEP_DEADLINE_MS = 800,
    SWEEP_ENOUGH_BYTES = 1280, /* below, cloudflared's pre-check and some handshakes fail */
};

/* UDP payloads that are tried, in rising order, and how many of them the family's packets carry. */
extern const size_t sweep_sizes[SWEEP_SIZES];
size_t sweep_n_sizes(const struct address *address);

struct sweep_result {
    int64_t passed_bytes; /* the largest UDP payload that was answered; -1: none was */
    int64_t lost_bytes;   /* the smallest above it that was not; -1: none */
    bool is_local;        /* it was this host's own interface that refused */
};

struct sweep;

/* done is called from the loop, never from within. Caller frees with sweep_free, at any time. */
struct sweep *sweep_start(struct loop *loop, const struct address *address,
                          void (*done)(void *context), void *context);
const struct sweep_result *sweep_result(const struct sweep *sweep); /* after done */
void sweep_free(struct sweep *sweep);                               /* NULL is allowed */

#endif
