#include "ops/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/secret.h"
#include "core/text.h"
#include "ops/mailbox.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"

enum { FORGET_PLANS_MS = 120000 };

/* --- answers --- */

static struct run *
run_of_tag(struct engine *engine, uint64_t tag, struct run_item **item)
{
    for (struct run *run = engine->runs; run; run = run->next)
        if ((*item = run_item_of_tag(run, tag)))
            return run;
    return NULL;
}

static void
record_answer(struct engine *engine, struct run *run, struct run_item *item,
              const struct api_answer *answer)
{
    TEXT(result, RUN_NOTE_BYTES);

    if (!item->step)
        return;
    if (answer->status)
        text_addf(&result, "%ld", answer->status);
    else
        text_addf(&result, "%s", api_outcome_name(answer->outcome));
    if (answer->err.code)
        text_addf(&result, " %s", answer->err.message);
    if (*answer->request_id)
        text_addf(&result, " (%s)", answer->request_id);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s: %s", item->name, result.bytes);
    engine_result(engine, run, item->step, result.bytes);
    item->step = 0;
}

/* The op's own from now on, also when it was cancelled meanwhile: the old one opens nothing. */
static void
take_token(struct run *run, const struct api_answer *answer)
{
    if (!answer->token)
        return;
    secret_free(run->token);
    run->token = answer->token;
}

static void
take_answers(struct engine *engine)
{
    struct api_answer answer;
    struct run_item *item;
    uint64_t tag;

    while (mailbox_take(engine->mailbox, &tag, &answer)) {
        struct run *run = run_of_tag(engine, tag, &item);

        if (run) {
            item->tag = 0;
            take_token(run, &answer);
            record_answer(engine, run, item, &answer);
            if ((run_is_active(run) || answer.token) && phase_of(run) && phase_of(run)->answered)
                phase_of(run)->answered(engine, run, item, &answer);
            engine->ops_changed = true;
        } else
            secret_free(answer.token);
    }
}

/* --- commands --- */

struct listener {
    struct engine *engine;
    struct run *run;
};

static void
say_output(void *context, const char *line)
{
    struct listener *listener = context;

    run_say(listener->run, OP_LINE_output, listener->engine->wall_ms, "%s", line);
    listener->engine->ops_changed = true;
}

static void
take_output(struct engine *engine, struct run *run)
{
    struct listener listener = {engine, run};
    struct process *command = run->command;
    struct err err = {0};
    TEXT(result, 80);
    bool ok;

    if (!command || !process_step(command, say_output, &listener))
        return;
    ok = process_succeeded(command, &err);
    process_add_result(command, &result);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", result.bytes);
    engine_result(engine, run, run->command_step, result.bytes);
    if (run_is_active(run) && phase_of(run))
        phase_of(run)->ended(engine, run, ok ? NULL : &err);
    if (run->command == command) /* the phase may have started the next one */
        run->command = NULL;
    process_free(command);
    engine->ops_changed = true;
}

/* --- moving on --- */

static void
start(struct engine *engine, struct run *run)
{
    run->state = OP_STATE_running;
    run->started_ms = engine->wall_ms;
    run->undo_until_ms = 0;
    run->summary[0] = '\0';
    engine_changed(engine, run);
}

/* Into the phase it is at, or the next one that is wanted. */
static void
enter(struct engine *engine, struct run *run)
{
    while (run->state == OP_STATE_running && !run->has_entered) {
        const struct phase *phase = phase_of(run);

        if (phase->is_wanted && !phase->is_wanted(run)) {
            engine_next(engine, run);
            continue;
        }
        run->has_entered = true;
        run->phase_since_ms = engine->now_ms;
        run->phase_wall_ms = engine->wall_ms;
        run->summary[0] = '\0';
        if (engine_changed(engine, run) && phase->enter)
            phase->enter(engine, run);
    }
}

/* Cancelled: what is on its way is waited for. */
static void
finish_cancelled(struct engine *engine, struct run *run)
{
    size_t n_done = run_count(run, OP_ITEM_done);

    if (run_effects_in_flight(run) > 0 || run->command)
        return;
    if (run_chose(run, OP_CHOICE_keep) && n_done == run->n_items)
        engine_end(engine, run, OP_STATE_done, "it was kept empty until you ended it");
    else
        engine_end(engine, run, OP_STATE_cancelled,
                   "cancelled: %zu of %zu done; what is done stays done", n_done, run->n_items);
}

/* Where it stands may be said anew without anything else having changed. */
static void
look(struct engine *engine, struct run *run)
{
    const struct phase *phase = phase_of(run);
    char before[sizeof(run->summary)];

    if (!phase || !phase->tick || !run->has_entered)
        return;
    memcpy(before, run->summary, sizeof(before));
    phase->tick(engine, run);
    if (strcmp(before, run->summary) != 0)
        engine->ops_changed = true;
}

static void
move(struct engine *engine, struct run *run)
{
    if (run->state == OP_STATE_undo && engine->now_ms >= run->undo_until_ms)
        start(engine, run);
    if (run->state == OP_STATE_stopping) {
        finish_cancelled(engine, run);
        return;
    }
    enter(engine, run);
    if (!run_is_active(run))
        return;
    look(engine, run);
    enter(engine, run);
}

/* Plans that nobody confirmed, and what was never begun. */
static void
forget_plans(struct engine *engine)
{
    for (struct run **at = &engine->runs; *at;) {
        struct run *run = *at;
        bool is_old = engine->wall_ms - run->planned_ms > FORGET_PLANS_MS;

        if (!run->is_recorded && is_old && run_in_flight(run) == 0 &&
            (op_state_is_over(run->state) || run->state == OP_STATE_planned)) {
            *at = run->next;
            run_free(run);
            engine->ops_changed = true;
            continue;
        }
        at = &run->next;
    }
}

/* The journal keeps them; a console that runs for weeks need not. */
static void
forget_past(struct engine *engine)
{
    size_t n = 0;

    for (struct run **at = &engine->runs; *at;) {
        struct run *run = *at;

        if (!op_state_is_over(run->state) || !run->is_recorded || ++n <= ENGINE_MOST_PAST ||
            run_in_flight(run) > 0 || run->command) {
            at = &run->next;
            continue;
        }
        *at = run->next;
        run_free(run);
        engine->others_are_old = engine->ops_changed = true;
    }
}

void
turn_lock(struct engine *engine)
{
    if (engine->armed_until_ms == 0 || engine->armed_until_ms == INT64_MAX ||
        (engine->wall_ms < engine->armed_until_ms && engine->now_ms < engine->lock_ms))
        return;
    engine->armed_until_ms = 0;
    snprintf(engine->locked_why, sizeof(engine->locked_why), "the time was over");
    engine->control_changed = true;
}

static void
cap(int64_t *wall_ms, int64_t most_ms)
{
    *wall_ms = *wall_ms < most_ms ? *wall_ms : most_ms;
}

void
turn_set_back(struct engine *engine)
{
    for (struct run *run = engine->runs; run; run = run->next) {
        if (!run_is_active(run))
            continue;
        cap(&run->phase_wall_ms, engine->wall_ms);
        for (size_t i = 0; i < run->n_items; i++)
            if (run->items[i].progress < OP_ITEM_done)
                cap(&run->items[i].asked_ms, engine->wall_ms);
    }
}

void
turn_take(struct engine *engine)
{
    take_answers(engine);
    for (struct run *run = engine->runs; run; run = run->next) {
        take_output(engine, run);
        move(engine, run);
    }
    forget_plans(engine);
    forget_past(engine);
}

/* --- leaving --- */

static bool
holds_token(const struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].tag && run->items[i].call == API_CALL_rotate)
            return true;
    return run->token && run->command;
}

bool
turn_holds_token(const struct engine *engine)
{
    for (const struct run *run = engine->runs; run; run = run->next)
        if (holds_token(run))
            return true;
    return false;
}

void
turn_take_last(struct engine *engine)
{
    take_answers(engine);
    for (struct run *run = engine->runs; run; run = run->next)
        if (holds_token(run))
            take_output(engine, run);
}

/* --- when the next one is due --- */

int64_t
turn_due_ms(const struct engine *engine)
{
    int64_t tick_ms = engine->options->tick_ms > 0 ? engine->options->tick_ms : ENGINE_TICK_MS;
    int64_t due_ms = INT64_MAX;

    for (const struct run *run = engine->runs; run; run = run->next) {
        if (run_is_active(run))
            due_ms = earliest(due_ms, engine->now_ms + tick_ms);
        if (run->state == OP_STATE_undo)
            due_ms = earliest(due_ms, run->undo_until_ms);
        if (run->state == OP_STATE_planned)
            due_ms = earliest(due_ms, engine->now_ms + FORGET_PLANS_MS);
    }
    if (engine->armed_until_ms && engine->armed_until_ms != INT64_MAX) {
        due_ms = earliest(due_ms, engine->now_ms + engine->armed_until_ms - engine->wall_ms + 1);
        due_ms = earliest(due_ms, engine->lock_ms);
    }
    due_ms = earliest(due_ms, others_due_ms(engine));
    return engine->ops_changed ? earliest(due_ms, engine->publish_ms) : due_ms;
}
