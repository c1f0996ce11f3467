/* rules_pool.c — what is wrong with a pool, in words. */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

/* More of the fleet stands still: that one is worse. */
static int64_t
weight_of(const struct pool *pool)
{
    return pool->depth > 0 ? pool->depth : 0;
}

static bool
has_too_few(const struct judge *judge, size_t row)
{
    const struct pool *pool = &judge->pools[row];
    enum pool_health health = judge->pool_judgements[row].health;
    bool is_long =
        pool->below_expected_since_ms > 0 && pool->stats_at_ms - pool->below_expected_since_ms >=
                                                 judge->thresholds->below_expected_warn_ms;

    return pool->expected_workers > 0 && pool->workers_polling >= 0 && is_long &&
           (health == POOL_healthy || health == POOL_busy || health == POOL_idle) &&
           pool->workers_polling + judge->pool_jobs[row].live < pool->expected_workers;
}

static bool
lacks_key(const struct judge *judge, const struct pool *pool)
{
    return !pool->is_archived && judge->api.unauthorized == 0 && !judge->api.is_unreachable &&
           (pool->work_access == WORK_NO_KEY || pool->work_access == WORK_REFUSED);
}

static void
suspect_pool(struct judge *judge, size_t row)
{
    static const enum rule by_health[] = {
        [POOL_healthy] = RULE_COUNT,
        [POOL_busy] = RULE_pool_busy,
        [POOL_idle] = RULE_COUNT,
        [POOL_backlogged] = RULE_pool_backlog,
        [POOL_no_workers] = RULE_pool_no_workers,
        [POOL_stalled] = RULE_pool_pending_stuck,
        [POOL_archived] = RULE_COUNT,
        [POOL_unknown] = RULE_COUNT,
    };
    const struct pool *pool = &judge->pools[row];
    const struct pool_judgement *judgement = &judge->pool_judgements[row];
    enum rule rule = by_health[judgement->health];

    if (rule == RULE_pool_busy && pool->depth <= 0)
        rule = RULE_COUNT; /* everybody works and nobody waits: as it should be */
    if (rule != RULE_COUNT)
        suspect_as(judge, judgement->severity, rule, row, weight_of(pool));
    else if (has_too_few(judge, row))
        suspect(judge, RULE_pool_workers_below_expected, row, weight_of(pool));
    else if (lacks_key(judge, pool))
        suspect(judge, RULE_pool_no_environment_key, row, weight_of(pool));
}

void
suspect_pools(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_pools; row++)
        suspect_pool(judge, row);
}

/* ---- in words ---- */

static const struct pool *
subject(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct pool *pool = &judge->pools[suspicion->row];

    out->subject = pool->name;
    out->subject_id = pool->id;
    return pool;
}

static const char *
say_oldest(struct judge *judge, const struct pool *pool)
{
    if (!pool->has_oldest || pool->oldest_queued_ms <= 0)
        return "";
    return arena_printf(judge->arena, " (oldest %s)",
                        say_duration(judge->arena, judge->now_ms - pool->oldest_queued_ms));
}

static void
add_statistics(struct judge *judge, const struct pool *pool, struct finding *out)
{
    const char *polling = pool->workers_polling < 0
                              ? "not told"
                              : arena_printf(judge->arena, "%" PRId64, pool->workers_polling);

    evidence_add(judge, out,
                 "queue statistics %s ago: depth %" PRId64 ", pending %" PRId64
                 ", workers polling %s",
                 say_duration(judge->arena, judge->now_ms - pool->stats_at_ms), pool->depth,
                 pool->pending, polling);
}

/* What the jobs say about the workers; the half that the statistics cannot tell. */
static void
add_jobs(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct pool *pool = &judge->pools[suspicion->row];
    const struct pool_jobs *jobs = &judge->pool_jobs[suspicion->row];

    if (jobs->live > 0)
        evidence_add(judge, out, "%s at work with a fresh heartbeat",
                     say_count(judge->arena, jobs->live, "job"));
    if (jobs->lost > 0)
        evidence_add(judge, out, "%s without a heartbeat for longer than %s",
                     say_count(judge->arena, jobs->lost, "active job"),
                     say_duration(judge->arena, judge->thresholds->fresh_heartbeat_ms));
    if (jobs->bounced > 0)
        evidence_add(judge, out, "%" PRIu32 " of its jobs lost the lease: workers ended at work",
                     jobs->bounced);
    if (jobs->live == 0 && jobs->last_sign_ms > 0)
        evidence_add(judge, out, "last sign of a worker: %s, %s ago",
                     say_time(judge->arena, jobs->last_sign_ms),
                     say_duration(judge->arena, judge->now_ms - jobs->last_sign_ms));
    if (pool->work_access == WORK_NO_KEY)
        evidence_add(judge, out, "no environment key here: leases and heartbeats are not visible");
}

bool
pool_has_workers(const struct judge *judge, size_t row)
{
    return judge->pools[row].workers_polling > 0 || judge->pool_jobs[row].live > 0;
}

/* Is it this pool alone? What others share with it is then not the cause. */
static void
add_other_pools(struct judge *judge, size_t row, struct finding *out)
{
    size_t n = 0, with_workers = 0;

    for (size_t i = 0; i < judge->n_pools; i++) {
        enum pool_health health = judge->pool_judgements[i].health;

        if (i == row || health == POOL_archived || health == POOL_unknown || health == POOL_idle)
            continue;
        n++;
        with_workers += pool_has_workers(judge, i);
    }
    if (n > 0 && with_workers == 0)
        evidence_add(judge, out,
                     "no other pool has workers either: look for what they share, such as hosts, "
                     "image or network");
    else if (n > 0)
        evidence_add(judge, out, "%zu of %s %s workers: the service and its queues are fine",
                     with_workers, say_count(judge->arena, (int64_t)n, "other pool"),
                     with_workers == 1 ? "has" : "have");
}

/* The likeliest reason for losing all workers at once, and what we know of it: a 401 on poll ends a
 * worker within milliseconds (facts/management-api.md 6.1). */
static void
explain_missing_workers(struct judge *judge, const struct pool *pool, struct finding *out)
{
    if (pool->work_access == WORK_REFUSED) {
        evidence_add(judge, out, "this pool's environment key is refused here: %s",
                     pool->work_error[0] ? pool->work_error : "401");
        out->next_step = arena_printf(
            judge->arena,
            "make a new environment key for %s, give it to the workers and start them: a revoked "
            "key ends every worker at its next poll",
            pool->name);
        return;
    }
    if (pool->work_access == WORK_LISTED)
        evidence_add(judge, out,
                     "its environment key still works here: a revoked key is not the "
                     "reason, if the workers use the same one");
    out->next_step = arena_printf(
        judge->arena,
        pool->mode == POOL_WEBHOOK
            ? "check that webhooks reach the workers of %s, and that the handler starts them"
        : pool->work_access == WORK_LISTED
            ? "start workers for %s, and see in their last log lines why they ended"
            : "start workers for %s, or see in their log why they exit: a 401 on poll means a "
              "revoked environment key, which ends all of them at once",
        pool->name);
}

void
explain_pool_no_workers(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);
    bool is_webhook = pool->mode == POOL_WEBHOOK;

    out->since_ms = pool->idle_since_ms;
    out->summary = arena_printf(
        judge->arena, "%s: %s%s and %s", pool->name,
        pool->depth == 1 ? "1 job waits"
                         : arena_printf(judge->arena, "%" PRId64 " jobs wait", pool->depth),
        say_oldest(judge, pool),
        is_webhook ? "no worker was woken to take them" : "no worker polls");
    add_statistics(judge, pool, out);
    add_jobs(judge, suspicion, out);
    explain_missing_workers(judge, pool, out);
    add_other_pools(judge, suspicion->row, out);
}

void
explain_pool_pending_stuck(struct judge *judge, const struct suspicion *suspicion,
                           struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);

    out->since_ms = pool->pending_since_ms;
    out->summary = arena_printf(judge->arena, "%s: %s claimed and not acknowledged for %s",
                                pool->name, say_count(judge->arena, pool->pending, "job"),
                                say_duration(judge->arena, judge->now_ms - pool->pending_since_ms));
    add_statistics(judge, pool, out);
    add_jobs(judge, suspicion, out);
    evidence_add(judge, out,
                 "an acknowledgement follows a claim within milliseconds; a claim "
                 "without one lapses after 5 s and is handed out again");
    out->next_step = arena_printf(judge->arena,
                                  "look at the log of the workers of %s right after a poll: the "
                                  "acknowledgement fails, or they die there",
                                  pool->name);
}

static const char *
say_trend(const struct pool *pool)
{
    int32_t now = series_at(&pool->depth_trend, 0), then = SERIES_UNKNOWN;

    for (size_t back = 1; back <= 5 && back < pool->depth_trend.n; back++)
        then = series_at(&pool->depth_trend, back);
    if (now == SERIES_UNKNOWN || then == SERIES_UNKNOWN)
        return "";
    return now > then ? ", and it grows" : now < then ? ", and it shrinks" : "";
}

void
explain_pool_backlog(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);
    const struct pool_jobs *jobs = &judge->pool_jobs[suspicion->row];
    int64_t workers = (pool->workers_polling > 0 ? pool->workers_polling : 0) + jobs->live;

    out->since_ms = pool->has_oldest ? pool->oldest_queued_ms : 0;
    out->summary = arena_printf(
        judge->arena, "%s: %s%s behind %s%s", pool->name,
        pool->depth == 1 ? "1 job waits"
                         : arena_printf(judge->arena, "%" PRId64 " jobs wait", pool->depth),
        say_oldest(judge, pool),
        workers > 0 ? say_count(judge->arena, workers, "worker") : "workers that cannot be seen",
        say_trend(pool));
    add_statistics(judge, pool, out);
    add_jobs(judge, suspicion, out);
    if (pool->workers_polling > 0)
        evidence_add(judge, out,
                     "workers poll while jobs wait: claims should be near-instant, so "
                     "look for workers that fail right after the claim");
    out->next_step =
        pool->workers_polling > 0 && jobs->live == 0
            ? arena_printf(judge->arena, "see in the workers' log why %s's jobs are not taken",
                           pool->name)
            : arena_printf(judge->arena,
                           "add workers to %s: each takes one job at a time; nothing is broken "
                           "that a restart would mend",
                           pool->name);
}

void
explain_pool_busy(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);
    uint32_t live = judge->pool_jobs[suspicion->row].live;

    out->summary = arena_printf(
        judge->arena, "%s: every worker works (%s) and %s%s", pool->name,
        say_count(judge->arena, live, "job"),
        pool->depth == 1 ? "1 more waits"
                         : arena_printf(judge->arena, "%" PRId64 " more wait", pool->depth),
        say_oldest(judge, pool));
    add_statistics(judge, pool, out);
    add_jobs(judge, suspicion, out);
    evidence_add(judge, out, "nobody polls because a worker does not poll while it works");
    out->next_step =
        arena_printf(judge->arena,
                     "no repair is needed; add workers to %s if this wait is too long", pool->name);
}

void
explain_pool_workers_below_expected(struct judge *judge, const struct suspicion *suspicion,
                                    struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);
    int64_t live = judge->pool_jobs[suspicion->row].live;

    out->since_ms = pool->below_expected_since_ms;
    out->summary =
        arena_printf(judge->arena, "%s: %" PRId64 " of %" PRId32 " expected workers are there",
                     pool->name, pool->workers_polling + live, pool->expected_workers);
    evidence_add(judge, out, "%" PRId64 " polling, %" PRId64 " at work", pool->workers_polling,
                 live);
    evidence_add(judge, out, "fewer than expected since %s",
                 say_time(judge->arena, pool->below_expected_since_ms));
    out->next_step = arena_printf(judge->arena,
                                  "find the worker processes of %s that are missing, or correct "
                                  "expected_workers in the configuration",
                                  pool->name);
}

void
explain_pool_no_environment_key(struct judge *judge, const struct suspicion *suspicion,
                                struct finding *out)
{
    const struct pool *pool = subject(judge, suspicion, out);
    bool is_refused = pool->work_access == WORK_REFUSED;

    out->summary = arena_printf(judge->arena,
                                is_refused ? "%s: its environment key is refused for listing work, "
                                             "so jobs are derived from sessions"
                                           : "%s: no environment key is configured, so jobs are "
                                             "derived from sessions",
                                pool->name);
    if (is_refused)
        evidence_add(judge, out, "listing work: %s",
                     pool->work_error[0] ? pool->work_error : "refused");
    evidence_add(judge, out,
                 "only a pool's own environment key may list its work items; statistics "
                 "and sessions are read as usual");
    evidence_add(judge, out,
                 "not visible without it: leases, heartbeats, stuck stops, lost leases");
    out->next_step = arena_printf(
        judge->arena,
        is_refused
            ? "check that the key configured for %s (%s) is its environment key, and not revoked"
            : "set environment_key_file for %s (%s) in the configuration; it is used for listing "
              "only",
        pool->name, pool->id);
}
