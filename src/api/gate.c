#include "api/gate.h"

static int64_t
outage_wait_ms(uint32_t tries)
{
    int64_t ms = GATE_FIRST_MS;

    while (tries-- > 0 && ms < GATE_LONGEST_MS)
        ms *= 2;
    return ms < GATE_LONGEST_MS ? ms : GATE_LONGEST_MS;
}

void
gate_close(struct gate *gate, enum gate_reason reason, const struct err *err, int64_t wait_ms,
           int64_t now_ms)
{
    if (gate->reason != reason)
        *gate = (struct gate){.reason = reason};
    else if (reason == GATE_OUTAGE)
        wait_ms = -1;
    gate->err = *err;
    gate->is_sure = reason != GATE_OUTAGE || wait_ms < 0;
    if (reason == GATE_OUTAGE && wait_ms < 0)
        wait_ms = outage_wait_ms(gate->tries++);
    else if (reason == GATE_SPEND)
        wait_ms = GATE_SPEND_MS;
    else if (wait_ms < 0)
        wait_ms = GATE_RATE_MS;
    gate->until_ms = now_ms + wait_ms;
}

bool
gate_answered(struct gate *gate, bool is_success)
{
    if (gate->reason == GATE_OPEN || (gate->reason != GATE_OUTAGE && !is_success))
        return false;
    *gate = (struct gate){0};
    return true;
}

bool
gate_admits(struct gate *gate, size_t in_flight, int64_t now_ms)
{
    if (gate->reason == GATE_OPEN)
        return true;
    return now_ms >= gate->until_ms && in_flight == 0;
}
