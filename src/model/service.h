/* service.h — what we know of the management API as a whole: one row. Unknown as in pool.h. */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include "core/base.h"

struct service {
    const char *base_url;
    const char *workspace_id, *organization_id; /* as the last answer said; "" */
    const char *credential; /* what kind is used and where it came from; never its value */
    const char *last_request_id;
    int64_t budget_per_minute;
    int64_t used_last_minute;
    int64_t clock_offset_ms; /* service minus ours */
    bool has_clock_offset;
    int64_t latency_us;            /* median of the last answers; -1 */
    int64_t rate_limited_until_ms; /* 0 */
    uint32_t rate_limited_count;   /* in the last five minutes */
    double stretch;                /* what the budget multiplies all intervals by; 1 when it fits */
    bool is_settled; /* every source was tried at least once since the start or the last refresh */
};

#endif
