/* stop_force.c — jobs that did not stop within the grace time: force is offered, or used when that
 * was chosen, and given up when even that is not seen to work. */
#include "ops/phases.h"
#include "ops/stop.h"

enum { FORCE_WITHIN_MS = 45000 }; /* one heartbeat and the answer to it */

#define FORCE_SAYS                                                                                 \
    "force ends the work item at once; the worker's process learns of it at its next heartbeat, "  \
    "so what runs on the host may go on for up to 30 s"

static size_t
overdue(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += run->items[i].progress == OP_ITEM_taken && !run->items[i].is_forced;
    return n;
}

/* The operator took what was offered, or had chosen it. */
void
stop_force(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_taken || item->is_forced || item->tag)
            continue;
        item->progress = OP_ITEM_waiting;
        item->is_forced = item->is_unwritten = true;
        item->is_unproven = false;
        item->tries = 0;
        item->not_before_ms = 0;
    }
    engine_items(engine, run);
}

/* When even force was not seen to work. */
void
stop_give_up(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress == OP_ITEM_taken && item->is_forced && !item->tag &&
            engine->now_ms - item->forced_ms > FORCE_WITHIN_MS)
            stop_failed(engine, run, item, "forced, and still not stopped");
    }
}

void
stop_judge_grace(struct engine *engine, struct run *run)
{
    size_t n = overdue(run);

    if (n == 0) {
        if (run->offer == OP_OFFER_force)
            engine_go_on(engine, run);
        return;
    }
    if (!run->grace_until_ms || engine->now_ms < run->grace_until_ms)
        return;
    if (run_chose(run, OP_CHOICE_force))
        stop_force(engine, run);
    else if (run->offer == OP_OFFER_nothing)
        engine_ask(engine, run, OP_OFFER_force,
                   "%zu of %zu did not stop within the grace time; " FORCE_SAYS, n, run->n_items);
}
