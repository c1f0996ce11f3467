/* roll.c — a pool's workers are restarted one by one, each seen to be there again before the next.
 */
#include "core/arena.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/workers.h"

enum { ROLL_LISTING, ROLL_COMMAND, ROLL_WATCHING };

static bool
wants_roll(const struct run *run)
{
    return run_chose(run, OP_CHOICE_rolling);
}

static void
find_next(struct run *run)
{
    while (run->nth < run->n_items && run->items[run->nth].progress >= OP_ITEM_done)
        run->nth++;
}

/* The one that was being restarted is watched when its command was begun, else restarted now. */
static void
resume_roll(struct engine *engine, struct run *run)
{
    struct run_item *item;
    enum known known;

    find_next(run);
    run->stage = ROLL_COMMAND;
    if (run->nth == run->n_items)
        return;
    item = &run->items[run->nth];
    known = engine_known(engine, run, DRIVER_restart, item);
    item->is_unproven = known == KNOWN_perhaps;
    if (known == KNOWN_perhaps || known == KNOWN_succeeded)
        run->stage = ROLL_WATCHING;
}

static void
enter_roll(struct engine *engine, struct run *run)
{
    workers_expect(engine, run);
    if (run->is_resumed && run->n_items > 0) {
        resume_roll(engine, run);
        return;
    }
    run->stage = ROLL_LISTING;
    engine_command(engine, run, workers_control(engine, run), DRIVER_list, NULL, NULL);
}

static void
restart_one(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[run->nth];

    run->stage = ROLL_COMMAND;
    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    engine_command(engine, run, workers_control(engine, run), DRIVER_restart, item->id, item);
}

/* The names that `list` printed are the items. */
static void
take_list(struct engine *engine, struct run *run)
{
    const struct driver_use *use = workers_control(engine, run);
    struct arena *arena = arena_new();
    struct driver_workers workers = process_workers(run->command, use->driver, arena);

    for (size_t i = 0; i < workers.n; i++)
        run_add_item(run, workers.names[i], workers.names[i])->is_unwritten = true;
    if (workers.n_refused > 0)
        run_say(run, OP_LINE_warning, engine->wall_ms,
                "%zu lines of the list name no worker that a command could be about",
                workers.n_refused);
    if (run->n_items == 0)
        engine_end(engine, run, OP_STATE_failed, "the driver's list names no worker");
    else if (engine_items(engine, run) && run->state != OP_STATE_stopping)
        restart_one(engine, run);
    arena_free(arena);
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
end_roll(struct engine *engine, struct run *run)
{
    if (run_count(run, OP_ITEM_failed) > 0)
        engine_end(engine, run, OP_STATE_failed,
                   "the pool has its workers; whether all were restarted is not known");
    else
        engine_next(engine, run);
}

static void
roll_on(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[run->nth];

    item->progress = item->is_unproven ? OP_ITEM_failed : OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item_note(item, item->is_unproven
                        ? "the pool has its workers; whether this one was restarted is not known"
                        : "restarted, and the pool has its workers");
    engine_item(engine, run, item);
    find_next(run);
    if (run->nth < run->n_items)
        restart_one(engine, run);
    else
        end_roll(engine, run);
}

static void
watch_one(struct engine *engine, struct run *run)
{
    const struct pool *pool = workers_see(engine, run, WORKERS_UP_WITHIN_MS);
    int64_t there = pool ? object_workers(pool) : -1;

    if (!pool)
        return;
    run_summarize(run, "worker %zu of %zu: %" PRId64 " of %" PRId64 " poll or work", run->nth + 1,
                  run->n_items, there, run->expected);
    if (workers_are_back(engine, run, pool))
        roll_on(engine, run);
    else
        workers_fail(engine, run, pool, run->items[run->nth].name);
}

static void
tick_roll(struct engine *engine, struct run *run)
{
    if (run->command)
        return;
    if (run->stage == ROLL_WATCHING)
        watch_one(engine, run);
    else if (run->nth < run->n_items) /* resumed before its command ran */
        restart_one(engine, run);
    else
        end_roll(engine, run);
}

const struct phase phase_roll = {
    .name = "roll",
    .doing = "restarting worker by worker",
    .is_wanted = wants_roll,
    .enter = enter_roll,
    .tick = tick_roll,
    .ended = roll_ended,
};
