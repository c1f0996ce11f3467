/* interrupt.c — sessions are asked about, and their turns interrupted (facts/management-api.md 9).
 */
#include <string.h>

#include "ops/phases.h"

#define INTERRUPT "{\"events\":[{\"type\":\"user.interrupt\"}]}"

/* --- is there a session to restart? --- */

static void
tick_check(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->looks > 0 || item->tag || item->not_before_ms > engine->now_ms)
            continue;
        item->looks++;
        engine_call(engine, run, item, API_CALL_session, "");
    }
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].tag || run->items[i].looks == 0)
            return;
    for (size_t i = 0; i < run->n_items; i++)
        run->items[i].looks = run->items[i].tries = 0; /* at the job itself */
    engine_next(engine, run);
}

/* Nothing was sent yet, so it can still be refused as a whole. */
static void
checked(struct engine *engine, struct run *run, struct run_item *item,
        const struct api_answer *answer)
{
    bool is_answer = answer->outcome == API_OUTCOME_ok || answer->outcome == API_OUTCOME_gone ||
                     answer->outcome == API_OUTCOME_refused;

    if (!is_answer && engine_may_try_again(engine, item, answer)) {
        item->looks = 0;
    } else if (answer->outcome == API_OUTCOME_gone) {
        engine_end(engine, run, OP_STATE_refused, "the session of %s is no longer there",
                   item->name);
    } else if (answer->outcome != API_OUTCOME_ok) {
        engine_end(engine, run, OP_STATE_refused, "the session of %s cannot be asked about: %s",
                   item->name, answer->err.message);
    } else if (answer->is_archived || strcmp(answer->state, "terminated") == 0) {
        engine_end(engine, run, OP_STATE_refused,
                   "the session of %s is %s: no worker runs anything for it any more; a new "
                   "session takes its place",
                   item->name, answer->is_archived ? "archived" : "terminated");
    }
}

const struct phase phase_check = {
    .name = "check",
    .doing = "asking about the session",
    .tick = tick_check,
    .answered = checked,
};

/* --- interrupt --- */

static bool
wants_interrupt(const struct run *run)
{
    return run->kind == OP_restart_job || run_chose(run, OP_CHOICE_interrupt);
}

/* Was its interrupt sent, perhaps, before the op was resumed? What a restart brings here is
 * stopped, and so done; what a drain brings waits. */
static bool
is_asked(const struct run *run, const struct run_item *item)
{
    return item->asked_ms && (run->kind != OP_restart_job || item->progress != OP_ITEM_done);
}

/* Never twice. */
static void
keep_interrupted(const struct run *run, struct run_item *item)
{
    if (item->progress != OP_ITEM_sent)
        return;
    item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_failed;
    item->is_unproven = true;
    item_note(item, "whether the interrupt was sent is not known");
}

static void
enter_interrupt(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (run->is_resumed && is_asked(run, item)) {
            keep_interrupted(run, item);
        } else if (*item->session_id && item->progress != OP_ITEM_left) {
            item->progress = OP_ITEM_waiting;
            item->asked_ms = item->done_ms = 0;
            item->tries = 0;
        }
        item->is_unwritten = true;
    }
    engine_items(engine, run);
}

static void
send_interrupts(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items && engine_may_act(engine); i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_waiting || item->tag || !*item->session_id ||
            item->not_before_ms > engine->now_ms)
            continue;
        item->progress = OP_ITEM_sent;
        item->asked_ms = engine->wall_ms;
        if (!engine_call(engine, run, item, API_CALL_events, INTERRUPT))
            return;
    }
}

static void
tick_interrupt(struct engine *engine, struct run *run)
{
    bool is_all = true;

    send_interrupts(engine, run);
    for (size_t i = 0; i < run->n_items; i++)
        is_all = is_all && !run->items[i].tag && run->items[i].progress >= OP_ITEM_taken;
    if (!is_all)
        return;
    if (run->kind == OP_restart_job && run_count(run, OP_ITEM_failed) == run->n_items)
        engine_end(engine, run, OP_STATE_failed, "%s", run->items[0].note);
    else
        engine_next(engine, run);
}

static void
interrupted(struct engine *engine, struct run *run, struct run_item *item,
            const struct api_answer *answer)
{
    bool is_certain = answer->outcome == API_OUTCOME_later || answer->outcome == API_OUTCOME_unsent;

    if (is_certain && engine_may_try_again(engine, item, answer)) {
        item->progress = OP_ITEM_waiting;
        item_note(item, "asked again soon: %s", answer->err.message);
    } else if (answer->outcome == API_OUTCOME_ok) {
        item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_done;
        item->looks = 0;
        item->is_unproven = false;
        item_note(item, "interrupted");
    } else if (answer->outcome == API_OUTCOME_unsure) {
        item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_failed;
        item->looks = 0;
        item->is_unproven = true;
        item_note(item, "whether the interrupt was taken is not known (%s)", answer->err.message);
    } else {
        item->progress = OP_ITEM_failed;
        item_note(item, "%s", answer->err.message);
    }
    if (item->progress >= OP_ITEM_done)
        item->done_ms = engine->wall_ms;
    engine_item(engine, run, item);
}

const struct phase phase_interrupt = {
    .name = "interrupt",
    .doing = "interrupting",
    .is_wanted = wants_interrupt,
    .enter = enter_interrupt,
    .tick = tick_interrupt,
    .answered = interrupted,
};
