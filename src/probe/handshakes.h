/* handshakes.h — politeness: when each address was last asked for a whole handshake, and when it
 * may be again (facts/connectivity.md J4). */
#ifndef PROBE_HANDSHAKES_H
#define PROBE_HANDSHAKES_H

#include "probe/address.h"
#include "probe/dns.h"

enum {
    HANDSHAKE_EVERY_MS = 300000,
    HANDSHAKES_KEPT = 2 * DNS_ADDRESSES, /* also of addresses that the name has no longer */
};

/* All zero but for every_ms is ready for use. */
struct handshakes {
    int64_t every_ms; /* at most one with each address in this time */
    struct handshake {
        struct address address;
        int64_t at_ms; /* of clock_mono_ms */
    } made[HANDSHAKES_KEPT];
    size_t n;
};

void handshakes_add(struct handshakes *handshakes, const struct address *address, int64_t at_ms);
/* How long to wait for the next one with that address; 0: it may be made now. */
int64_t handshakes_wait_ms(const struct handshakes *handshakes, const struct address *address);

#endif
