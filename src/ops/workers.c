/* workers.c — what control commands do to a pool's workers, and how that is seen from outside.
 *
 * A worker that stopped polling still counts for half a minute (facts/management-api.md 5.9), so no
 * count is believed before that window has passed since the last command. */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/process.h"

enum {
    UP_WITHIN_MS = 120000,   /* until the expected workers are there again, beside the window */
    EMPTY_WITHIN_MS = 60000, /* until nothing polls, beside the window and the grace time */
};

static const struct pool *
pool_of(const struct engine *engine, const struct run *run)
{
    return object_pool(&engine->snapshot, run->pool_id);
}

static const struct driver_use *
use_of(const struct engine *engine, const struct run *run)
{
    return engine_control(engine, "pool", run->pool_id);
}

/* Statistics, and where it can be listed the queue, that are newer than the phase. */
static bool
is_fresh(const struct run *run, const struct pool *pool)
{
    return pool->stats_at_ms > run->phase_wall_ms &&
           (pool->work_access != WORK_LISTED || pool->work_at_ms > run->phase_wall_ms);
}

static bool
has_passed(const struct engine *engine, const struct run *run, int64_t ms)
{
    return engine->now_ms - run->phase_since_ms > ms;
}

/* --- the drain command --- */

static bool
wants_command(const struct run *run)
{
    return run_chose(run, OP_CHOICE_command) && phase_is_not_rolling(run);
}

static void
enter_quiet(struct engine *engine, struct run *run)
{
    engine_command(engine, run, use_of(engine, run), DRIVER_drain, NULL);
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
    const struct job *job;
    size_t i = 0, n = 0;

    while ((job = object_next_job(&engine->snapshot, run->pool_id, &i)))
        n += job->from == JOB_FROM_WORK && object_job_runs(job) &&
             !run_item((struct run *)run, job->id);
    return n;
}

/* What workers claimed since: with leave to keep stopping, back to the stops. */
static void
stop_newcomers(struct engine *engine, struct run *run)
{
    run->phase = phase_find(run->kind, phase_stop.name);
    run->has_entered = false;
    run->grace_until_ms = 0;
    run->is_resumed = false;
    engine_changed(engine, run);
}

static void
ask_to_keep(struct engine *engine, struct run *run, size_t n)
{
    if (run->offer == OP_OFFER_nothing)
        engine_ask(engine, run, OP_OFFER_keep,
                   "workers that poll claimed %zu new job%s since; without a control command that "
                   "goes on: keep stopping what they claim, until you cancel it?",
                   n, n == 1 ? "" : "s");
}

static void
judge_empty(struct engine *engine, struct run *run, const struct pool *pool)
{
    bool is_listed = pool->work_access == WORK_LISTED;
    int64_t left = is_listed ? pool->active + pool->starting + pool->stopping : 0;
    int64_t polling = is_controlled(run) ? pool->workers_polling : 0;

    if (is_listed && run_chose(run, OP_CHOICE_stop_queued))
        left += pool->queued;
    if (left == 0 && polling <= 0 && (!is_controlled(run) || polling == 0)) {
        if (run_chose(run, OP_CHOICE_keep)) {
            if (run->stage != 1)
                engine_changed(engine, run);
            run->stage = 1; /* empty, and kept so until it is cancelled */
            run_summarize(run, "empty; whatever is claimed is stopped, until this is cancelled");
            return;
        }
        engine_next(engine, run);
        return;
    }
    run->stage = 0;
    if (polling > 0)
        run_summarize(run,
                      "%" PRId64 " worker%s polled within the last 30 s, the window in which one "
                      "that ended still counts",
                      polling, polling == 1 ? "" : "s");
    else
        run_summarize(run, "%" PRId64 " job%s left", left, left == 1 ? "" : "s");
    if (has_passed(engine, run, EMPTY_WITHIN_MS + engine->options->window_ms))
        engine_end(engine, run, OP_STATE_failed,
                   polling > 0 ? "%" PRId64 " workers still poll long after the command"
                               : "%" PRId64 " jobs are still there",
                   polling > 0 ? polling : left);
}

static void
tick_empty(struct engine *engine, struct run *run)
{
    const struct pool *pool = pool_of(engine, run);
    size_t n;

    engine_hurry(engine, run, HURRY_MS);
    if (!pool) {
        engine_end(engine, run, OP_STATE_done, "the pool is no longer there");
        return;
    }
    if (!is_fresh(run, pool) || run->state == OP_STATE_stopping)
        return;
    n = newcomers(engine, run);
    if (n > 0 && run_chose(run, OP_CHOICE_keep))
        stop_newcomers(engine, run);
    else if (n > 0 && !is_controlled(run))
        ask_to_keep(engine, run, n);
    else if (n == 0 && run->offer == OP_OFFER_keep)
        engine_go_on(engine, run);
    else
        judge_empty(engine, run, pool);
}

const struct phase phase_empty = {
    .name = "empty",
    .doing = "waiting until nothing is left",
    .is_wanted = phase_is_not_rolling,
    .tick = tick_empty,
};

/* --- the restart command --- */

static void
enter_renew(struct engine *engine, struct run *run)
{
    const struct driver_use *use = use_of(engine, run);
    bool was_drained = run_chose(run, OP_CHOICE_command);
    bool has_start = driver_verbs(use) & 1u << DRIVER_start;

    engine_command(engine, run, use, was_drained && has_start ? DRIVER_start : DRIVER_restart,
                   NULL);
}

const struct phase phase_renew = {
    .name = "renew",
    .doing = "starting the workers",
    .is_wanted = phase_is_not_rolling,
    .enter = enter_renew,
    .ended = command_ended,
};

/* --- the expected workers are there --- */

static void
enter_up(struct engine *engine, struct run *run)
{
    const struct pool *pool = pool_of(engine, run);

    if (run->expected < 0 && pool && pool->expected_workers > 0)
        run->expected = pool->expected_workers; /* a resumed op has forgotten what it saw */
    if (run->expected < 1)
        run->expected = 1;
}

static void
tick_up(struct engine *engine, struct run *run)
{
    const struct pool *pool = pool_of(engine, run);
    int64_t there = pool ? object_workers(pool) : -1;

    engine_hurry(engine, run, HURRY_MS);
    if (!pool || !is_fresh(run, pool))
        return;
    run_summarize(run, "%" PRId64 " of %" PRId64 " workers poll or work", there, run->expected);
    if (there >= run->expected && has_passed(engine, run, engine->options->window_ms))
        engine_next(engine, run);
    else if (has_passed(engine, run, UP_WITHIN_MS + engine->options->window_ms))
        engine_end(engine, run, OP_STATE_failed,
                   "only %" PRId64 " of %" PRId64 " workers poll or work two minutes after the "
                   "command",
                   there, run->expected);
}

const struct phase phase_up = {
    .name = "up",
    .doing = "waiting for the workers",
    .is_wanted = phase_is_not_rolling,
    .enter = enter_up,
    .tick = tick_up,
};

/* --- worker by worker --- */

enum { ROLL_LISTING, ROLL_COMMAND, ROLL_WATCHING };

static bool
wants_roll(const struct run *run)
{
    return run_chose(run, OP_CHOICE_rolling);
}

static void
enter_roll(struct engine *engine, struct run *run)
{
    enter_up(engine, run);
    run->stage = ROLL_LISTING;
    if (run->is_resumed && run->n_items > 0) {
        run->stage = ROLL_WATCHING; /* the one that was being restarted may be up: look first */
        for (run->nth = 0; run->nth < run->n_items; run->nth++)
            if (run->items[run->nth].progress < OP_ITEM_done)
                break;
        if (run->nth < run->n_items && run->items[run->nth].progress != OP_ITEM_waiting)
            return;
        run->stage = ROLL_COMMAND;
        return;
    }
    engine_command(engine, run, use_of(engine, run), DRIVER_list, NULL);
}

static void
restart_one(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[run->nth];

    run->stage = ROLL_COMMAND;
    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    if (engine_item(engine, run, item))
        engine_command(engine, run, use_of(engine, run), DRIVER_restart, item->id);
}

/* The names that `list` printed are the items. */
static void
take_list(struct engine *engine, struct run *run)
{
    const struct driver_use *use = use_of(engine, run);
    struct arena *arena = arena_new();
    const char **words;
    size_t n = process_words(run->command, arena, &words);

    for (size_t i = 0; i < n; i++)
        if (driver_is_worker(use->driver, words[i]) && !run_item(run, words[i])) {
            struct run_item *item = run_add_item(run, words[i], words[i]);

            engine_item(engine, run, item);
        }
    arena_free(arena);
    run->nth = 0;
    if (run->n_items == 0)
        engine_end(engine, run, OP_STATE_failed, "the driver's list names no worker");
    else
        restart_one(engine, run);
}

static void
roll_ended(struct engine *engine, struct run *run, const struct err *err)
{
    struct run_item *item = run->nth < run->n_items ? &run->items[run->nth] : NULL;

    if (err) {
        if (item && run->stage != ROLL_LISTING) {
            item->progress = OP_ITEM_failed;
            item_note(item, "%s", err->message);
            engine_item(engine, run, item);
        }
        engine_end(engine, run, OP_STATE_failed, "%s; the workers after it were left alone",
                   err->message);
    } else if (run->stage == ROLL_LISTING) {
        take_list(engine, run);
    } else {
        run->stage = ROLL_WATCHING;
        item->progress = OP_ITEM_taken;
        item_note(item, "restarted; waiting until it polls or works");
        run->phase_since_ms = engine->now_ms;
        run->phase_wall_ms = engine->wall_ms;
        engine_item(engine, run, item);
    }
}

static void
roll_on(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[run->nth];

    item->progress = OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item_note(item, "restarted, and the pool has its workers");
    engine_item(engine, run, item);
    while (run->nth < run->n_items && run->items[run->nth].progress == OP_ITEM_done)
        run->nth++;
    if (run->nth < run->n_items)
        restart_one(engine, run);
    else
        engine_next(engine, run);
}

static void
tick_roll(struct engine *engine, struct run *run)
{
    const struct pool *pool = pool_of(engine, run);
    int64_t there = pool ? object_workers(pool) : -1;

    if (run->state == OP_STATE_stopping || run->command)
        return;
    if (run->stage == ROLL_COMMAND) { /* resumed before its command ran */
        if (run->nth < run->n_items)
            restart_one(engine, run);
        else
            engine_next(engine, run);
        return;
    }
    engine_hurry(engine, run, HURRY_MS);
    if (run->stage != ROLL_WATCHING || !pool || !is_fresh(run, pool))
        return;
    run_summarize(run, "worker %zu of %zu: %" PRId64 " of %" PRId64 " poll or work", run->nth + 1,
                  run->n_items, there, run->expected);
    if (there >= run->expected && has_passed(engine, run, engine->options->window_ms))
        roll_on(engine, run);
    else if (has_passed(engine, run, UP_WITHIN_MS + engine->options->window_ms))
        engine_end(engine, run, OP_STATE_failed,
                   "%s did not come back: %" PRId64 " of %" PRId64 " workers poll or work",
                   run->items[run->nth].name, there, run->expected);
}

const struct phase phase_roll = {
    .name = "roll",
    .doing = "restarting worker by worker",
    .is_wanted = wants_roll,
    .enter = enter_roll,
    .tick = tick_roll,
    .ended = roll_ended,
};
