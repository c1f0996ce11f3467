/* meter.h — loss and jitter of a path over UDP: a burst of version negotiations, as a connector's
 * traffic would come, and single ones when the burst loses (facts/connectivity.md F2). */
#ifndef PROBE_METER_H
#define PROBE_METER_H

#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"

enum {
    METER_BURST = 20,
    METER_EVERY_MS = 100,
    METER_SINGLES = 5, /* after a burst that lost, to tell policing from a lossy path */
    METER_SINGLE_EVERY_MS = 700,
    METER_PATIENCE_MS = 1000, /* for the answer to the last one */
    METER_LOSSY = 3,          /* of a burst: fewer may happen to anybody */
};

struct meter_result {
    uint32_t sent, lost;               /* of the burst */
    uint32_t late_lost;                /* of its second half, when a bucket would be empty */
    uint32_t single_sent, single_lost; /* none sent: the burst lost too little to ask */
    int64_t rtt_us, best_us, worst_us; /* of the burst, the first is the mean; -1 */
    int64_t jitter_us; /* mean difference between neighbours (RFC 3550 section 6.4.1); -1 */
};

struct meter;

/* done is called from the loop, never from within; context and loop are borrowed. Caller frees with
 * meter_free, at any time. */
struct meter *meter_start(struct loop *loop, const struct address *address,
                          void (*done)(void *context), void *context);
const struct meter_result *meter_result(const struct meter *meter); /* after done */
void meter_free(struct meter *meter);                               /* NULL is allowed */

/* Whether anything came back: a peer that never answers version negotiation is no lossy path. */
bool meter_has_measured(const struct meter_result *result);
/* A path that polices or loses; else fault is left alone. */
void meter_judge(const struct meter_result *result, struct fault *fault);

#endif
