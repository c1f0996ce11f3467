/* flags.c — what may be wrong with each job, and what the jobs together tell about their pools. */
#include <string.h>

#include "core/arena.h"
#include "core/map.h"
#include "model/judge.h"

enum {
    RECENT_MS = 3600 * 1000, /* an old failure is history, not news */
    BOUNCE_NEWS_MS = 600 * 1000,
    BOUNCES_CRITICAL = 3,
};

/* One job at the moment it was last seen: a row that was not asked again meanwhile must not look
 * worse with every second. */
struct view {
    const struct judge *judge;
    const struct job *job;
    int64_t at_ms;
    bool is_idle;    /* its session is, whatever for */
    bool is_waiting; /* idle, and somebody must do something before it goes on */
};

static int64_t
age_at(int64_t at_ms, int64_t since_ms)
{
    if (since_ms <= 0)
        return -1;
    return at_ms > since_ms ? at_ms - since_ms : 0;
}

int64_t
job_age_ms(const struct job *job, int64_t now_ms)
{
    return age_at(now_ms, job->created_ms > 0 ? job->created_ms : job->session_created_ms);
}

int64_t
job_heartbeat_age_ms(const struct job *job, int64_t now_ms)
{
    return age_at(now_ms, job->heartbeat_ms);
}

static int64_t
seen_at(const struct job *job, int64_t now_ms)
{
    return job->seen_ms > 0 && job->seen_ms < now_ms ? job->seen_ms : now_ms;
}

/* warn from warn_ms on, critical from critical_ms on; false before. */
static bool
graded(int64_t age_ms, int64_t warn_ms, int64_t critical_ms, enum severity *severity)
{
    *severity = age_ms >= critical_ms ? SEVERITY_critical : SEVERITY_warn;
    return age_ms >= warn_ms;
}

static struct view
view_of(const struct judge *judge, const struct job *job)
{
    bool is_idle = strcmp(job->session_status, "idle") == 0;

    return (struct view){
        .judge = judge,
        .job = job,
        .at_ms = seen_at(job, judge->now_ms),
        .is_idle = is_idle,
        .is_waiting = is_idle && strcmp(job->stop_reason, "requires_action") == 0,
    };
}

/* How long the session has been idle, -1 when that is not known. */
static int64_t
idle_ms(const struct view *view)
{
    const struct job *job = view->job;

    return age_at(view->at_ms,
                  job->idle_since_ms > 0 ? job->idle_since_ms : job->session_updated_ms);
}

static bool
is_recent(const struct view *view)
{
    int64_t ms = idle_ms(view);

    return ms >= 0 && ms < RECENT_MS;
}

static bool
is_stale_heartbeat(const struct view *view, enum severity *severity)
{
    const struct thresholds *thresholds = view->judge->thresholds;

    return view->job->state_kind == JOB_STATE_active &&
           graded(age_at(view->at_ms, view->job->heartbeat_ms), thresholds->heartbeat_warn_ms,
                  thresholds->heartbeat_critical_ms, severity);
}

static bool
is_starting_long(const struct view *view, enum severity *severity)
{
    const struct thresholds *thresholds = view->judge->thresholds;

    return view->job->state_kind == JOB_STATE_starting && view->job->heartbeat_ms == 0 &&
           graded(age_at(view->at_ms, view->job->acknowledged_ms), thresholds->starting_warn_ms,
                  thresholds->starting_critical_ms, severity);
}

static bool
is_stuck_stopping(const struct view *view, enum severity *severity)
{
    const struct thresholds *thresholds = view->judge->thresholds;

    return view->job->state_kind == JOB_STATE_stopping &&
           graded(age_at(view->at_ms, view->job->stop_requested_ms), thresholds->stopping_warn_ms,
                  thresholds->stopping_critical_ms, severity);
}

/* Seen to bounce, or queued although a worker had it once: facts/management-api.md 5.3, row 10. */
static bool
is_bounced(const struct view *view, enum severity *severity)
{
    const struct job *job = view->job;
    bool is_back =
        job->state_kind == JOB_STATE_queued && (job->acknowledged_ms > 0 || job->started_ms > 0);
    int64_t age_ms = age_at(view->at_ms, job->bounced_ms);

    *severity = SEVERITY_warn;
    if (job->bounces >= BOUNCES_CRITICAL)
        *severity = SEVERITY_critical;
    else if (!is_back && age_ms >= BOUNCE_NEWS_MS)
        *severity = SEVERITY_info; /* it has been at work again for a while */
    return job->state_kind != JOB_STATE_stopped && (job->bounces > 0 || is_back);
}

/* The list of work items is known, newer than the session's last word, and has none for it. */
static bool
has_no_item(const struct view *view, int64_t since_ms)
{
    const struct judge *judge = view->judge;
    size_t row = judge->job_pool[view->job - judge->jobs];
    const struct pool *pool;

    if (row >= judge->n_pools)
        return false;
    pool = &judge->pools[row];
    return pool->work_access == WORK_LISTED && pool->work_at_ms > since_ms &&
           (view->job->from == JOB_FROM_SESSION ||
            (view->job->state_kind == JOB_STATE_stopped &&
             !map_get(judge->served_sessions, view->job->session_id)));
}

static bool
is_orphaned(const struct view *view, enum severity *severity)
{
    const struct job *job = view->job;
    int64_t since_ms = job->idle_since_ms;

    *severity = SEVERITY_warn;
    if (job->from == JOB_FROM_WORK && job->state_kind != JOB_STATE_stopped)
        return false;
    if (strcmp(job->session_status, "running") == 0)
        since_ms = job->session_updated_ms;
    else if (!view->is_waiting || job->wait != JOB_WAIT_worker)
        return false;
    return age_at(view->at_ms, since_ms) >= view->judge->thresholds->orphaned_warn_ms &&
           has_no_item(view, since_ms);
}

/* Said from the first second, so that nobody wonders; a fault only after a while. */
static bool
is_waiting_human(const struct view *view, enum severity *severity)
{
    bool is_long = idle_ms(view) >= view->judge->thresholds->human_warn_ms;

    *severity = is_long ? SEVERITY_warn : SEVERITY_info;
    return view->is_waiting && view->job->wait == JOB_WAIT_human;
}

static bool
is_slot_held(const struct view *view, enum severity *severity)
{
    *severity = SEVERITY_warn;
    return view->job->state_kind == JOB_STATE_active && view->is_waiting &&
           idle_ms(view) >= view->judge->thresholds->slot_held_warn_ms;
}

static bool
is_failed_turn(const struct view *view, enum severity *severity)
{
    const struct job *job = view->job;

    *severity = SEVERITY_critical;
    if (!is_recent(view))
        return false;
    if (view->is_idle)
        return strcmp(job->stop_reason, "retries_exhausted") == 0;
    return job->last_error[0] && job->state_kind != JOB_STATE_stopped &&
           strcmp(job->session_status, "terminated") == 0;
}

static bool
is_retrying(const struct view *view, enum severity *severity)
{
    *severity = SEVERITY_warn;
    return !view->is_idle && strcmp(view->job->session_status, "rescheduling") == 0 &&
           age_at(view->at_ms, view->job->session_updated_ms) >=
               view->judge->thresholds->rescheduling_warn_ms;
}

static bool
is_over_budget(const struct view *view, enum severity *severity)
{
    *severity = SEVERITY_warn;
    return view->is_idle && strcmp(view->job->stop_reason, "budget_reached") == 0 &&
           is_recent(view);
}

static bool
is_refused(const struct view *view, enum severity *severity)
{
    *severity = SEVERITY_warn;
    return view->is_idle && strcmp(view->job->stop_reason, "refusal") == 0 && is_recent(view);
}

/* In the order in which one is the job's finding when several are true. */
static const struct {
    enum job_flag flag;
    enum rule rule;
    bool (*is_raised)(const struct view *view, enum severity *severity);
} flag_rules[] = {
    {JOB_FLAG_failed_turn, RULE_job_failed_turn, is_failed_turn},
    {JOB_FLAG_stuck_stopping, RULE_job_stuck_stopping, is_stuck_stopping},
    {JOB_FLAG_stale_heartbeat, RULE_job_stale_heartbeat, is_stale_heartbeat},
    {JOB_FLAG_starting_long, RULE_job_starting_too_long, is_starting_long},
    {JOB_FLAG_bounced, RULE_job_bounced, is_bounced},
    {JOB_FLAG_orphaned, RULE_job_orphaned, is_orphaned},
    {JOB_FLAG_waiting_human, RULE_job_waiting_human, is_waiting_human},
    {JOB_FLAG_slot_held, RULE_job_slot_held, is_slot_held},
    {JOB_FLAG_retrying, RULE_job_retrying, is_retrying},
    {JOB_FLAG_budget, RULE_job_budget, is_over_budget},
    {JOB_FLAG_refused, RULE_job_refused, is_refused},
};

_Static_assert(COUNT_OF(flag_rules) == JOB_FLAG_COUNT, "every flag has a row");

static struct job_judgement
judge_job(const struct judge *judge, const struct job *job, enum rule *rule)
{
    struct view view = view_of(judge, job);
    struct job_judgement out = {.severity = SEVERITY_info};

    *rule = RULE_COUNT;
    for (size_t i = 0; i < COUNT_OF(flag_rules); i++) {
        enum severity severity;

        if (!flag_rules[i].is_raised(&view, &severity))
            continue;
        out.flags |= 1u << flag_rules[i].flag;
        if (severity > out.severity) {
            out.severity = severity;
            *rule = flag_rules[i].rule;
        }
    }
    return out;
}

/* Which pool each job belongs to. Jobs of a pool usually follow one another. */
static void
find_pools(struct judge *judge)
{
    struct map *map = map_new();
    size_t last = judge->n_pools;

    for (size_t i = 0; i < judge->n_pools; i++)
        map_set(map, judge->pools[i].id, (void *)&judge->pools[i]);
    for (size_t i = 0; i < judge->n_jobs; i++) {
        const char *id = judge->jobs[i].pool_id;
        const struct pool *pool;

        if (last == judge->n_pools || strcmp(judge->pools[last].id, id) != 0) {
            pool = map_get(map, id);
            last = pool ? (size_t)(pool - judge->pools) : judge->n_pools;
        }
        judge->job_pool[i] = last;
    }
    map_free(map);
}

/* Which sessions some unfinished work item serves; asked only about finished ones. */
static void
find_served(struct judge *judge)
{
    size_t stopped = 0;

    judge->served_sessions = map_new();
    for (size_t i = 0; i < judge->n_jobs; i++)
        stopped += judge->jobs[i].state_kind == JOB_STATE_stopped;
    for (size_t i = 0; i < judge->n_jobs && stopped > 0; i++) {
        const struct job *job = &judge->jobs[i];

        if (job->from == JOB_FROM_WORK && job->state_kind != JOB_STATE_stopped)
            map_set(judge->served_sessions, job->session_id, (void *)job);
    }
}

static int64_t
last_sign(const struct job *job)
{
    return job->heartbeat_ms > 0 ? job->heartbeat_ms : job->acknowledged_ms;
}

static bool
is_leased(const struct job *job)
{
    return job->from == JOB_FROM_WORK &&
           (job->state_kind == JOB_STATE_active || job->state_kind == JOB_STATE_starting ||
            job->state_kind == JOB_STATE_stopping);
}

bool
job_is_live(const struct judge *judge, const struct job *job)
{
    int64_t age_ms = age_at(seen_at(job, judge->now_ms), last_sign(job));

    return is_leased(job) && age_ms >= 0 && age_ms < judge->thresholds->fresh_heartbeat_ms;
}

/* What one job says about the workers of its pool. */
static void
count_signs(const struct judge *judge, size_t row, struct pool_jobs *out)
{
    const struct job *job = &judge->jobs[row];
    bool is_live = job_is_live(judge, job);

    out->leased += is_leased(job);
    out->live += is_live;
    out->lost += !is_live && is_leased(job) && last_sign(job) > 0;
    out->bounced += (judge->job_judgements[row].flags >> JOB_FLAG_bounced & 1u) != 0;
    out->open_sessions +=
        job->from == JOB_FROM_SESSION && strcmp(job->session_status, "running") == 0;
    if (last_sign(job) > out->last_sign_ms)
        out->last_sign_ms = last_sign(job);
}

void
judge_jobs(struct judge *judge)
{
    find_pools(judge);
    find_served(judge);
    for (size_t i = 0; i < judge->n_jobs; i++) {
        judge->job_judgements[i] = judge_job(judge, &judge->jobs[i], &judge->job_rules[i]);
        if (judge->job_pool[i] < judge->n_pools)
            count_signs(judge, i, &judge->pool_jobs[judge->job_pool[i]]);
    }
    map_free(judge->served_sessions);
}
