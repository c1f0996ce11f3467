/* stop.c — the phase that stops jobs: which ones, asked a few at a time, and how it ends. */
#include "ops/stop.h"
#include "core/map.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

enum { LIST_WITHIN_MS = 20000 }; /* after a command: how long a fresh list is waited for */

/* --- asking --- */

static bool
send_stop(struct engine *engine, struct run *run, struct run_item *item)
{
    bool is_forced = item->is_forced;

    item->progress = OP_ITEM_sent;
    item->forced_ms = is_forced ? engine->now_ms : 0;
    item->grace_from_ms = engine->now_ms;
    item->asked_ms = item->asked_ms ? item->asked_ms : engine->wall_ms;
    return engine_call(engine, run, item, API_CALL_stop, is_forced ? "{\"force\":true}" : "{}");
}

/* After a command workers may have ended their jobs themselves: a list that is newer than that says
 * which are still there. */
static bool
list_is_fresh(const struct engine *engine, const struct run *run)
{
    const struct pool *pool = object_pool(&engine->snapshot, run->pool_id);

    return !*run->pool_id || !pool || pool->work_access != WORK_LISTED ||
           pool->work_at_ms > run->phase_wall_ms ||
           engine->now_ms - run->phase_since_ms > LIST_WITHIN_MS;
}

static bool
needs_no_stop(struct engine *engine, struct run *run, struct run_item *item)
{
    const struct job *job = engine_job(engine, item->id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);

    if (job || item->looks > 0 || !pool || pool->work_access != WORK_LISTED ||
        pool->work_at_ms <= run->phase_wall_ms)
        return false;
    item->is_unproven = true; /* it is gone from the list: look before anything is sent */
    return true;
}

/* While the service gives no usable answers, whatever is sent to it is lost or doubtful, and could
 * not be sent again: those that are watched show when it answers. */
static bool
is_held(const struct run *run)
{
    return run->held_tag > 0 && run_count(run, OP_ITEM_taken) > 0;
}

static bool
ask(struct engine *engine, struct run *run)
{
    if (is_held(run))
        return true;
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_waiting || item->is_unproven || item->tag ||
            item->not_before_ms > engine->now_ms)
            continue;
        if (!engine_may_act(engine))
            return true;
        if (run->is_resumed || !needs_no_stop(engine, run, item))
            if (!send_stop(engine, run, item))
                return false;
    }
    return true;
}

/* --- the phase --- */

/* A drain means the pool: what came since the plan belongs to it. */
static void
add_newcomers(struct engine *engine, struct run *run)
{
    struct map *items = run_map_items(run);
    const struct job *job;
    size_t i = 0;

    while ((job = object_next_job(&engine->snapshot, run->pool_id, &i))) {
        bool is_wanted = job->state_kind == JOB_STATE_queued
                             ? run_chose(run, OP_CHOICE_stop_queued)
                             : run_chose(run, OP_CHOICE_stop_running);
        struct run_item *item;

        if (!object_job_may_stop(job) || !is_wanted || map_get(items, job->id))
            continue;
        item = plan_add_job(engine, run, job);
        item->is_unwritten = true;
        item_note(item, "came after the plan");
    }
    map_free(items);
    engine_items(engine, run);
}

/* What somebody else asked to stop has its grace time from here on. */
static void
begin_grace(const struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (!run->items[i].grace_from_ms)
            run->items[i].grace_from_ms = engine->now_ms;
}

static void
enter(struct engine *engine, struct run *run)
{
    bool is_pool = run->kind == OP_drain_pool || run->kind == OP_restart_pool;

    if (is_pool && !run->is_resumed)
        add_newcomers(engine, run);
    begin_grace(engine, run);
    engine_hurry(engine, run, HURRY_MS);
}

static void
conclude(struct engine *engine, struct run *run)
{
    size_t n_failed = run_count(run, OP_ITEM_failed), n_done = run_count(run, OP_ITEM_done);
    const char *why = "";

    for (size_t i = 0; i < run->n_items && !*why; i++)
        if (run->items[i].progress == OP_ITEM_failed)
            why = run->items[i].note;
    if (n_failed > 0)
        engine_end(engine, run, OP_STATE_failed, "%zu of %zu stopped, %zu not: %s", n_done,
                   run->n_items, n_failed, why);
    else
        engine_next(engine, run);
}

static void
tick(struct engine *engine, struct run *run)
{
    engine_hurry(engine, run, HURRY_MS);
    if (!list_is_fresh(engine, run) || !ask(engine, run))
        return;
    stop_judge_grace(engine, run);
    stop_give_up(engine, run);
    stop_watch(engine, run);
    if (run_items_are_settled(run))
        conclude(engine, run);
}

const struct phase phase_stop = {
    .name = "stop",
    .doing = "stopping jobs",
    .is_wanted = phase_is_not_rolling,
    .enter = enter,
    .tick = tick,
    .answered = stop_answered,
};
