#include "sim/limits.h"

#include <math.h>

#include "core/clock.h"

bool
limits_take(struct limits *limits, enum cost cost, int64_t per_minute, int64_t *retry_after_s)
{
    double most = (double)per_minute, per_ms = most / 60000.0;
    double *left = &limits->left[cost];
    int64_t now_ms = clock_mono_ms();

    *retry_after_s = 0;
    if (limits->filled_ms[cost])
        *left += (double)(now_ms - limits->filled_ms[cost]) * per_ms;
    if (*left > most || !limits->filled_ms[cost])
        *left = most;
    limits->filled_ms[cost] = now_ms;
    if (*left >= 1) {
        *left -= 1;
        return true;
    }
    *retry_after_s = (int64_t)ceil((1 - *left) / per_ms / 1000);
    return false;
}
