/* act_pending.c — commands about what is under way: undo it, look at it, answer it, leave it; and
 * about whether keys may act at all. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

static bool
order_cancel(struct console *console, const struct op *op)
{
    struct op_order *order = op_order_new(ORDER_cancel);

    snprintf(order->op_id, sizeof(order->op_id), "%s", op->id);
    return store_order(console->store, order);
}

/* The op that is looked at, else the one that the status line is about. */
static const struct op *
op_to_undo(struct console *console)
{
    size_t others;
    const struct op *op = ops_selected(console);

    if (op)
        return op;
    return op_line_which(&console->snapshot, &others);
}

void
act_undo(struct console *console, const char *argument)
{
    const struct op *op = op_to_undo(console);
    TEXT(name, 200);

    (void)argument;
    if (!op || !op_is_going(op)) {
        console_say(console, ROLE_dim, "nothing is pending");
        return;
    }
    op_add_name(&name, op);
    if (!op->is_ours)
        console_say(console, ROLE_warn, "%s runs in another console; it can be cancelled there",
                    name.bytes);
    else if (op->state == OP_STATE_stopping)
        console_say(console, ROLE_dim, "%s is cancelled already", name.bytes);
    else if (!order_cancel(console, op))
        console_say(console, ROLE_warn, "still busy with what was ordered before; press it again");
    else
        console_say(console, ROLE_info, "%s: %s", name.bytes,
                    op->state == OP_STATE_undo ? "undone, nothing was sent"
                                               : "cancelled; what is done stays done");
}

void
act_arm(struct console *console, const char *argument)
{
    const struct control *control = control_of(&console->snapshot);
    int64_t now_ms = console->frame.now_ms;
    TEXT(left, 16);

    (void)argument;
    if (console->frame.is_read_only || (control && control->is_read_only)) {
        console_say(console, ROLE_warn,
                    "arm: this is read-only (--read-only, or read_only in the configuration)");
    } else if (!control) {
        console_say(console, ROLE_dim, "arm: not ready yet");
    } else if (control->arm == ARM_never) {
        console_say(console, ROLE_warn, "arm: the configuration says arm: never");
    } else if (control->journal[0]) {
        console_say(console, ROLE_warn, "arm: nothing could be recorded: %s", control->journal);
    } else if (control->armed_until_ms == INT64_MAX) {
        console_say(console, ROLE_info, "armed always, by the configuration");
    } else if (control->armed_until_ms > now_ms) {
        duration_add(&left, control->armed_until_ms - now_ms);
        console_say(console, ROLE_info, "armed for %s more; :lock locks", left.bytes);
    } else {
        dialog_open_arm(console);
    }
}

bool
order_disarm(struct console *console, const char *why)
{
    struct op_order *order = op_order_new(ORDER_disarm);

    text_clean(order->typed, sizeof(order->typed), why, strlen(why));
    return store_order(console->store, order);
}

void
act_lock(struct console *console, const char *argument)
{
    const struct control *control = control_of(&console->snapshot);

    (void)argument;
    if (!control || control->armed_until_ms <= console->frame.now_ms)
        console_say(console, ROLE_dim, "locked already");
    else if (!order_disarm(console, "you locked it"))
        console_say(console, ROLE_warn, "still busy with what was ordered before; say it again");
}

void
act_ops(struct console *console, const char *argument)
{
    (void)argument;
    console_open_overlay(console, OVERLAY_ops, "");
}

const struct op *
ops_selected(struct console *console)
{
    const struct overlay *top = console_overlay(console);

    if (top && top->kind == OVERLAY_op)
        return op_by_id(&console->snapshot, top->id);
    if (top && top->kind == OVERLAY_ops)
        return op_by_id(&console->snapshot, console->ops_state.selected);
    return NULL;
}

/* Enter: first what it is, then the answer to what it asks. */
void
ops_open(struct console *console)
{
    const struct op *op = ops_selected(console);
    bool is_whole = console_overlay(console)->kind == OVERLAY_op;

    if (!op)
        console_say(console, ROLE_dim, "no op is selected");
    else if (!is_whole)
        console_open_overlay(console, OVERLAY_op, op->id);
    else if (op->offer == OP_OFFER_nothing || op_state_is_over(op->state))
        console_say(console, ROLE_dim, "it asks nothing; Esc goes back");
    else if (!op->is_ours && op->offer != OP_OFFER_resume)
        console_say(console, ROLE_warn, "it runs in another console, and is answered there");
    else
        dialog_open_answer(console, op);
}

/* What would be left behind; false when nothing would. *is_cancelled: it is waited for only until
 * what is on its way has come. */
static bool
pending_add(struct console *console, struct text *out, bool *is_cancelled)
{
    size_t others;
    const struct op *op = op_line_which(&console->snapshot, &others);
    struct op_counts counts;

    if (!op)
        return false;
    counts = op_count(op, console->frame.now_ms);
    op_add_name(out, op);
    if (op->n_items > 0)
        text_addf(out, " (%zu of %zu)", counts.done, op->n_items - counts.left);
    if (others > 0)
        text_addf(out, " and %zu more", others);
    *is_cancelled = op->state == OP_STATE_stopping && others == 0;
    return true;
}

bool
ops_let_quit(struct console *console)
{
    bool is_cancelled = false;
    TEXT(pending, 200);

    if (!pending_add(console, &pending, &is_cancelled) || console->mono_ms < console->quit_until_ms)
        return true;
    console->quit_until_ms = console->mono_ms + MESSAGE_MS;
    console_say(console, ROLE_warn,
                is_cancelled
                    ? "pending: %s, cancelled. q again does not wait for what is on its way"
                    : "pending: %s. q again leaves it to the journal, u cancels it",
                pending.bytes);
    return false;
}
