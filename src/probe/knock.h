/* knock.h — how large a datagram the path carries, where nothing answers version negotiation: QUIC
 * v1 Initials of several sizes (facts/connectivity.md F3). Any answer proves that one arrived, and
 * ends that connection at once.
 *
 * Each costs the peer the beginning of a handshake, so the largest goes first, and the others only
 * when it is not answered. */
#ifndef PROBE_KNOCK_H
#define PROBE_KNOCK_H

#include "probe/sweep.h"

enum { KNOCK_DEADLINE_MS = 1000 };

struct knock_plan {
    struct loop *loop; /* borrowed, like the others */
    struct tls_trust *trust;
    const struct address *address;
    const char *name;            /* sent as SNI */
    int64_t passed_bytes;        /* what is known to pass: smaller ones are not tried */
    void (*done)(void *context); /* from the loop, never from within */
    void *context;
};

struct knock;

/* Caller frees with knock_free, at any time. */
struct knock *knock_start(const struct knock_plan *plan);
const struct sweep_result *knock_result(const struct knock *knock); /* after done */
void knock_free(struct knock *knock);                               /* NULL is allowed */

#endif
