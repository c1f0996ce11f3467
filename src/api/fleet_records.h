/* fleet_records.h — what the thread keeps of each pool, work item, session, tunnel and certificate.
 *
 * Times called *_service_ms are by the service's clock, all others by ours. Strings are made safe
 * on the way in, and owned by their record. */
#ifndef API_FLEET_RECORDS_H
#define API_FLEET_RECORDS_H

#include "api/table.h"
#include "api/task.h"
#include "model/job.h"
#include "model/pool.h"
#include "model/tunnel.h"

struct api_pool;
struct credential;

enum {
    FLEET_ID_BYTES = 128,
    FLEET_WORD_BYTES = 32,
    FLEET_NAME_BYTES = 128,
    FLEET_TITLE_BYTES = 240,
    FLEET_BOUNCES = 8, /* remembered for each job */
    FLEET_BLOCKERS = 16,
    FLEET_BOUNCE_WINDOW_MS = 3600000,
};

struct fleet_work {
    char *id, *session_id;
    char state[FLEET_WORD_BYTES];
    enum job_state kind;
    int64_t created_service_ms, acknowledged_service_ms, started_service_ms, heartbeat_service_ms,
        stop_requested_service_ms, stopped_service_ms;
    int64_t bounced_ms[FLEET_BOUNCES]; /* 0: unused; the oldest is overwritten */
    int64_t bounce_ack_service_ms;     /* the acknowledgement that a bounce was counted for */
    struct fleet_work *rival; /* another live item of the session, met in the list being read */
    uint32_t round;           /* of the pool's list in which it was last seen */
    int64_t seen_ms;
};

struct fleet_pool {
    char *id, *name;                   /* name: the service's; "" */
    const struct api_pool *configured; /* borrowed; NULL */
    struct credential *key;            /* owned; CREDENTIAL_NONE without one */
    bool is_archived;
    bool is_confirmed; /* the service listed it; false: only the configuration says so */
    uint32_t round;    /* of the list of environments in which it was last seen */

    struct task stats, work;
    bool is_refused; /* its key was refused for listing */
    char *stats_error, *work_error;

    int64_t stats_at_ms, workers_polling, depth, pending, oldest_service_ms;
    int64_t pending_since_ms, idle_since_ms, below_expected_since_ms;
    uint32_t pending_samples;
    struct series depth_trend;

    struct table items; /* struct fleet_work */
    uint32_t items_round;
    int64_t work_at_ms; /* 0: never listed */
    size_t pages;       /* of the last list */

    uint64_t build;                /* of the dataset whose arena owns the next two */
    const char *row_id, *row_name; /* shared by all rows of that dataset */
};

struct fleet_session {
    char *id, *title, *agent, *pool_id, *last_error;
    char status[FLEET_WORD_BYTES], stop_reason[FLEET_WORD_BYTES];
    int64_t created_service_ms, updated_service_ms, idle_since_service_ms;
    int64_t cost_cents, budget_cents;
    enum job_wait wait;
    struct fleet_work *work; /* its newest live item; borrowed, cleared when that goes */
    bool is_described;       /* false: only a work item told us that it exists */
    bool is_gone;            /* the service says that it does not exist */
    uint32_t round;          /* of the sweep in which it was last seen */
    int64_t seen_ms;
    int64_t events_of_service_ms; /* the updated_at for which its events were read */
    struct task events, details;
    bool is_events_wanted, is_details_wanted;
};

struct fleet_certificate {
    char *id;
    char fingerprint[72];
    int64_t created_service_ms, expires_service_ms;
    bool is_archived;
    uint32_t round;
};

struct fleet_tunnel {
    char *id, *name, *domain, *certificates_error;
    bool is_archived;
    int64_t created_service_ms;
    uint32_t round;
    struct table certificates;
    uint32_t certificates_round;
    int64_t certificates_at_ms;
    struct task task;
};

/* With nothing known but the id. Caller frees with the one below, which leaves alone what the
 * record borrows. */
struct fleet_work *fleet_work_new(const char *id);
struct fleet_pool *fleet_pool_new(const char *id);
struct fleet_session *fleet_session_new(const char *id);
struct fleet_certificate *fleet_certificate_new(const char *id);
struct fleet_tunnel *fleet_tunnel_new(const char *id);
/* Of a pool: with its work items; of a tunnel: with its certificates. */
void fleet_work_free(struct fleet_work *work);
void fleet_pool_free(struct fleet_pool *pool);
void fleet_session_free(struct fleet_session *session);
void fleet_certificate_free(struct fleet_certificate *certificate);
void fleet_tunnel_free(struct fleet_tunnel *tunnel);

/* The work item is not over. */
bool fleet_work_is_live(const struct fleet_work *work);
/* Count a lost lease at now_ms. */
void fleet_bounce(struct fleet_work *work, int64_t now_ms);

/* An id that can be put into a request: 1 to 127 printable bytes. */
bool fleet_is_id(const char *id);

/* Replace *field by a safe copy of at most max bytes; true when it changed. */
bool fleet_keep(char **field, const char *s, size_t max);
/* The same into a fixed field. */
bool fleet_word(char *field, size_t size, const char *s);

#endif
