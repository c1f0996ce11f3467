/* gate.h — whether anything may be asked at all: closed for a while after a rate limit, a spend cap
 * or an outage, then opened by one careful question. Pure. */
#ifndef API_GATE_H
#define API_GATE_H

#include "core/err.h"

enum gate_reason {
    GATE_OPEN,
    GATE_RATE,   /* the service said when to come back */
    GATE_SPEND,  /* a spend cap: one request a minute */
    GATE_OUTAGE, /* nobody answers */
};

enum {
    GATE_RATE_MS = 5000, /* when a rate limit names no time */
    GATE_SPEND_MS = 60000,
    GATE_FIRST_MS = 500, /* of an outage; doubles up to */
    GATE_LONGEST_MS = 8000,
};

struct gate {
    enum gate_reason reason;
    int64_t until_ms; /* monotonic */
    uint32_t tries;   /* in this outage */
    bool is_sure;     /* not the matter of one question alone */
    struct err err;
};

/* Close it; wait_ms: what the service asked for, -1: it did not say. A first outage of 0 ms is a
 * suspicion, which the next question confirms or clears. */
void gate_close(struct gate *gate, enum gate_reason reason, const struct err *err, int64_t wait_ms,
                int64_t now_ms);

/* An answer came. True when that opened the gate. */
bool gate_answered(struct gate *gate, bool is_success);

/* May a request be sent now? While it is not fully open: one at a time, when the wait is over. */
bool gate_admits(struct gate *gate, size_t in_flight, int64_t now_ms);

#endif
