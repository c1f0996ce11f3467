#include "api/rows.h"

#include <string.h>

#include "api/api.h"
#include "api/credentials.h"
#include "core/arena.h"

enum { SHARED_WORDS = 16 };

/* What building one dataset needs. */
struct build {
    struct arena *arena;
    struct fleet *fleet;
    int64_t offset_ms, now_ms;
    struct job *jobs; /* NULL: only count them */
    size_t n;
    const char *words[SHARED_WORDS]; /* copied already; the oldest is forgotten */
    size_t n_words;
};

static int64_t
ours(const struct build *build, int64_t service_ms)
{
    return service_ms ? service_ms - build->offset_ms : 0;
}

static const char *
copy(const struct build *build, const char *s)
{
    return s && *s ? arena_strdup(build->arena, s) : "";
}

/* A word that many rows have in common: states, agents. */
static const char *
share(struct build *build, const char *s)
{
    if (!s || !*s)
        return "";
    for (size_t i = 0; i < SHARED_WORDS && build->words[i]; i++)
        if (strcmp(build->words[i], s) == 0)
            return build->words[i];
    return build->words[build->n_words++ % SHARED_WORDS] = arena_strdup(build->arena, s);
}

/* The operator's name for it, else the service's, else its id. */
static const char *
pool_name(const struct fleet_pool *pool)
{
    if (pool->configured && pool->configured->name && *pool->configured->name)
        return pool->configured->name;
    return *pool->name ? pool->name : pool->id;
}

static enum work_access
work_access(const struct fleet_pool *pool)
{
    if (pool->key->kind == CREDENTIAL_NONE)
        return WORK_NO_KEY;
    if (pool->is_refused)
        return WORK_REFUSED;
    return pool->work_at_ms ? WORK_LISTED : WORK_PENDING;
}

static void
count_work(const struct fleet_pool *pool, struct pool *row)
{
    if (!pool->work_at_ms) {
        row->queued = row->starting = row->active = row->stopping = -1;
        return;
    }
    for (size_t i = 0; i < pool->items.n; i++) {
        const struct fleet_work *work = pool->items.rows[i];

        row->queued += work->kind == JOB_STATE_queued;
        row->starting += work->kind == JOB_STATE_starting;
        row->active += work->kind == JOB_STATE_active;
        row->stopping += work->kind == JOB_STATE_stopping;
    }
}

static void
fill_pool(const struct build *build, const struct fleet_pool *pool, struct pool *row)
{
    const struct api_pool *configured = pool->configured;

    *row = (struct pool){
        .id = copy(build, pool->id),
        .name = copy(build, pool_name(pool)),
        .mode = configured && configured->is_webhook ? POOL_WEBHOOK : POOL_POLLING,
        .work_access = work_access(pool),
        .is_archived = pool->is_archived,
        .expected_workers = configured ? (int32_t)configured->expected_workers : -1,
        .stats_at_ms = pool->stats_at_ms,
        .workers_polling = pool->workers_polling,
        .depth = pool->depth,
        .pending = pool->pending,
        .has_oldest = pool->oldest_service_ms != 0,
        .oldest_queued_ms = ours(build, pool->oldest_service_ms),
        .pending_since_ms = pool->pending_since_ms,
        .pending_samples = pool->pending_samples,
        .idle_since_ms = pool->idle_since_ms,
        .below_expected_since_ms = pool->below_expected_since_ms,
        .depth_trend = pool->depth_trend,
        .stats_error = copy(build, pool->stats_error),
        .work_at_ms = pool->work_at_ms,
        .work_error = copy(build, pool->work_error),
    };
    count_work(pool, row);
}

void
rows_publish_pools(struct store *store, struct fleet *fleet, int64_t offset_ms)
{
    struct build build = {.arena = arena_new(), .fleet = fleet, .offset_ms = offset_ms};
    struct pool *rows = arena_array(build.arena, fleet->pools.n, sizeof(*rows));

    for (size_t i = 0; i < fleet->pools.n; i++)
        fill_pool(&build, fleet->pools.rows[i], &rows[i]);
    store_publish(store, SLOT_pools, build.arena, rows, fleet->pools.n);
}

/* Jobs */

static void
fill_session(struct build *build, const struct fleet_session *session, struct job *row)
{
    row->session_id = copy(build, session->id);
    row->title = copy(build, session->title);
    row->agent = share(build, session->agent);
    row->session_status = share(build, session->status);
    row->stop_reason = share(build, session->stop_reason);
    row->last_error = copy(build, session->last_error);
    row->session_created_ms = ours(build, session->created_service_ms);
    row->session_updated_ms = ours(build, session->updated_service_ms);
    row->idle_since_ms = ours(build, session->idle_since_service_ms);
    row->wait = session->wait;
    row->cost_cents = session->cost_cents;
    row->budget_cents = session->budget_cents;
}

/* The pool's strings are shared by its jobs; NULL when jobs are only counted. */
static struct job *
add_job(struct build *build, struct fleet_pool *pool)
{
    struct job *row;

    build->n++;
    if (!build->jobs)
        return NULL;
    if (pool->build != build->fleet->builds) {
        pool->build = build->fleet->builds;
        pool->row_id = copy(build, pool->id);
        pool->row_name = copy(build, pool_name(pool));
    }
    row = &build->jobs[build->n - 1];
    *row = (struct job){
        .pool_id = pool->row_id,
        .pool_name = pool->row_name,
        .state = "",
        .session_id = "",
        .title = "",
        .agent = "",
        .session_status = "",
        .stop_reason = "",
        .last_error = "",
        .cost_cents = -1,
        .budget_cents = -1,
    };
    return row;
}

static void
add_work(struct build *build, struct fleet_pool *pool, const struct fleet_work *work)
{
    const struct fleet_session *session = fleet_session(build->fleet, work->session_id);
    struct job *row = add_job(build, pool);

    if (!row)
        return;
    row->id = copy(build, work->id);
    row->from = JOB_FROM_WORK;
    row->state = share(build, work->state);
    row->state_kind = work->kind;
    row->created_ms = ours(build, work->created_service_ms);
    row->acknowledged_ms = ours(build, work->acknowledged_service_ms);
    row->started_ms = ours(build, work->started_service_ms);
    row->heartbeat_ms = ours(build, work->heartbeat_service_ms);
    row->stop_requested_ms = ours(build, work->stop_requested_service_ms);
    row->stopped_ms = ours(build, work->stopped_service_ms);
    row->seen_ms = work->seen_ms;
    for (size_t i = 0; i < FLEET_BOUNCES; i++) {
        int64_t at_ms = work->bounced_ms[i];

        row->bounces += at_ms && build->now_ms - at_ms < FLEET_BOUNCE_WINDOW_MS;
        row->bounced_ms = at_ms > row->bounced_ms ? at_ms : row->bounced_ms;
    }
    if (session && session->is_described)
        fill_session(build, session, row);
    else
        row->session_id = copy(build, work->session_id);
}

static void
add_session(struct build *build, struct fleet_pool *pool, const struct fleet_session *session)
{
    struct job *row = add_job(build, pool);

    if (!row)
        return;
    row->from = JOB_FROM_SESSION;
    row->seen_ms = session->seen_ms;
    fill_session(build, session, row);
    row->id = row->session_id;
    row->created_ms = row->session_created_ms;
}

static bool
is_blocked(const struct fleet_session *session)
{
    return strcmp(session->stop_reason, "requires_action") == 0;
}

/* Whether a session without a live work item is a job of its own. Where the queue is listed, only
 * what should have an item: it may be orphaned. */
static bool
session_is_job(const struct fleet_pool *pool, const struct fleet_session *session)
{
    bool is_listed = work_access(pool) == WORK_LISTED;

    if (work_access(pool) == WORK_PENDING && !task_failed(&pool->work))
        return false; /* its items will tell in a moment */
    if (strcmp(session->status, "running") == 0)
        return true;
    if (strcmp(session->status, "rescheduling") == 0)
        return !is_listed;
    if (strcmp(session->status, "idle") != 0 || !is_blocked(session))
        return false;
    return !is_listed || session->wait == JOB_WAIT_worker;
}

static void
add_pool_jobs(struct build *build, struct fleet_pool *pool)
{
    for (size_t i = 0; i < pool->items.n; i++)
        if (fleet_work_is_live(pool->items.rows[i]))
            add_work(build, pool, pool->items.rows[i]);
}

static void
add_session_job(struct build *build, const struct fleet_session *session)
{
    struct fleet_pool *pool = fleet_pool(build->fleet, session->pool_id);
    bool has_item = session->work && fleet_work_is_live(session->work);

    if (pool && session->is_described && session_is_job(pool, session) &&
        !(has_item && work_access(pool) == WORK_LISTED))
        add_session(build, pool, session);
}

static void
add_jobs(struct build *build)
{
    struct fleet *fleet = build->fleet;

    build->n = 0;
    for (size_t i = 0; i < fleet->pools.n; i++)
        if (work_access(fleet->pools.rows[i]) == WORK_LISTED)
            add_pool_jobs(build, fleet->pools.rows[i]);
    for (size_t i = 0; i < fleet->sessions.n; i++)
        add_session_job(build, fleet->sessions.rows[i]);
}

void
rows_publish_jobs(struct store *store, struct fleet *fleet, int64_t offset_ms, int64_t now_ms)
{
    struct build build = {
        .arena = arena_new(), .fleet = fleet, .offset_ms = offset_ms, .now_ms = now_ms};

    fleet->builds++;
    add_jobs(&build); /* to know how many */
    build.jobs = arena_array(build.arena, build.n, sizeof(*build.jobs));
    add_jobs(&build);
    store_publish(store, SLOT_jobs, build.arena, build.jobs, build.n);
}

/* Tunnels */

static void
fill_certificates(const struct build *build, const struct fleet_tunnel *tunnel, struct tunnel *row)
{
    size_t n = tunnel->certificates.n;
    struct certificate *certificates = arena_array(build->arena, n, sizeof(*certificates));

    for (size_t i = 0; i < n; i++) {
        const struct fleet_certificate *certificate = tunnel->certificates.rows[i];

        certificates[i] = (struct certificate){
            .id = copy(build, certificate->id),
            .fingerprint = copy(build, certificate->fingerprint),
            .created_ms = ours(build, certificate->created_service_ms),
            .expires_ms = ours(build, certificate->expires_service_ms),
            .is_archived = certificate->is_archived,
        };
    }
    row->certificates = certificates;
    row->n_certificates = n;
}

void
rows_publish_tunnels(struct store *store, struct fleet *fleet, int64_t offset_ms)
{
    struct build build = {.arena = arena_new(), .fleet = fleet, .offset_ms = offset_ms};
    struct tunnel *rows = arena_array(build.arena, fleet->tunnels.n, sizeof(*rows));

    for (size_t i = 0; i < fleet->tunnels.n; i++) {
        const struct fleet_tunnel *tunnel = fleet->tunnels.rows[i];

        rows[i] = (struct tunnel){
            .id = copy(&build, tunnel->id),
            .name = copy(&build, tunnel->name),
            .domain = copy(&build, tunnel->domain),
            .is_archived = tunnel->is_archived,
            .created_ms = ours(&build, tunnel->created_service_ms),
            .certificates_at_ms = tunnel->certificates_at_ms,
            .certificates_error = copy(&build, tunnel->certificates_error),
        };
        fill_certificates(&build, tunnel, &rows[i]);
    }
    store_publish(store, SLOT_tunnels, build.arena, rows, fleet->tunnels.n);
}
