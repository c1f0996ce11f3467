/* publish.c — ops as rows for everybody: ours, those of other consoles, and what is past. */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "ops/phases.h"

static const char *
copy(struct arena *arena, const char *s)
{
    return text_clean_dup(arena, s, 4 * RUN_NOTE_BYTES);
}

/* --- ours --- */

static const struct op_item *
item_rows(struct arena *arena, const struct run *run)
{
    struct op_item *rows = arena_array(arena, run->n_items, sizeof(*rows));

    for (size_t i = 0; i < run->n_items; i++) {
        const struct run_item *item = &run->items[i];

        rows[i] = (struct op_item){.id = copy(arena, item->id),
                                   .name = copy(arena, item->name),
                                   .what = copy(arena, item->what),
                                   .loses = copy(arena, item->loses),
                                   .note = copy(arena, item->note),
                                   .progress = item->progress,
                                   .asked_ms = item->asked_ms,
                                   .done_ms = item->done_ms};
    }
    return rows;
}

static const struct op_line *
line_rows(struct arena *arena, const struct run *run)
{
    struct op_line *rows = arena_array(arena, run->n_lines, sizeof(*rows));

    for (size_t i = 0; i < run->n_lines; i++)
        rows[i] = (struct op_line){.kind = run->lines[i].kind,
                                   .at_ms = run->lines[i].at_ms,
                                   .text = copy(arena, run->lines[i].text)};
    return rows;
}

/* From what stops took here: nine of ten are over by then. */
static int64_t
remaining_ms(const struct engine *engine, const struct run *run)
{
    int64_t left_ms;

    if (run->p90_ms < 0 || !run->started_ms || run_items_are_settled(run))
        return -1;
    left_ms = run->p90_ms - (engine->wall_ms - run->started_ms);
    return left_ms > 0 ? left_ms : 0;
}

/* A moment of the monotonic clock by the wall's. */
static int64_t
wall(const struct engine *engine, int64_t mono_ms)
{
    return mono_ms ? engine->wall_ms + mono_ms - engine->now_ms : 0;
}

static void
fill_ours(const struct engine *engine, struct arena *arena, const struct run *run, struct op *row)
{
    const struct ops_who *who = &engine->options->who;
    const struct phase *phase = run_is_active(run) ? phase_of(run) : NULL;

    *row = (struct op){
        .id = copy(arena, run->id),
        .ticket = run->ticket,
        .kind = run->kind,
        .state = run->state,
        .object_id = copy(arena, run->object_id),
        .object_name = copy(arena, run->object_name),
        .pool_id = copy(arena, run->pool_id),
        .summary = copy(arena, run->summary),
        .phase = phase ? phase->doing : "",
        .user = copy(arena, who->user),
        .host = copy(arena, who->host),
        .ssh_client = copy(arena, who->ssh_client),
        .reason = copy(arena, run->reason),
        .is_ours = true,
        .is_headless = run->is_headless,
        .choices = run->choices,
        .choices_offered = run->choices_offered,
        .grace_ms = run->grace_ms,
        .must_type = copy(arena, run->must_type),
        .must_retype = copy(arena, run->must_retype),
        .why_retype = copy(arena, run->why_retype),
        .items = item_rows(arena, run),
        .n_items = run->n_items,
        .lines = line_rows(arena, run),
        .n_lines = run->n_lines,
        .planned_ms = run->planned_ms,
        .confirmed_ms = run->confirmed_ms,
        .undo_until_ms = wall(engine, run->undo_until_ms),
        .started_ms = run->started_ms,
        .grace_until_ms = wall(engine, run->grace_until_ms),
        .ended_ms = run->ended_ms,
        .remaining_ms = remaining_ms(engine, run),
        .n_done = run_count(run, OP_ITEM_done),
        .offer = run->offer,
        .offer_text = copy(arena, run->offer_text),
    };
    for (size_t i = 0; i < run->n_items; i++)
        row->n_left += run->items[i].progress < OP_ITEM_done;
}

/* --- others and the past --- */

static const struct op_item *
past_items(struct arena *arena, const struct journal_op *op)
{
    struct op_item *rows = arena_array(arena, op->n_items, sizeof(*rows));

    for (size_t i = 0; i < op->n_items; i++)
        rows[i] = (struct op_item){.id = copy(arena, op->items[i].id),
                                   .name = copy(arena, op->items[i].name),
                                   .what = "",
                                   .loses = "",
                                   .note = copy(arena, op->items[i].note),
                                   .progress = op->items[i].progress,
                                   .asked_ms = op->items[i].asked_ms,
                                   .done_ms = op->items[i].done_ms};
    return rows;
}

static const struct op_line *
past_lines(const struct engine *engine, struct arena *arena, const struct journal_op *op, size_t *n)
{
    const struct journal_step *steps = NULL;
    struct op_line *rows;

    *n = 0;
    if (op_state_is_over(op->state) ||
        !journal_read_steps(engine->journal, op->id, arena, &steps, n, NULL)) {
        *n = 0;
        return NULL;
    }
    rows = arena_array(arena, *n, sizeof(*rows));
    for (size_t i = 0; i < *n; i++)
        rows[i] = (struct op_line){
            .kind = OP_LINE_step,
            .at_ms = steps[i].at_ms,
            .text = text_clean_dup(
                arena,
                arena_printf(arena, "%s: %s", steps[i].detail,
                             *steps[i].result ? steps[i].result : "no result was recorded"),
                4 * RUN_NOTE_BYTES)};
    return rows;
}

static void
fill_past(const struct engine *engine, struct arena *arena, const struct journal_op *op,
          struct op *row)
{
    bool is_interrupted = !op_state_is_over(op->state) && !op->is_alive;

    *row = (struct op){
        .id = copy(arena, op->id),
        .kind = op->kind,
        .state = is_interrupted ? OP_STATE_interrupted : op->state,
        .object_id = copy(arena, op->object_id),
        .object_name = copy(arena, op->object_name),
        .pool_id = copy(arena, op->pool_id),
        .summary = copy(arena, op->summary),
        .phase = op->started_ms > 0 ? phase_doing(op->kind, op->phase) : "",
        .user = copy(arena, op->user),
        .host = copy(arena, op->host),
        .ssh_client = copy(arena, op->ssh_client),
        .reason = copy(arena, op->reason),
        .is_headless = op->is_headless,
        .choices = op->choices,
        .grace_ms = op->grace_ms,
        .must_type = is_interrupted ? copy(arena, op->must_type) : "",
        .must_retype = "",
        .why_retype = "",
        .items = past_items(arena, op),
        .n_items = op->n_items,
        .planned_ms = op->planned_ms,
        .confirmed_ms = op->confirmed_ms,
        .started_ms = op->started_ms,
        .ended_ms = op->ended_ms,
        .remaining_ms = -1,
        .offer = is_interrupted ? OP_OFFER_resume : OP_OFFER_nothing,
        .offer_text = is_interrupted
                          ? "its console ended in the middle: resume it (what was asked for is "
                            "looked at before anything is sent), or dismiss it"
                          : "",
    };
    row->lines = past_lines(engine, arena, op, &row->n_lines);
    for (size_t i = 0; i < op->n_items; i++) {
        row->n_done += op->items[i].progress == OP_ITEM_done;
        row->n_left += op->items[i].progress < OP_ITEM_done;
    }
    if (is_interrupted)
        row->summary = copy(arena, arena_printf(arena, "interrupted: %zu of %zu done, %zu left",
                                                row->n_done, row->n_items, row->n_left));
}

static bool
is_ours(const struct engine *engine, const char *id)
{
    for (const struct run *run = engine->runs; run; run = run->next)
        if (run->is_recorded && strcmp(run->id, id) == 0)
            return true;
    return false;
}

void
publish_ops(struct engine *engine)
{
    struct arena *arena = arena_new();
    struct op *rows;
    size_t n = 0, room = engine->n_others;

    for (const struct run *run = engine->runs; run; run = run->next)
        room++;
    rows = arena_array(arena, room, sizeof(*rows));
    for (const struct run *run = engine->runs; run; run = run->next)
        fill_ours(engine, arena, run, &rows[n++]);
    for (size_t i = 0; i < engine->n_others; i++)
        if (!is_ours(engine, engine->others[i].id))
            fill_past(engine, arena, &engine->others[i], &rows[n++]);
    store_publish(engine->store, SLOT_ops, arena, rows, n);
    engine->ops_changed = false;
}

void
publish_control(struct engine *engine)
{
    const struct ops_options *options = engine->options;
    struct arena *arena = arena_new();
    struct control *row = arena_alloc(arena, sizeof(*row));
    struct control_object *objects = arena_array(arena, options->n_controls, sizeof(*objects));

    for (size_t i = 0; i < options->n_controls; i++) {
        const struct ops_control *control = &options->controls[i];

        objects[i] = (struct control_object){.kind = copy(arena, control->kind),
                                             .id = copy(arena, control->id),
                                             .driver = copy(arena, control->use.driver->name),
                                             .verbs = driver_verbs(&control->use)};
    }
    *row = (struct control){.arm = options->arm,
                            .is_read_only = options->is_read_only,
                            .is_production = options->is_production,
                            .context = copy(arena, options->context),
                            .armed_until_ms = engine->armed_until_ms,
                            .locked_why = copy(arena, engine->locked_why),
                            .reason = copy(arena, engine->reason),
                            .journal =
                                copy(arena, engine->journal ? "" : engine->journal_error.message),
                            .objects = objects,
                            .n_objects = options->n_controls};
    store_publish(engine->store, SLOT_control, arena, row, 1);
    engine->control_changed = false;
}
