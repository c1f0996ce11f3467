#include "ui/dialog.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/op_words.h"

enum { CHOICE_PATIENCE_MS = 5000 };

const struct op *
dialog_op(const struct console *console)
{
    const struct dialog *dialog = &console->dialog;

    if (dialog->kind == DIALOG_arm)
        return NULL;
    if (dialog->op_id[0])
        return op_by_id(&console->snapshot, dialog->op_id);
    return op_by_ticket(&console->snapshot, dialog->ticket);
}

struct field *
dialog_field(struct console *console, enum dialog_stop stop)
{
    if (stop < STOP_reason || stop > STOP_retype)
        return NULL;
    return &console->dialog.field[stop - STOP_reason];
}

bool
dialog_has_stop(const struct console *console, enum dialog_stop stop)
{
    const struct dialog *dialog = &console->dialog;
    const struct op *op = dialog_op(console);
    bool is_plan = dialog->kind == DIALOG_plan && op && op->state == OP_STATE_planned;

    if (stop < STOP_grace)
        return is_plan && !dialog->is_second_step && (op->choices_offered & 1u << stop);
    switch (stop) {
    case STOP_grace:
        return is_plan && !dialog->is_second_step && op_has_grace(op);
    case STOP_reason:
        return is_plan && !dialog->is_second_step;
    case STOP_message:
        return dialog->kind == DIALOG_answer && dialog->offer == OP_OFFER_message;
    case STOP_name:
    case STOP_retype:
        return dialog_wanted(console, stop)[0] != '\0';
    case STOP_act:
        return !op || op->state != OP_STATE_refused;
    case STOP_dismiss:
        return dialog->kind == DIALOG_answer && dialog->offer == OP_OFFER_resume;
    default:
        return true;
    }
}

const char *
dialog_wanted(const struct console *console, enum dialog_stop stop)
{
    const struct dialog *dialog = &console->dialog;
    const struct control *control = control_of(&console->snapshot);
    const struct op *op = dialog_op(console);

    if (dialog->kind == DIALOG_arm)
        return stop == STOP_name && control ? control->context : "";
    if (!op || (dialog->kind == DIALOG_plan && op->state != OP_STATE_planned))
        return "";
    if (stop == STOP_retype)
        return dialog->is_second_step ? op->must_retype : "";
    if (dialog->is_second_step ||
        (dialog->kind == DIALOG_answer && dialog->offer != OP_OFFER_force &&
         dialog->offer != OP_OFFER_resume))
        return "";
    return op->must_type;
}

/* Ages that tick in the plan are no change; what would be done is. */
static uint64_t
shape_of(const struct console *console)
{
    const struct op *op = dialog_op(console);
    uint64_t shape = HASH_START + console->dialog.is_second_step;
    char numbers[100];

    if (!op)
        return shape;
    snprintf(numbers, sizeof(numbers), "%d %u %u %" PRId64 " %d", (int)op->state, op->choices,
             op->choices_offered, op->grace_ms, (int)op->offer);
    shape = hash_add(hash_add(hash_add(shape, numbers), op->must_type), op->must_retype);
    for (size_t i = 0; i < op->n_items; i++)
        shape = hash_add(shape, op->items[i].id);
    for (size_t i = 0; i < op->n_lines && console->dialog.kind == DIALOG_plan; i++)
        if (op->lines[i].kind != OP_LINE_note)
            shape = hash_add(shape, op->lines[i].text);
    return shape;
}

static void
watch_choices(struct console *console, const struct op *op)
{
    struct dialog *dialog = &console->dialog;
    bool is_made = op->state == OP_STATE_planned && op->choices == dialog->choices &&
                   op->grace_ms == dialog->grace_ms;

    if (is_made || console->mono_ms - dialog->chosen_ms > CHOICE_PATIENCE_MS)
        dialog->is_choosing = false;
}

void
dialog_watch(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    struct overlay *top = console_overlay(console);
    const struct op *op;
    uint64_t shape;

    if (!top || top->kind != OVERLAY_dialog)
        return;
    op = dialog_op(console);
    if (op && !dialog->op_id[0])
        snprintf(dialog->op_id, sizeof(dialog->op_id), "%s", op->id);
    if (op && dialog->is_choosing)
        watch_choices(console, op);
    shape = shape_of(console);
    if (shape != dialog->shape) {
        dialog->shape = shape;
        dialog->settled_ms = console->mono_ms;
    }
    if (!dialog_has_stop(console, dialog->stop))
        dialog->stop = STOP_cancel;
}

int64_t
dialog_calm_at_ms(const struct console *console)
{
    const struct dialog *dialog = &console->dialog;
    int64_t at_ms = dialog->settled_ms + DIALOG_CALM_MS;

    if (!console->n_overlays || console->overlay[console->n_overlays - 1].kind != OVERLAY_dialog ||
        console->mono_ms >= at_ms)
        return INT64_MAX;
    return at_ms;
}

static bool
may_act_on_op(struct console *console, struct text *out)
{
    const struct dialog *dialog = &console->dialog;
    const struct op *op = dialog_op(console);
    struct err err = {0};

    if (!op && dialog->op_id[0])
        text_add(out, "it is not there any more");
    else if (!op || op->state == OP_STATE_planning || dialog->is_choosing)
        text_add(out, "the plan is still being made");
    else if (op->state == OP_STATE_refused)
        text_add(out, op->summary);
    else if (dialog->kind == DIALOG_plan && op->state != OP_STATE_planned)
        text_addf(out, "it is %s already", op_state_name(op->state));
    else if (dialog->kind == DIALOG_answer && op->offer != dialog->offer)
        text_add(out, "that is not asked any more");
    else if (dialog->kind == DIALOG_answer && dialog->offer == OP_OFFER_message &&
             !console->dialog.field[STOP_message - STOP_reason].n)
        text_add(out, "type the message first");
    else if (!permit_check(control_of(&console->snapshot), op->kind, false, console->frame.now_ms,
                           &err))
        text_add(out, err.message);
    return !out->n;
}

static void
ask_for_name(struct console *console, struct text *out)
{
    for (enum dialog_stop stop = STOP_name; stop <= STOP_retype && !out->n; stop++)
        if (dialog_has_stop(console, stop) &&
            strcmp(dialog_field(console, stop)->text, dialog_wanted(console, stop)) != 0)
            text_addf(out, "type \"%s\" to confirm", dialog_wanted(console, stop));
}

bool
dialog_may_act(struct console *console, struct text *out)
{
    const struct dialog *dialog = &console->dialog;

    if (console->layout.is_counts)
        text_add(out, "the window is too small to show what would happen");
    else if (dialog->kind == DIALOG_arm || may_act_on_op(console, out))
        ask_for_name(console, out);
    if (!out->n && console->mono_ms - dialog->settled_ms < DIALOG_CALM_MS)
        text_add(out, "a moment: this has only just appeared");
    return !out->n;
}
