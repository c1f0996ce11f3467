/* stop_watch.c — jobs that were asked to stop are looked at until they have: in the list of work
 * items, and one by one, ever more seldom. */
#include "ops/objects.h"
#include "ops/stop.h"

enum {
    LONGEST_LOOK_MS = 5000,
    LOOK_EACH_MS = 400, /* for each item that is watched, so that many do not eat the budget */
};

static int64_t
look_interval_ms(const struct run *run, const struct run_item *item)
{
    int64_t quick = STOP_FIRST_LOOK_MS << (item->looks < 4 ? item->looks : 4);
    int64_t fair = (int64_t)(run->n_items - run_count(run, OP_ITEM_done)) * LOOK_EACH_MS;

    quick = quick < LONGEST_LOOK_MS ? quick : LONGEST_LOOK_MS;
    return quick > fair ? quick : fair;
}

/* What the list of work items says; an item that is no longer listed is looked at alone, once. */
static void
learn(struct engine *engine, struct run *run, struct run_item *item)
{
    const struct job *job = engine_job(engine, item->id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);
    int64_t since_ms = item->asked_ms ? item->asked_ms : run->phase_wall_ms;

    if (job && job->seen_ms > since_ms && job->state_kind == JOB_STATE_stopped)
        stop_done(engine, run, item, item->is_foreign ? "somebody else stopped it" : "");
    else if (job && job->seen_ms > since_ms && *job->state && item->asked_ms && !item->is_unproven)
        stop_seen(engine, run, item, job->state);
    if (!job && pool && pool->work_access == WORK_LISTED && pool->work_at_ms > since_ms &&
        !item->is_missed) {
        item->is_missed = true;
        item->look_ms = 0;
    }
}

static bool
wants_look(const struct engine *engine, const struct run_item *item)
{
    bool is_watched = item->progress == OP_ITEM_taken || item->is_unproven;

    return is_watched && !item->tag && engine->now_ms >= item->look_ms &&
           item->progress != OP_ITEM_done;
}

void
stop_watch(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress >= OP_ITEM_done || item->tag)
            continue;
        learn(engine, run, item);
        if (!wants_look(engine, item))
            continue;
        item->look_ms = engine->now_ms + look_interval_ms(run, item);
        item->looks++;
        engine_call(engine, run, item, API_CALL_work, "");
    }
}
