/* job.h — one job: a work item and the session it attaches to; without an environment key, the
 * session alone.
 *
 * Unknown: numbers -1, times 0, strings "". Times are local wall milliseconds corrected by the
 * service's clock. Words that the service may extend are kept as words, beside what we understood
 * of them. */
#ifndef MODEL_JOB_H
#define MODEL_JOB_H

#include "core/base.h"

enum job_from { JOB_FROM_WORK, JOB_FROM_SESSION };

enum job_state {                    /* facts/management-api.md 5.3 */
                 JOB_STATE_unknown, /* from a session, or a word we do not know */
                 JOB_STATE_queued,
                 JOB_STATE_starting,
                 JOB_STATE_active,
                 JOB_STATE_stopping,
                 JOB_STATE_stopped,
};

enum job_wait { /* what an idle session with stop reason requires_action waits for */
                JOB_WAIT_unknown,
                JOB_WAIT_nothing,
                JOB_WAIT_worker, /* a tool result that a worker must post */
                JOB_WAIT_human,  /* an approval, or a custom tool's result */
};

struct job {
    const char *id; /* the work item's, or the session's when from == JOB_FROM_SESSION; never "" */
    const char *pool_id, *pool_name;
    enum job_from from;

    /* the work item */
    const char *state; /* the service's word; "" from a session */
    enum job_state state_kind;
    int64_t created_ms, acknowledged_ms, started_ms, heartbeat_ms, stop_requested_ms, stopped_ms;
    uint32_t bounces;   /* leases lost in the last hour that we saw */
    int64_t bounced_ms; /* when the last one was */

    /* the session */
    const char *session_id, *title, *agent;
    const char *session_status; /* idle running rescheduling terminated, or a newer word */
    const char *stop_reason;    /* of the newest session.status_idle; "" */
    int64_t session_created_ms, session_updated_ms;
    int64_t idle_since_ms; /* when that idle event was */
    enum job_wait wait;
    int64_t cost_cents, budget_cents; /* list cost; -1 */
    const char *last_error;           /* the newest session.error, "type: message" */

    int64_t seen_ms; /* when this row was last true */
};

#endif
