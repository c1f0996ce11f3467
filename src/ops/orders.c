/* orders.c — what operators order: each kind of order is a function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/die.h"
#include "core/text.h"
#include "ops/phases.h"
#include "ops/plan.h"
#include "ops/record.h"

static struct run *
find(struct engine *engine, const char *id)
{
    for (struct run *run = engine->runs; run; run = run->next)
        if (strcmp(run->id, id) == 0)
            return run;
    return NULL;
}

static void
add(struct engine *engine, struct run *run)
{
    run->next = engine->runs;
    engine->runs = run;
    engine->ops_changed = true;
}

static bool
may(struct engine *engine, enum op_kind kind, bool is_headless, struct err *err)
{
    const struct ops_options *options = engine->options;
    const struct control control = {.arm = options->arm,
                                    .is_read_only = options->is_read_only,
                                    .is_production = options->is_production,
                                    .armed_until_ms = engine->armed_until_ms,
                                    .locked_why = engine->locked_why,
                                    .journal =
                                        engine->journal ? "" : engine->journal_error.message};

    return permit_check(&control, kind, is_headless, engine->wall_ms, err);
}

static void
refuse(struct engine *engine, struct run *run, const struct err *err)
{
    plan_refuse(engine, run, "%s", err->message);
    engine->ops_changed = true;
}

/* --- planning --- */

static void
keep_ids(struct run *run, const struct op_order *order)
{
    run->n_ids = order->n_ids;
    run->ids = calloc(order->n_ids ? order->n_ids : 1, sizeof(*run->ids));
    if (!run->ids)
        die("out of memory");
    if (order->n_ids)
        memcpy(run->ids, order->ids, order->n_ids * sizeof(*run->ids));
    snprintf(run->object_id, sizeof(run->object_id), "%s", run->ids[0]);
    snprintf(run->object_name, sizeof(run->object_name), "%s", run->ids[0]);
}

static void
order_plan(struct engine *engine, const struct op_order *order)
{
    struct run *run = run_new(order->op, engine->wall_ms);
    struct err err = {0};

    run->ticket = order->ticket;
    run->is_headless = order->is_headless;
    run->choices = order->has_choices ? order->choices : UINT32_MAX;
    run->grace_ms = !kinds[order->op].takes_grace ? 0
                    : order->grace_ms >= 0        ? order->grace_ms
                                                  : engine->options->grace_ms;
    keep_ids(run, order);
    add(engine, run);
    if (order->n_ids == 0)
        plan_refuse(engine, run, "nothing is named");
    else if (!op_is_look(run->kind) && !order->is_dry &&
             !may(engine, run->kind, run->is_headless, &err))
        refuse(engine, run, &err);
    else
        plan_make(engine, run);
}

static void
order_choose(struct engine *engine, const struct op_order *order)
{
    struct run *run = find(engine, order->op_id);

    if (!run || run->is_recorded ||
        (run->state != OP_STATE_planned && !(plan_is_refused(run) && run->choices_offered)))
        return; /* what was refused for its choices can be chosen otherwise */
    run->ended_ms = 0;
    run->choices = order->choices;
    if (order->grace_ms >= 0 && kinds[run->kind].takes_grace)
        run->grace_ms = order->grace_ms;
    run_clear_plan(run);
    plan_make(engine, run);
    engine->ops_changed = true;
}

/* --- confirming --- */

static bool
is_typed(struct run *run, const struct op_order *order)
{
    if (*run->must_type && strcmp(order->typed, run->must_type) != 0) {
        run_summarize(run, "not confirmed: the name to type is %s", run->must_type);
        return false;
    }
    if (*run->must_retype && strcmp(order->retyped, run->must_retype) != 0) {
        run_summarize(run, "not confirmed: %s; the name to type is %s", run->why_retype,
                      run->must_retype);
        return false;
    }
    return true;
}

/* Back to the plan: somebody began since it was made, and that takes a second word. */
static void
ask_again(struct engine *engine, struct run *run, const struct op_order *order,
          const struct journal_op *rival)
{
    run->state = OP_STATE_planned;
    run->confirmed_ms = run->undo_until_ms = 0;
    plan_guard_rival(run, rival);
    (void)is_typed(run, order);
    record_read_others(engine);
}

static void
begin(struct engine *engine, struct run *run, const struct op_order *order)
{
    struct arena *arena = arena_new();
    const struct journal_op *rival;
    struct err err = {0};

    run->confirmed_ms = engine->wall_ms;
    run->undo_until_ms = engine->now_ms + (run->is_headless ? 0 : engine->options->undo_ms);
    run->state = OP_STATE_undo;
    run_summarize(run, "nothing was sent yet");
    if (!record_begin(engine, run, arena, &rival, &err)) {
        if (rival)
            ask_again(engine, run, order, rival);
        else
            refuse(engine, run, &err);
    }
    arena_free(arena);
}

static void
order_confirm(struct engine *engine, const struct op_order *order)
{
    struct run *run = find(engine, order->op_id);
    struct err err = {0};

    if (!run || run->state != OP_STATE_planned)
        return;
    engine->ops_changed = true;
    if (!is_typed(run, order))
        return;
    if (!may(engine, run->kind, run->is_headless, &err)) {
        refuse(engine, run, &err);
        return;
    }
    text_clean(run->reason, sizeof(run->reason), order->reason, strlen(order->reason));
    if (*run->reason && strcmp(engine->reason, run->reason) != 0) {
        memcpy(engine->reason, run->reason, sizeof(engine->reason));
        engine->control_changed = true;
    }
    begin(engine, run, order);
}

/* --- afterwards --- */

static void
order_cancel(struct engine *engine, const struct op_order *order)
{
    struct run *run = find(engine, order->op_id);

    if (!run || op_state_is_over(run->state))
        return;
    if (run->state == OP_STATE_planned)
        engine_end(engine, run, OP_STATE_cancelled, "not confirmed: nothing was done");
    else if (run->state == OP_STATE_undo)
        engine_end(engine, run, OP_STATE_cancelled, "undone: nothing was sent");
    else {
        run->state = OP_STATE_stopping;
        run->offer = OP_OFFER_nothing;
        run_summarize(run, "cancelled: nothing more is sent; what is on its way is waited for");
        engine_changed(engine, run);
    }
}

/* The op that this order's offer is of; NULL when that is not offered, or may not be taken now. */
static struct run *
offered(struct engine *engine, const struct op_order *order, enum op_offer offer)
{
    struct run *run = find(engine, order->op_id);
    struct err err = {0};

    if (!run || run->state != OP_STATE_asking || run->offer != offer)
        return NULL;
    engine->ops_changed = true;
    if (may(engine, run->kind, run->is_headless || order->is_headless, &err))
        return run;
    run_summarize(run, "%s", err.message);
    return NULL;
}

static void
order_force(struct engine *engine, const struct op_order *order)
{
    struct run *run = offered(engine, order, OP_OFFER_force);

    if (!run)
        return;
    if (strcmp(order->typed, run->must_type) != 0) {
        run_summarize(run, "not forced: the name to type is %s", run->must_type);
        return;
    }
    engine_go_on(engine, run);
    stop_force(engine, run);
}

static void
order_message(struct engine *engine, const struct op_order *order)
{
    struct run *run = offered(engine, order, OP_OFFER_message);

    if (!run)
        return;
    if (!*order->typed) {
        run_summarize(run, "not sent: the message is empty");
        return;
    }
    engine_go_on(engine, run);
    requeue_message(engine, run, order->typed);
}

static void
order_keep(struct engine *engine, const struct op_order *order)
{
    struct run *run = offered(engine, order, OP_OFFER_keep);

    if (!run)
        return;
    run->choices |= 1u << OP_CHOICE_keep;
    engine_go_on(engine, run);
}

/* --- interrupted ones --- */

/* The service of another context would know nothing of its objects. */
static bool
is_of_this_context(const struct engine *engine, const struct journal_op *op,
                   const struct op_order *order, struct err *err)
{
    return order->kind == ORDER_dismiss || strcmp(op->context, engine->options->context) == 0 ||
           err_set(err, ERR_REFUSED, "it was begun in the context %.60s, and can be resumed there",
                   op->context);
}

/* To go on is to do what was typed for once; whoever goes on types it, too. */
static bool
is_typed_again(const struct journal_op *op, const struct op_order *order, struct err *err)
{
    return order->kind == ORDER_dismiss || strcmp(order->typed, op->must_type) == 0 ||
           err_set(err, ERR_REFUSED, "not resumed: the name to type is %.100s", op->must_type);
}

static struct run *
revive(struct engine *engine, const struct journal_op *op, const struct op_order *order)
{
    struct run *run = record_revive(engine, op);

    run->ticket = order->ticket;
    run->is_headless = order->is_headless;
    add(engine, run);
    return run;
}

/* Makes it ours, or says in its place why not. Another console may have gone on with it since it
 * was read: what counts is what is read when nobody else can. */
static struct run *
take_over(struct engine *engine, const struct journal_op *op, const struct op_order *order,
          struct arena *arena)
{
    const struct journal_op *ours = NULL;
    struct err err = {0};
    struct run *run;

    if (is_of_this_context(engine, op, order, &err) &&
        may(engine, op->kind, order->is_headless, &err) && is_typed_again(op, order, &err) &&
        record_claim(engine, op->id, &err))
        ours = record_find(engine, op->id, arena, &err);
    if (ours)
        return revive(engine, ours, order);
    run = revive(engine, op, order);
    run->is_recorded = false; /* it is not ours to write */
    refuse(engine, run, &err);
    return NULL;
}

static struct run *
adopt(struct engine *engine, const struct op_order *order)
{
    struct arena *arena = arena_new();
    const struct journal_op *op = record_find(engine, order->op_id, arena, NULL);
    struct run *run = NULL;

    if (op && !op_state_is_over(op->state) && !op->is_alive)
        run = take_over(engine, op, order, arena);
    arena_free(arena);
    return run;
}

static void
order_resume(struct engine *engine, const struct op_order *order)
{
    struct run *run = adopt(engine, order);

    if (!run)
        return;
    if (!run->started_ms)
        run->started_ms = engine->wall_ms;
    if (run->state == OP_STATE_stopping) {
        run_say(run, OP_LINE_step, engine->wall_ms, "it was cancelled: nothing more is done");
    } else {
        run->state = OP_STATE_running;
        run_say(run, OP_LINE_step, engine->wall_ms,
                "resumed; what was asked for is looked at first");
    }
    engine_changed(engine, run);
}

static void
order_dismiss(struct engine *engine, const struct op_order *order)
{
    struct run *run = find(engine, order->op_id);

    if (run && run->state == OP_STATE_planned) {
        order_cancel(engine, order);
        return;
    }
    run = adopt(engine, order);
    if (run)
        engine_end(engine, run, OP_STATE_dismissed, "interrupted, and set aside%s",
                   kinds[run->kind].doubt ? kinds[run->kind].doubt(engine, run) : "");
    record_read_others(engine);
}

/* --- arming --- */

static void
order_arm(struct engine *engine, const struct op_order *order)
{
    const struct ops_options *options = engine->options;

    engine->control_changed = true;
    if (options->arm == ARM_always)
        return;
    if (options->is_read_only || options->arm == ARM_never)
        snprintf(engine->locked_why, sizeof(engine->locked_why), "it cannot be armed here");
    else if (strcmp(order->typed, options->context) != 0)
        snprintf(engine->locked_why, sizeof(engine->locked_why),
                 "what was typed is not the context's name");
    else {
        engine->armed_until_ms = engine->wall_ms + options->arm_ms;
        engine->lock_ms = engine->now_ms + options->arm_ms;
        engine->locked_why[0] = '\0';
    }
}

static void
order_disarm(struct engine *engine, const struct op_order *order)
{
    engine->control_changed = true;
    if (engine->options->arm == ARM_always || !engine->armed_until_ms)
        return;
    engine->armed_until_ms = 0;
    text_clean(engine->locked_why, sizeof(engine->locked_why), order->typed, strlen(order->typed));
}

static void (*const acts[])(struct engine *engine, const struct op_order *order) = {
    [ORDER_plan] = order_plan,     [ORDER_choose] = order_choose, [ORDER_confirm] = order_confirm,
    [ORDER_cancel] = order_cancel, [ORDER_force] = order_force,   [ORDER_message] = order_message,
    [ORDER_keep] = order_keep,     [ORDER_resume] = order_resume, [ORDER_dismiss] = order_dismiss,
    [ORDER_arm] = order_arm,       [ORDER_disarm] = order_disarm,
};

void
orders_take(struct engine *engine, const struct op_order *order)
{
    acts[order->kind](engine, order);
}
