/* ops.h — the operator's actions: plans, confirmations, state machines that watch the world until
 * it is as it should be, and the record of it all. One thread.
 *
 * Orders come as wishes (WISH_FOR_ops, model/op_order.h); what they become is published in the
 * slots `ops` and `control`. */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "core/driver.h"
#include "core/err.h"
#include "model/control.h"

struct api;
struct ops;
struct store;

/* What controls one pool or connector. */
struct ops_control {
    const char *kind; /* "pool" "connector" */
    const char *id;   /* a pool's id; a connector's URL */
    struct driver_use use;
};

/* Where a tunnel's new token goes; one of the two. */
struct ops_token {
    const char *tunnel_id;
    const char *file;           /* replaced as a whole, mode 0600 */
    const char *const *command; /* argv; gets the token on its standard input */
};

/* Who acts, for the record. */
struct ops_who {
    const char *user, *host, *ssh_client; /* "" when not known */
};

struct ops_options {
    enum arm_mode arm;
    bool is_read_only, is_production;
    const char *context;
    const char *journal_folder; /* NULL: none can be found, so that nothing can be done */
    struct ops_who who;
    const struct ops_control *controls;
    size_t n_controls;
    const struct ops_token *tokens;
    size_t n_tokens;
    int64_t arm_ms;         /* how long A arms */
    int64_t undo_ms;        /* between confirmation and the first effect */
    int64_t grace_ms;       /* until force is offered */
    int64_t window_ms;      /* how long a worker that stopped polling still counts (facts 5.9) */
    int64_t requeue_ms;     /* how long a restarted job's work item is awaited; 0: 30 s */
    int64_t settle_ms;      /* how long workers and connectors may take; 0: minutes */
    int64_t retry_ms;       /* how long what did not happen is tried again; 0: a minute */
    int64_t send_within_ms; /* how long a request may wait for budget or service; 0: 30 s */
    int64_t tick_ms;        /* how often a running op looks at the world; 0: the default */
    /* Called at each boundary between two steps, after it was recorded; NULL: nothing. For tests
     * that end the process there. */
    void (*checkpoint)(void *context, const char *where);
    void *checkpoint_context;
};

/* Everything in options is copied, but for the drivers, which must outlive it. api may be NULL:
 * then whatever needs the service is refused. NULL and err on failure. */
struct ops *ops_start(const struct ops_options *options, struct api *api, struct store *store,
                      struct err *err);

/* End the thread within milliseconds; but a token that a rotation brings is waited for, 35 seconds
 * at most. What runs is left to the journal as interrupted; commands that run are let go, not
 * killed. NULL is allowed. */
void ops_stop(struct ops *ops);

#endif
