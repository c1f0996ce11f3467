/* stop_force.c — jobs that did not stop within the grace time: force is offered, or used when that
 * was chosen, and given up when even that is not seen to work. */
#include "core/clock.h"
#include "ops/phases.h"
#include "ops/stop.h"

enum { FORCE_WITHIN_MS = 45000 }; /* one heartbeat and the answer to it */

#define FORCE_SAYS                                                                                 \
    "force ends the work item at once; the worker's process learns of it at its next heartbeat, "  \
    "so what runs on the host may go on for up to 30 s"

/* What was asked for before the op was resumed is looked at first, within a grace time of its own.
 */
static int64_t
grace_end_ms(const struct run *run, const struct run_item *item)
{
    return (item->is_unproven ? run->phase_since_ms : item->grace_from_ms) + run->grace_ms;
}

static bool
is_overdue(const struct engine *engine, const struct run *run, const struct run_item *item)
{
    return item->progress == OP_ITEM_taken && !item->is_forced &&
           engine->now_ms >= grace_end_ms(run, item);
}

static size_t
overdue(const struct engine *engine, const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += is_overdue(engine, run, &run->items[i]);
    return n;
}

/* When the grace time of the first of those that are waited for ends. */
static int64_t
grace_until_ms(const struct run *run)
{
    int64_t until_ms = INT64_MAX;

    for (size_t i = 0; i < run->n_items; i++) {
        const struct run_item *item = &run->items[i];
        bool is_asked = item->progress == OP_ITEM_sent || item->progress == OP_ITEM_taken;

        if (is_asked && !item->is_forced)
            until_ms = earliest(until_ms, grace_end_ms(run, item));
    }
    return until_ms == INT64_MAX ? 0 : until_ms;
}

/* The operator took what was offered, or had chosen it. */
void
stop_force(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (!is_overdue(engine, run, item) || item->tag)
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
    size_t n = overdue(engine, run);
    bool is_offered = run->offer == OP_OFFER_force;

    run->grace_until_ms = grace_until_ms(run);
    if (n == 0) {
        if (is_offered)
            engine_go_on(engine, run);
        return;
    }
    if (run_chose(run, OP_CHOICE_force)) {
        stop_force(engine, run);
    } else if (run->offer == OP_OFFER_nothing || (is_offered && n > run->n_offered)) {
        run->n_offered = n;
        engine_ask(engine, run, OP_OFFER_force,
                   "%zu of %zu did not stop within the grace time; " FORCE_SAYS, n, run->n_items);
    }
}
