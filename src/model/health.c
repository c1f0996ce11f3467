/* health.c — how each pool does: a judgement from statistics and jobs together, because neither
 * tells it alone. */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

enum {
    STALE_INTERVALS = 2,
    PENDING_SAMPLES = 3,
    RISING_SAMPLES = 5,
    RISING_WITHIN_MS = 5 * 60 * 1000,
    BACKLOG_PER_WORKER = 2,
};

enum presence {
    WORKERS_POLL,    /* some are free, or look for work between jobs */
    WORKERS_WORK,    /* none polls, but jobs show a sign of life */
    WORKERS_GONE,    /* none polls, and no job shows a sign of life */
    WORKERS_UNKNOWN, /* it cannot be told from here */
};

/* One pool at the moment its statistics were read. */
struct view {
    const struct judge *judge;
    const struct pool *pool;
    const struct pool_jobs *jobs;
    enum presence presence;
    int64_t oldest_ms; /* how long the oldest job had waited; -1: none, or not known */
    int64_t workers;   /* polling and working */
};

static bool
is_stale(const struct judge *judge, const struct pool *pool)
{
    int64_t interval_ms = judge->snapshot->source[SOURCE_stats].interval_ms;

    if (interval_ms <= 0)
        interval_ms = source_interval_ms(SOURCE_stats);
    return pool->stats_at_ms > 0 &&
           judge->now_ms - pool->stats_at_ms > STALE_INTERVALS * interval_ms;
}

/* Is the list of this pool's work items about as old as its statistics, and are they here? In a
 * large fleet the jobs follow the pools a moment later. */
static bool
has_current_jobs(const struct judge *judge, const struct pool *pool, const struct pool_jobs *jobs)
{
    int64_t interval_ms = judge->snapshot->source[SOURCE_work].interval_ms;

    return pool->work_access == WORK_LISTED && pool->work_at_ms > 0 &&
           pool->stats_at_ms - pool->work_at_ms <= STALE_INTERVALS * interval_ms &&
           pool->active + pool->starting + pool->stopping <= jobs->leased;
}

static enum presence
find_presence(const struct judge *judge, const struct pool *pool, const struct pool_jobs *jobs)
{
    const struct source_status *sessions = &judge->snapshot->source[SOURCE_sessions];

    if (pool->workers_polling > 0)
        return WORKERS_POLL;
    if (jobs->live > 0)
        return WORKERS_WORK;
    if (pool->workers_polling < 0)
        return WORKERS_UNKNOWN;
    if (has_current_jobs(judge, pool, jobs))
        return WORKERS_GONE;
    if (pool->work_access == WORK_PENDING || pool->work_access == WORK_LISTED)
        return WORKERS_UNKNOWN; /* the list is on its way */
    return sessions->ok_at_ms > 0 && jobs->open_sessions == 0 ? WORKERS_GONE : WORKERS_UNKNOWN;
}

static struct view
view_of(const struct judge *judge, size_t row)
{
    const struct pool *pool = &judge->pools[row];
    const struct pool_jobs *jobs = &judge->pool_jobs[row];
    struct view view = {.judge = judge, .pool = pool, .jobs = jobs, .oldest_ms = -1};

    view.presence = find_presence(judge, pool, jobs);
    view.workers = (pool->workers_polling > 0 ? pool->workers_polling : 0) + jobs->live;
    if (pool->has_oldest && pool->oldest_queued_ms > 0) {
        view.oldest_ms = pool->stats_at_ms - pool->oldest_queued_ms;
        if (view.oldest_ms < 0)
            view.oldest_ms = 0;
    }
    return view;
}

/* "12 wait (oldest 4m10s), nobody polls". */
static const char *
say_queue(const struct view *view)
{
    struct arena *arena = view->judge->arena;
    const struct pool *pool = view->pool;
    const char *oldest = "", *workers = "how many poll is not known";
    int64_t at_ms = is_stale(view->judge, pool) ? pool->stats_at_ms : view->judge->now_ms;

    if (view->oldest_ms >= 0 && pool->depth + pool->pending > 0)
        oldest = arena_printf(arena, " (oldest %s)",
                              say_duration(arena, at_ms - pool->oldest_queued_ms));
    if (pool->workers_polling == 0)
        workers = "nobody polls";
    else if (pool->workers_polling > 0)
        workers = arena_printf(arena, "%" PRId64 " poll%s", pool->workers_polling,
                               pool->workers_polling == 1 ? "s" : "");
    if (view->jobs->live == 0)
        return arena_printf(arena, "%" PRId64 " wait%s%s, %s", pool->depth,
                            pool->depth == 1 ? "s" : "", oldest, workers);
    return arena_printf(arena, "%" PRId64 " wait%s%s, %" PRIu32 " at work, %s", pool->depth,
                        pool->depth == 1 ? "s" : "", oldest, view->jobs->live, workers);
}

static bool
judge_archived(const struct view *view, struct pool_judgement *out)
{
    out->health = POOL_archived;
    out->reason = "archived: it takes no new sessions";
    return view->pool->is_archived;
}

static bool
judge_unknown(const struct view *view, struct pool_judgement *out)
{
    const struct pool *pool = view->pool;
    struct arena *arena = view->judge->arena;

    out->health = POOL_unknown;
    if (pool->stats_at_ms > 0 && pool->depth >= 0 && !out->is_stale)
        return false;
    if (out->is_stale)
        out->reason = arena_printf(arena, "last seen %s ago: %s",
                                   say_duration(arena, view->judge->now_ms - pool->stats_at_ms),
                                   say_queue(view));
    else if (pool->stats_error[0])
        out->reason = arena_printf(arena, "no statistics: %s", pool->stats_error);
    else
        out->reason = "no statistics yet";
    return true;
}

/* One sample may fall between a worker's last job and its next poll; with a second one we know. A
 * lone sample is all that a one-shot status has, and then the age of the oldest job must do. */
static bool
is_confirmed(const struct view *view)
{
    const struct pool *pool = view->pool;

    return pool->depth_trend.n < 2 ||
           (pool->idle_since_ms > 0 && pool->idle_since_ms < pool->stats_at_ms);
}

static bool
judge_no_workers(const struct view *view, struct pool_judgement *out)
{
    const struct thresholds *thresholds = view->judge->thresholds;
    bool is_webhook = view->pool->mode == POOL_WEBHOOK;
    int64_t warn_ms =
        is_webhook ? thresholds->backlog_oldest_warn_ms : thresholds->no_workers_warn_ms;
    int64_t critical_ms =
        is_webhook ? thresholds->backlog_oldest_critical_ms : thresholds->no_workers_critical_ms;

    if (view->presence != WORKERS_GONE || view->pool->depth <= 0 || view->oldest_ms < warn_ms ||
        !is_confirmed(view))
        return false;
    out->health = POOL_no_workers;
    out->severity = view->oldest_ms >= critical_ms ? SEVERITY_critical : SEVERITY_warn;
    out->reason = say_queue(view);
    return true;
}

static bool
judge_stalled(const struct view *view, struct pool_judgement *out)
{
    const struct pool *pool = view->pool;
    const struct thresholds *thresholds = view->judge->thresholds;
    int64_t ms = pool->pending_since_ms > 0 ? pool->stats_at_ms - pool->pending_since_ms : -1;

    if (pool->pending <= 0 || pool->pending_samples < PENDING_SAMPLES ||
        ms < thresholds->pending_warn_ms)
        return false;
    out->health = POOL_stalled;
    out->severity = ms >= thresholds->pending_critical_ms ? SEVERITY_critical : SEVERITY_warn;
    out->reason =
        arena_printf(view->judge->arena, "%" PRId64 " claimed and not acknowledged for %s",
                     pool->pending, say_duration(view->judge->arena, ms));
    return true;
}

/* Each of the last five samples above the one before, all of them recent. */
static bool
is_rising(const struct judge *judge, const struct pool *pool)
{
    int64_t interval_ms = judge->snapshot->source[SOURCE_stats].interval_ms;

    if (RISING_SAMPLES * interval_ms > RISING_WITHIN_MS)
        return false;
    for (size_t back = 0; back < RISING_SAMPLES; back++) {
        int32_t newer = series_at(&pool->depth_trend, back);
        int32_t older = series_at(&pool->depth_trend, back + 1);

        if (older == SERIES_UNKNOWN || newer <= older)
            return false;
    }
    return true;
}

/* More than the workers can take soon; a queue that just arrived is none. */
static bool
is_backlog(const struct view *view)
{
    const struct pool *pool = view->pool;
    const struct thresholds *thresholds = view->judge->thresholds;
    int64_t patience_ms = view->presence == WORKERS_WORK ? thresholds->backlog_oldest_critical_ms
                                                         : thresholds->backlog_oldest_warn_ms;

    if (pool->depth <= 0 || view->presence == WORKERS_GONE)
        return false;
    if (view->oldest_ms >= patience_ms)
        return true;
    if (view->oldest_ms < thresholds->no_workers_warn_ms || view->workers == 0)
        return false;
    return pool->depth > BACKLOG_PER_WORKER * view->workers || is_rising(view->judge, pool);
}

static bool
judge_backlogged(const struct view *view, struct pool_judgement *out)
{
    if (!is_backlog(view))
        return false;
    out->health = POOL_backlogged;
    out->severity = view->oldest_ms >= view->judge->thresholds->backlog_oldest_critical_ms
                        ? SEVERITY_critical
                        : SEVERITY_warn;
    out->reason = say_queue(view);
    return true;
}

static bool
judge_busy(const struct view *view, struct pool_judgement *out)
{
    if (view->presence != WORKERS_WORK)
        return false;
    out->health = POOL_busy;
    out->severity =
        view->pool->depth > 0 && view->oldest_ms >= view->judge->thresholds->busy_oldest_warn_ms
            ? SEVERITY_warn
            : SEVERITY_info;
    out->reason = say_queue(view);
    return true;
}

static bool
judge_idle(const struct view *view, struct pool_judgement *out)
{
    out->health = POOL_idle;
    out->reason = view->pool->mode == POOL_WEBHOOK ? "nothing waits; workers come when woken"
                                                   : "nothing waits, nobody polls";
    return view->pool->workers_polling <= 0 && view->pool->depth == 0;
}

static bool
judge_healthy(const struct view *view, struct pool_judgement *out)
{
    out->health = POOL_healthy;
    out->reason = say_queue(view);
    return true;
}

/* The first that says yes. */
static bool (*const judgements[])(const struct view *view, struct pool_judgement *out) = {
    judge_archived,   judge_unknown, judge_no_workers, judge_stalled,
    judge_backlogged, judge_busy,    judge_idle,       judge_healthy,
};

void
judge_pools(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_pools; row++) {
        struct pool_judgement *out = &judge->pool_judgements[row];
        struct view view = view_of(judge, row);

        out->severity = SEVERITY_info;
        out->is_stale = is_stale(judge, &judge->pools[row]);
        for (size_t i = 0; i < COUNT_OF(judgements); i++)
            if (judgements[i](&view, out))
                break;
    }
}
