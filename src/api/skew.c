#include "api/skew.h"

void
skew_add(struct skew *skew, int64_t asked_ms, int64_t read_ms, int64_t date_ms)
{
    int64_t low = date_ms - read_ms, high = date_ms + 1000 - asked_ms;

    if (skew->is_known && low <= skew->high_ms && high >= skew->low_ms) {
        skew->low_ms = low > skew->low_ms ? low : skew->low_ms;
        skew->high_ms = high < skew->high_ms ? high : skew->high_ms;
        return;
    }
    *skew = (struct skew){.low_ms = low, .high_ms = high, .is_known = true}; /* a clock was set */
}

int64_t
skew_ms(const struct skew *skew)
{
    if (!skew->is_known || (skew->low_ms <= 0 && skew->high_ms >= 0))
        return 0;
    return (skew->low_ms + skew->high_ms) / 2;
}
