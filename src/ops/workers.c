/* workers.c — what control commands do to a pool's workers, and how that is seen from outside.
 *
 * A worker that stopped polling still counts for half a minute (facts/management-api.md 5.9), so no
 * count is believed that was made before that window had passed since the last command. */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/map.h"
#include "core/text.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/workers.h"

/* Until nothing polls, beside the window and the grace time. */
enum { EMPTY_WITHIN_MS = 60000 };

const struct pool *
workers_pool(const struct engine *engine, const struct run *run)
{
    return object_pool(&engine->snapshot, run->pool_id);
}

const struct driver_use *
workers_control(const struct engine *engine, const struct run *run)
{
    return engine_control(engine, "pool", run->pool_id);
}

/* Statistics, and where it can be listed the queue, that are newer than the phase. */
static bool
are_fresh(const struct run *run, const struct pool *pool)
{
    return pool->stats_at_ms > run->phase_wall_ms &&
           (pool->work_access != WORK_LISTED || pool->work_at_ms > run->phase_wall_ms);
}

int64_t
workers_patience_ms(const struct engine *engine, int64_t usual_ms)
{
    const struct ops_options *options = engine->options;

    return (options->settle_ms > 0 ? options->settle_ms : usual_ms) + options->window_ms;
}

bool
workers_have_had(const struct engine *engine, const struct run *run, int64_t ms)
{
    return engine->now_ms - run->phase_since_ms > ms;
}

static void
fail_unseen(struct engine *engine, struct run *run, int64_t usual_ms)
{
    const char *why = engine->snapshot.source[SOURCE_stats].error;

    if (workers_have_had(engine, run, workers_patience_ms(engine, usual_ms)))
        engine_end(engine, run, OP_STATE_failed,
                   "what became of it could not be seen: no news of the pool came%s%s",
                   *why ? ": " : "", why);
}

const struct pool *
workers_see(struct engine *engine, struct run *run, int64_t usual_ms)
{
    const struct pool *pool = workers_pool(engine, run);

    engine_hurry(engine, run, HURRY_MS);
    if (pool && are_fresh(run, pool))
        return pool;
    fail_unseen(engine, run, usual_ms);
    return NULL;
}

/* No worker that ended before can be in it any more. */
static bool
is_count_believed(const struct engine *engine, const struct run *run, const struct pool *pool)
{
    int64_t window_ms = engine->options->window_ms;

    return workers_have_had(engine, run, window_ms) &&
           pool->stats_at_ms > run->phase_wall_ms + window_ms;
}

bool
workers_are_back(const struct engine *engine, const struct run *run, const struct pool *pool)
{
    return object_workers(pool) >= run->expected && is_count_believed(engine, run, pool);
}

static void
fail_uncounted(struct engine *engine, struct run *run, const struct pool *pool, const char *who)
{
    const char *why = engine->snapshot.source[SOURCE_stats].error;
    int64_t window_s = engine->options->window_ms / 1000, there = object_workers(pool);
    TEXT(last, 60);

    if (there >= 0)
        text_addf(&last, "; the last one was %" PRId64 " of %" PRId64, there, run->expected);
    engine_end(engine, run, OP_STATE_failed,
               "whether %.60s came back could not be seen: no count of the workers came after the "
               "%" PRId64 " s in which one that ended still counts%s%s%s",
               who, window_s, last.bytes, *why ? ": " : "", why);
}

void
workers_fail(struct engine *engine, struct run *run, const struct pool *pool, const char *who)
{
    int64_t there = object_workers(pool);

    if (!workers_have_had(engine, run, workers_patience_ms(engine, WORKERS_UP_WITHIN_MS)))
        return;
    if (there < 0 || !is_count_believed(engine, run, pool))
        fail_uncounted(engine, run, pool, who);
    else
        engine_end(engine, run, OP_STATE_failed,
                   "%s did not come back: %" PRId64 " of %" PRId64 " workers poll or work", who,
                   there, run->expected);
}

/* --- the drain command --- */

static bool
wants_command(const struct run *run)
{
    return run_chose(run, OP_CHOICE_command) && phase_is_not_rolling(run);
}

/* Begun before the op was resumed, it is not run again: what it did is seen at the end. */
static void
run_once(struct engine *engine, struct run *run, enum driver_verb verb)
{
    enum known known = engine_known(engine, run, verb, NULL);

    if (known == KNOWN_not_begun)
        engine_command(engine, run, workers_control(engine, run), verb, NULL, NULL);
    else if (known != KNOWN_failed)
        engine_next(engine, run);
}

static void
enter_quiet(struct engine *engine, struct run *run)
{
    run_once(engine, run, DRIVER_drain);
}

static void
command_ended(struct engine *engine, struct run *run, const struct err *err)
{
    if (err)
        engine_end(engine, run, OP_STATE_failed, "%s; nothing after it was done", err->message);
    else
        engine_next(engine, run);
}

const struct phase phase_quiet = {
    .name = "quiet",
    .doing = "running the drain command",
    .is_wanted = wants_command,
    .enter = enter_quiet,
    .ended = command_ended,
};

/* --- nothing of it is left --- */

static bool
is_controlled(const struct run *run)
{
    return run_chose(run, OP_CHOICE_command);
}

static size_t
newcomers(struct engine *engine, const struct run *run)
{
    struct map *items = run_map_items(run);
    const struct job *job;
    size_t i = 0, n = 0;

    while ((job = object_next_job(&engine->snapshot, run->pool_id, &i)))
        n += job->from == JOB_FROM_WORK && object_job_runs(job) && !map_get(items, job->id);
    map_free(items);
    return n;
}

/* What workers claimed since: with leave to keep stopping, back to the stops. */
static void
stop_newcomers(struct engine *engine, struct run *run)
{
    run->phase = phase_find(run->kind, phase_stop.name);
    run->has_entered = run->is_resumed = false;
    engine_changed(engine, run);
}

/* May they be stopped, when that is wanted? Where a command drains the workers, they are given the
 * window: one that it reached may still have claimed something just before. */
static bool
can_keep(const struct engine *engine, const struct run *run)
{
    return run->kind == OP_drain_pool && run_chose(run, OP_CHOICE_stop_running) &&
           (!is_controlled(run) || workers_have_had(engine, run, engine->options->window_ms));
}

static void
ask_to_keep(struct engine *engine, struct run *run, size_t n)
{
    const char *plural = n == 1 ? "" : "s";

    if (run->offer != OP_OFFER_nothing)
        return;
    if (is_controlled(run))
        engine_ask(engine, run, OP_OFFER_keep,
                   "the drain command succeeded, and yet workers run %zu job%s that they claimed "
                   "since: it did not keep all of them from polling. Keep stopping what they "
                   "claim, until you cancel it?",
                   n, plural);
    else
        engine_ask(engine, run, OP_OFFER_keep,
                   "workers that poll claimed %zu new job%s since; without a control command that "
                   "goes on: keep stopping what they claim, until you cancel it?",
                   n, plural);
}

/* How much of the pool is left, and in out what; 0 when it is empty, -1 when that is not known. */
static int64_t
what_is_left(const struct run *run, const struct pool *pool, size_t n_new, struct text *out)
{
    bool is_listed = pool->work_access == WORK_LISTED;
    int64_t left = is_listed ? pool->active + pool->starting + pool->stopping : 0;

    if (!is_listed && run_chose(run, OP_CHOICE_stop_running)) {
        text_add(out, "its work items can no longer be listed, so what is left of it is not known");
        return -1;
    }
    if (is_listed && run_chose(run, OP_CHOICE_stop_queued))
        left += pool->queued;
    if (left == 0 && is_controlled(run)) {
        left = pool->workers_polling;
        if (left < 0)
            text_add(out, "how many workers poll is not known");
        else
            text_addf(out,
                      "%" PRId64 " worker%s polled within the last 30 s, the window in which one "
                      "that ended still counts",
                      left, left == 1 ? "" : "s");
        return left;
    }
    text_addf(out, "%" PRId64 " job%s left", left, left == 1 ? "" : "s");
    if (n_new > 0)
        text_addf(out, ", %zu of them claimed since", n_new);
    return left;
}

static void
judge_empty(struct engine *engine, struct run *run, const struct pool *pool, size_t n_new)
{
    TEXT(left, RUN_NOTE_BYTES);
    bool is_empty = what_is_left(run, pool, n_new, &left) == 0;

    if (run_chose(run, OP_CHOICE_keep))
        run_summarize(run, "%s; whatever is claimed is stopped, until this is cancelled",
                      is_empty ? "empty" : left.bytes);
    else if (is_empty)
        engine_next(engine, run);
    else if (workers_have_had(engine, run, workers_patience_ms(engine, EMPTY_WITHIN_MS)))
        engine_end(engine, run, OP_STATE_failed, "%s, long after it was asked to end", left.bytes);
    else
        run_summarize(run, "%s", left.bytes);
}

/* Not on the list of pools; a console that has just begun has none yet. */
static bool
is_gone(const struct engine *engine, const struct run *run)
{
    return !workers_pool(engine, run) && engine->snapshot.source[SOURCE_environments].ok_at_ms > 0;
}

static void
tick_empty(struct engine *engine, struct run *run)
{
    const struct pool *pool;
    size_t n;

    if (is_gone(engine, run)) {
        engine_end(engine, run, OP_STATE_done, "the pool is no longer there");
        return;
    }
    pool = workers_see(engine, run, EMPTY_WITHIN_MS);
    if (!pool)
        return;
    n = newcomers(engine, run);
    if (n > 0 && run_chose(run, OP_CHOICE_keep) && run_chose(run, OP_CHOICE_stop_running))
        stop_newcomers(engine, run);
    else if (n > 0 && can_keep(engine, run))
        ask_to_keep(engine, run, n);
    else if (n == 0 && run->offer == OP_OFFER_keep)
        engine_go_on(engine, run);
    else
        judge_empty(engine, run, pool, n);
}

/* Nobody can keep a pool empty whose workers go on polling; a restart ends them anyway. */
static bool
wants_empty(const struct run *run)
{
    return phase_is_not_rolling(run) && (run->kind == OP_drain_pool || is_controlled(run));
}

const struct phase phase_empty = {
    .name = "empty",
    .doing = "waiting until nothing is left",
    .is_wanted = wants_empty,
    .tick = tick_empty,
};

/* --- the restart command --- */

static void
enter_renew(struct engine *engine, struct run *run)
{
    const struct driver_use *use = workers_control(engine, run);
    bool was_drained = run_chose(run, OP_CHOICE_command);
    bool has_start = driver_verbs(use) & 1u << DRIVER_start;
    enum driver_verb verb = was_drained && has_start ? DRIVER_start : DRIVER_restart;

    run_once(engine, run, verb);
}

const struct phase phase_renew = {
    .name = "renew",
    .doing = "starting the workers",
    .is_wanted = phase_is_not_rolling,
    .enter = enter_renew,
    .ended = command_ended,
};

/* --- the expected workers are there --- */

void
workers_expect(struct engine *engine, struct run *run)
{
    const struct pool *pool = workers_pool(engine, run);

    if (run->expected < 0 && pool && pool->expected_workers > 0)
        run->expected = pool->expected_workers;
    if (run->expected < 1)
        run->expected = 1;
}

static void
tick_up(struct engine *engine, struct run *run)
{
    const struct pool *pool = workers_see(engine, run, WORKERS_UP_WITHIN_MS);
    int64_t there = pool ? object_workers(pool) : -1;

    if (!pool)
        return;
    run_summarize(run, "%" PRId64 " of %" PRId64 " workers poll or work", there, run->expected);
    if (workers_are_back(engine, run, pool))
        engine_next(engine, run);
    else
        workers_fail(engine, run, pool, "all of them");
}

const struct phase phase_up = {
    .name = "up",
    .doing = "waiting for the workers",
    .is_wanted = phase_is_not_rolling,
    .enter = workers_expect,
    .tick = tick_up,
};
