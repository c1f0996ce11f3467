/* work.c — the work items of one pool, listed with its environment key. Poll is never called: it
 * would claim work. `secret` is never read: it opens the session. */
#include <string.h>

#include "api/resource.h"
#include "core/json.h"

enum { LEASE_LAPSED_MS = 75000 }; /* two beats missed: a finished item was fresher (facts 13) */

static struct task *
task(struct fleet *fleet, const char *subject)
{
    struct fleet_pool *pool = fleet_pool(fleet, subject);

    return pool ? &pool->work : NULL;
}

static void
begin(struct reading *reading)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);

    if (pool)
        pool->items_round++;
}

static enum job_state
state_kind(const char *word)
{
    static const struct {
        const char *word;
        enum job_state kind;
    } words[] = {
        {"queued", JOB_STATE_queued},   {"starting", JOB_STATE_starting},
        {"active", JOB_STATE_active},   {"stopping", JOB_STATE_stopping},
        {"stopped", JOB_STATE_stopped},
    };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].kind;
    return JOB_STATE_unknown;
}

static bool
was_leased(enum job_state kind)
{
    return kind == JOB_STATE_starting || kind == JOB_STATE_active;
}

/* The same id went back to the queue, or its acknowledgement outlived its lease. */
static bool
bounced(const struct fleet_work *work, enum job_state now, int64_t acknowledged_service_ms)
{
    if (now != JOB_STATE_queued)
        return false;
    if (acknowledged_service_ms)
        return acknowledged_service_ms != work->bounce_ack_service_ms;
    return was_leased(work->kind);
}

/* Join it with its session; another live item of that session is a rival to be judged when the
 * whole list was read. */
static void
attach(struct fleet *fleet, struct fleet_work *work)
{
    struct fleet_session *session;

    if (!fleet_is_id(work->session_id) || !fleet_work_is_live(work))
        return;
    session = fleet_session(fleet, work->session_id);
    if (!session) {
        session = fleet_add_session(fleet, work->session_id);
        fleet_want_details(fleet, session, fleet->sweep.ok_at_ms > 0);
    }
    if (session->work == work)
        return;
    if (session->work && session->work->created_service_ms > work->created_service_ms)
        return;
    work->rival = session->work;
    session->work = work;
}

static void
read_times(struct fleet_work *work, const struct json *item)
{
    work->created_service_ms = resource_time(item, "created_at");
    work->acknowledged_service_ms = resource_time(item, "acknowledged_at");
    work->started_service_ms = resource_time(item, "started_at");
    work->heartbeat_service_ms = resource_time(item, "latest_heartbeat_at");
    work->stop_requested_service_ms = resource_time(item, "stop_requested_at");
    work->stopped_service_ms = resource_time(item, "stopped_at");
}

static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);
    const struct json *data = json_get(item, "data");
    const char *id = json_string(item, "id", ""), *state = json_string(item, "state", "");
    enum job_state kind = state_kind(state);
    int64_t acknowledged = resource_time(item, "acknowledged_at");
    struct fleet_work *work;

    if (!pool || !fleet_is_id(id))
        return false;
    work = fleet_work(pool, id);
    if (!work && kind == JOB_STATE_stopped)
        return true; /* history; nothing to watch */
    if (!work)
        work = fleet_add_work(pool, id);
    if (bounced(work, kind, acknowledged)) {
        fleet_bounce(work, reading->now_ms);
        work->bounce_ack_service_ms = acknowledged;
    }
    work->round = pool->items_round;
    work->seen_ms = reading->now_ms;
    fleet_word(work->state, sizeof(work->state), state);
    work->kind = kind;
    if (strcmp(json_string(data, "type", "session"), "session") == 0)
        fleet_keep(&work->session_id, json_string(data, "id", ""), FLEET_ID_BYTES - 1);
    read_times(work, item);
    attach(reading->fleet, work);
    return true;
}

/* A new id for a session whose old item was not over: the lease was lost and it was queued anew. An
 * old one that is no longer listed may have ended well; only a silent one counts. */
static bool
replaces_lost(const struct reading *reading, const struct fleet_pool *pool,
              const struct fleet_work *work)
{
    const struct fleet_work *rival = work->rival;
    int64_t now_service_ms = reading->now_ms + reading->offset_ms;

    if (!rival || !was_leased(rival->kind))
        return false;
    if (rival->round == pool->items_round)
        return true;
    if (!rival->heartbeat_service_ms)
        return true;
    return now_service_ms - rival->heartbeat_service_ms > LEASE_LAPSED_MS;
}

static void
complete(struct reading *reading)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);

    if (!pool)
        return;
    for (size_t i = 0; i < pool->items.n; i++) {
        struct fleet_work *work = pool->items.rows[i];

        if (work->round == pool->items_round && replaces_lost(reading, pool, work))
            fleet_bounce(work, reading->now_ms);
    }
    pool->pages = reading->pages;
    pool->work_at_ms = reading->now_ms;
    pool->is_refused = false;
    fleet_keep(&pool->work_error, "", 1);
    if (reading->is_whole)
        fleet_sweep_work(reading->fleet, pool);
    reading->fleet->jobs_changed = reading->fleet->pools_changed = true;
}

static void
failed(struct reading *reading, const struct err *err)
{
    struct fleet_pool *pool = fleet_pool(reading->fleet, reading->subject);

    if (!pool)
        return;
    fleet_keep(&pool->work_error, err->message, FLEET_TITLE_BYTES);
    reading->fleet->pools_changed = reading->fleet->jobs_changed = true;
}

const struct resource resource_work = {
    .what = "the work items",
    .path = "/v1/environments/%s/work",
    .query = "",
    .beta = BETA_AGENTS,
    .scope = "the environment key of this pool",
    .source = SOURCE_work,
    .key = KEY_ENVIRONMENT,
    .is_list = true,
    .limit = RESOURCE_PAGE_ROWS,
    .most_pages = 50,
    .begin = begin,
    .item = item,
    .complete = complete,
    .failed = failed,
    .task = task,
};
