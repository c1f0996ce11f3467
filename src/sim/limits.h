/* limits.h — the organization's request limits: a bucket for reads and one for creations
 * (facts/management-api.md 10). */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include "core/base.h"

enum cost { COST_NONE, COST_READ, COST_CREATE, COSTS };

struct limits {
    double left[COSTS];
    int64_t filled_ms[COSTS]; /* monotonic; 0: never, so it is full */
};

/* Take one; false when the bucket is empty, and *retry_after_s says when to come again. */
bool limits_take(struct limits *limits, enum cost cost, int64_t per_minute, int64_t *retry_after_s);

#endif
