/* dialog_act.c — a dialog opens, and ends in an order or in nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/op_words.h"

/* Whatever was typed before it was there is not meant for it. */
static void
begin(struct console *console, enum dialog_kind kind)
{
    struct dialog *dialog = &console->dialog;
    static const size_t sizes[] = {ORDER_REASON_BYTES, sizeof(dialog->typed[0]),
                                   sizeof(dialog->typed[0]), ORDER_ID_BYTES};

    *dialog = (struct dialog){
        .kind = kind,
        .stop = STOP_cancel,
        .pane = console->focus,
        .opened_ms = console->mono_ms,
        .settled_ms = console->mono_ms,
        .grace_ms = -1,
    };
    for (size_t i = 0; i < COUNT_OF(dialog->field); i++)
        dialog->field[i] = (struct field){.text = dialog->typed[i], .size = sizes[i]};
    console->wants_flush = true;
}

static void
end(struct console *console)
{
    free(console->dialog.ids);
    console->dialog.ids = NULL;
    if (console->n_overlays && console_overlay(console)->kind == OVERLAY_dialog)
        console->n_overlays--;
}

void
dialog_open_arm(struct console *console)
{
    begin(console, DIALOG_arm);
    console->dialog.stop = STOP_name;
    console_open_overlay(console, OVERLAY_dialog, "");
}

static bool
send_order(struct console *console, struct op_order *order)
{
    if (store_order(console->store, order))
        return true;
    console_say(console, ROLE_warn, "still busy with what was ordered before; nothing was done");
    return false;
}

/* Several jobs are one op; of everything else each has a plan of its own. */
static bool
takes_many(enum op_kind kind)
{
    return kind == OP_stop_job || kind == OP_restart_job;
}

bool
dialog_is_one_of_several(const struct dialog *dialog)
{
    return dialog->n_ids > 1 && !takes_many(dialog->op);
}

static bool
order_plan(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    struct op_order *order = op_order_new(ORDER_plan);
    size_t last = takes_many(dialog->op) ? dialog->n_ids : dialog->next_id + 1;

    dialog->ticket = order->ticket = ++console->last_ticket;
    dialog->op_id[0] = '\0';
    order->op = dialog->op;
    for (; dialog->next_id < last; dialog->next_id++)
        op_order_add_id(order, dialog->ids[dialog->next_id]);
    return send_order(console, order);
}

/* What was typed as the reason once is there again: it is one ticket for the whole session. */
static void
fill_reason(struct console *console)
{
    const struct control *control = control_of(&console->snapshot);
    const char *reason = console->reason;

    if (!reason[0] && control)
        reason = control->reason;
    field_set(dialog_field(console, STOP_reason), reason);
}

bool
dialog_open_plan(struct console *console, enum op_kind op, const char (*ids)[ORDER_ID_BYTES],
                 size_t n, const char *name)
{
    struct dialog *dialog = &console->dialog;

    begin(console, DIALOG_plan);
    dialog->op = op;
    text_clean(dialog->name, sizeof(dialog->name), name, strlen(name));
    dialog->ids = calloc(n, sizeof(*dialog->ids));
    if (!dialog->ids)
        die("out of memory");
    memcpy(dialog->ids, ids, n * sizeof(*ids));
    dialog->n_ids = n;
    fill_reason(console);
    if (!order_plan(console)) {
        end(console);
        return false;
    }
    console_open_overlay(console, OVERLAY_dialog, "");
    return true;
}

void
dialog_open_again(struct console *console, const struct op *op)
{
    const struct overlay *top = console_overlay(console);
    struct dialog *dialog = &console->dialog;

    console_say(console, ROLE_warn, "not confirmed: %s", op->why_retype);
    if (top && top->kind == OVERLAY_dialog)
        return; /* one question at a time; this one can be asked for again */
    begin(console, DIALOG_plan);
    dialog->op = op->kind;
    dialog->ticket = op->ticket;
    snprintf(dialog->op_id, sizeof(dialog->op_id), "%s", op->id);
    text_clean(dialog->name, sizeof(dialog->name), op->object_name, strlen(op->object_name));
    fill_reason(console);
    console_open_overlay(console, OVERLAY_dialog, "");
}

void
dialog_open_answer(struct console *console, const struct op *op)
{
    struct dialog *dialog = &console->dialog;

    begin(console, DIALOG_answer);
    dialog->op = op->kind;
    dialog->offer = op->offer;
    snprintf(dialog->op_id, sizeof(dialog->op_id), "%s", op->id);
    text_clean(dialog->name, sizeof(dialog->name), op->object_name, strlen(op->object_name));
    if (dialog->offer == OP_OFFER_message)
        dialog->stop = STOP_message;
    console_open_overlay(console, OVERLAY_dialog, "");
}

static const char *
typed(struct console *console, enum dialog_stop stop)
{
    return dialog_field(console, stop)->text;
}

static void
copy_typed(char *to, size_t size, const char *text)
{
    text_clean(to, size, text, strlen(text));
}

static void
arm(struct console *console)
{
    struct op_order *order = op_order_new(ORDER_arm);

    copy_typed(order->typed, sizeof(order->typed), typed(console, STOP_name));
    if (send_order(console, order))
        console_say(console, ROLE_info, "arming");
    end(console);
}

static void
answer(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    struct op_order *order = op_order_new(op_offer_order(dialog->offer));
    enum dialog_stop from = dialog->offer == OP_OFFER_message ? STOP_message : STOP_name;

    snprintf(order->op_id, sizeof(order->op_id), "%s", dialog->op_id);
    copy_typed(order->typed, sizeof(order->typed), typed(console, from));
    if (send_order(console, order))
        console_say(console, ROLE_info, "ordered: %s %s", op_verb(dialog->op), dialog->name);
    end(console);
}

/* The next of several objects, in a dialog of its own with everything a new one has. */
static void
go_on(struct console *console)
{
    struct dialog before = console->dialog;

    begin(console, DIALOG_plan);
    console->dialog.op = before.op;
    console->dialog.pane = before.pane;
    console->dialog.ids = before.ids;
    console->dialog.n_ids = before.n_ids;
    console->dialog.next_id = before.next_id;
    console_overlay(console)->scroll = 0;
    fill_reason(console);
    if (!order_plan(console))
        end(console);
}

static void
confirm(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    struct op_order *order = op_order_new(ORDER_confirm);

    snprintf(order->op_id, sizeof(order->op_id), "%s", dialog->op_id);
    copy_typed(order->typed, sizeof(order->typed), typed(console, STOP_name));
    copy_typed(order->retyped, sizeof(order->retyped), typed(console, STOP_retype));
    copy_typed(order->reason, sizeof(order->reason), typed(console, STOP_reason));
    copy_typed(console->reason, sizeof(console->reason), typed(console, STOP_reason));
    if (!send_order(console, order)) {
        end(console);
        return;
    }
    if (!dialog->is_second_step)
        op_watch_confirmed(&console->op_watch, dialog->op_id);
    if (dialog->pane < PANE_COUNT)
        marks_clear(&console->state[dialog->pane].marks);
    if (dialog->next_id < dialog->n_ids)
        go_on(console);
    else
        end(console);
}

void
dialog_act(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    const struct op *op = dialog_op(console);

    if (dialog->kind == DIALOG_arm) {
        arm(console);
    } else if (dialog->kind == DIALOG_answer) {
        answer(console);
    } else if (op->must_retype[0] && !dialog->is_second_step) {
        dialog->is_second_step = true;
        dialog->stop = STOP_cancel;
        console_overlay(console)->scroll = 0;
        dialog_watch(console);
    } else {
        confirm(console);
    }
}

void
dialog_choose(struct console *console, unsigned choices, int64_t grace_ms)
{
    struct dialog *dialog = &console->dialog;
    struct op_order *order = op_order_new(ORDER_choose);

    snprintf(order->op_id, sizeof(order->op_id), "%s", dialog->op_id);
    order->has_choices = true;
    order->choices = choices;
    order->grace_ms = grace_ms;
    if (!send_order(console, order))
        return;
    dialog->is_choosing = true;
    dialog->choices = choices;
    dialog->grace_ms = grace_ms;
    dialog->chosen_ms = console->mono_ms;
}

static void
order_dismiss(struct console *console, const char *op_id)
{
    struct op_order *order = op_order_new(ORDER_dismiss);

    snprintf(order->op_id, sizeof(order->op_id), "%s", op_id);
    send_order(console, order);
}

void
dialog_dismiss_op(struct console *console)
{
    order_dismiss(console, console->dialog.op_id);
    end(console);
}

/* A plan that nobody looks at any more is forgotten, also when it is still being made. */
void
dialog_cancel(struct console *console)
{
    struct dialog *dialog = &console->dialog;
    const struct op *op = dialog_op(console);
    size_t left = dialog->n_ids - dialog->next_id;

    if (dialog->kind == DIALOG_plan && op && op_is_plan(op))
        order_dismiss(console, op->id);
    else if (dialog->kind == DIALOG_plan && !op)
        op_watch_forget(&console->op_watch, dialog->ticket);
    if (dialog->kind == DIALOG_answer)
        console_say(console, ROLE_info, "nothing was ordered; it stands as it did");
    else if (dialog->kind == DIALOG_plan && left > 0)
        console_say(console, ROLE_info, "cancelled: nothing was done, also not for the other %zu",
                    left);
    else
        console_say(console, ROLE_info, "cancelled: nothing was done");
    end(console);
}
