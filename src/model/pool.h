/* pool.h — one worker pool: an environment whose config.type is self_hosted, with its work queue.
 *
 * Numbers that are not known are -1, times that are not known or never were are 0, strings are ""
 * (never NULL). Times are local wall milliseconds, already corrected by the service's clock. */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include "model/series.h"

enum pool_mode {
    POOL_POLLING, /* workers poll all the time; 0 pollers mean busy or gone */
    POOL_WEBHOOK, /* workers are woken and poll briefly: 0 pollers are normal (facts 6.5) */
};

enum work_access {
    WORK_NO_KEY,  /* no environment key: jobs come from sessions */
    WORK_LISTED,  /* the work items were listed */
    WORK_REFUSED, /* the key was refused for listing (401, 403, 404) */
    WORK_PENDING, /* has a key, not listed yet */
};

struct pool {
    const char *id, *name; /* name: the configured one, else the service's */
    enum pool_mode mode;
    enum work_access work_access;
    bool is_archived;
    int32_t expected_workers; /* configured; -1 */

    /* the last good statistics */
    int64_t stats_at_ms; /* when they were read */
    int64_t workers_polling, depth, pending;
    bool has_oldest;          /* false: nothing waits, or not known (see stats_at_ms) */
    int64_t oldest_queued_ms; /* when the oldest waiting or unacknowledged item was created */
    int64_t
        pending_since_ms; /* since when every sample had pending > 0; 0 when the last had none */
    uint32_t pending_samples; /* how many samples in a row that were */
    int64_t idle_since_ms;    /* since when every sample had workers_polling == 0; 0 otherwise */
    int64_t below_expected_since_ms; /* since when every sample had fewer polling and active than
                                      * expected_workers; 0: not the case, or nothing expected */
    struct series depth_trend;
    const char *stats_error; /* why the last attempt failed; "" when it did not */

    /* the last good work list; -1 when never listed */
    int64_t work_at_ms;
    int64_t queued, starting, active, stopping;
    const char *work_error;
};

#endif
