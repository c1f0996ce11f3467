#include "ui/op_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/op_words.h"

struct seen_op {
    uint64_t id;
    enum op_state state;
};

void
op_watch_free(struct op_watch *watch)
{
    free(watch->seen);
    watch->seen = NULL;
}

void
op_watch_forget(struct op_watch *watch, uint64_t ticket)
{
    for (size_t i = 0; i < FORGOTTEN_MOST; i++)
        if (!watch->forgotten[i]) {
            watch->forgotten[i] = ticket;
            return;
        }
}

void
op_watch_confirmed(struct op_watch *watch, const char *op_id)
{
    for (size_t i = 0; i < CONFIRMED_MOST; i++)
        if (!watch->confirmed[i][0]) {
            snprintf(watch->confirmed[i], OP_ID_BYTES, "%s", op_id);
            return;
        }
}

/* OP_STATE_COUNT when it was not there. */
static enum op_state
state_before(const struct op_watch *watch, uint64_t id)
{
    for (size_t i = 0; i < watch->n_seen; i++)
        if (watch->seen[i].id == id)
            return watch->seen[i].state;
    return OP_STATE_COUNT;
}

/* Plans are between the operator and the dialog; what is over was told when it ended. */
static bool
is_worth_telling(const struct op_watch *watch, const struct op *op, enum op_state before)
{
    if (op->state == before || op_is_plan(op) || op_is_look(op->kind))
        return false;
    if (!watch->has_looked)
        return !op_state_is_over(op->state);
    if (before == OP_STATE_COUNT && op_state_is_over(op->state) && !op->is_ours)
        return false; /* of the history, read again */
    if (op->state == OP_STATE_refused)
        return before == OP_STATE_undo || before == OP_STATE_running;
    return op->state != OP_STATE_running || before != OP_STATE_asking;
}

static void
tell(struct console *console, const struct op *op)
{
    TEXT(who, 64);
    TEXT(line, 300);

    op_add_who(&who, op);
    op_add_name(&line, op);
    if (op->state == OP_STATE_undo) {
        if (op->is_ours)
            console->message[0] = '\0'; /* the seconds that are left are what matters now */
        text_add(&line, ": confirmed");
        if (op->undo_until_ms > 0) { /* of another console it is not known */
            text_add(&line, ", starts at ");
            time_of_day_add(&line, op->undo_until_ms);
        }
    } else {
        op_add_state(&line, op);
    }
    if (op->reason[0])
        text_addf(&line, " (%s)", op->reason);
    events_note(console->events, console->frame.now_ms, op_state_role(op->state), who.bytes,
                line.bytes);
}

static void
dismiss_forgotten(struct console *console, const struct op *op)
{
    struct op_watch *watch = &console->op_watch;

    for (size_t i = 0; i < FORGOTTEN_MOST; i++) {
        struct op_order *order;

        if (!watch->forgotten[i] || watch->forgotten[i] != op->ticket || !op->is_ours)
            continue;
        watch->forgotten[i] = 0;
        if (op_state_is_over(op->state))
            continue;
        order = op_order_new(ORDER_dismiss);
        snprintf(order->op_id, sizeof(order->op_id), "%s", op->id);
        store_order(console->store, order);
    }
}

/* Somebody began between the plan and its confirmation. */
static void
look_at_confirmed(struct console *console, const struct op *op)
{
    struct op_watch *watch = &console->op_watch;

    for (size_t i = 0; i < CONFIRMED_MOST; i++) {
        if (strcmp(watch->confirmed[i], op->id) != 0)
            continue;
        if (op->state == OP_STATE_planned && !op->must_retype[0])
            return; /* not taken in yet */
        watch->confirmed[i][0] = '\0';
        if (op->state == OP_STATE_planned)
            dialog_open_again(console, op);
    }
}

static void
look_at_ops(struct console *console)
{
    struct op_watch *watch = &console->op_watch;
    size_t n;
    const struct op *ops = snapshot_ops(&console->snapshot, &n);
    struct seen_op *now = calloc(n ? n : 1, sizeof(*now));

    if (!now)
        die("out of memory");
    for (size_t i = n; i-- > 0;) { /* the newest comes last, and stands on top */
        enum op_state before;

        now[i] = (struct seen_op){hash_add(HASH_START, ops[i].id), ops[i].state};
        before = state_before(watch, now[i].id);
        dismiss_forgotten(console, &ops[i]);
        look_at_confirmed(console, &ops[i]);
        if (is_worth_telling(watch, &ops[i], before))
            tell(console, &ops[i]);
    }
    free(watch->seen);
    watch->seen = now;
    watch->n_seen = n;
    watch->has_looked = console->snapshot.slot[SLOT_ops].version > 0;
}

static void
look_at_arming(struct console *console)
{
    const struct control *control = control_of(&console->snapshot);
    bool is_armed = control && control->armed_until_ms > console->frame.now_ms;
    const char *why = control && control->locked_why[0] ? control->locked_why : "its time is over";
    TEXT(line, 200);

    if (is_armed == console->op_watch.is_armed || !control)
        return;
    console->op_watch.is_armed = is_armed;
    if (!is_armed) {
        text_addf(&line, "locked: %s", why);
        console_say(console, ROLE_info, "%s", line.bytes);
    } else if (control->armed_until_ms == INT64_MAX) {
        return; /* always, by the configuration: no news */
    } else {
        text_add(&line, "armed until ");
        time_of_day_add(&line, control->armed_until_ms);
        console_say(console, ROLE_warn, "%s; :lock locks again", line.bytes);
    }
    events_note(console->events, console->frame.now_ms, is_armed ? ROLE_warn : ROLE_info, "you",
                line.bytes);
}

/* What was asked for with :logs or :status opens by itself; why it cannot be had is said. */
static void
open_look(struct console *console)
{
    const struct op *op = op_by_ticket(&console->snapshot, console->look_ticket);

    if (!op)
        return;
    console->look_ticket = 0;
    if (op->state == OP_STATE_refused) {
        console_say(console, ROLE_warn, "%s", op->summary);
        return;
    }
    console_open_overlay(console, OVERLAY_op, op->id);
    console_overlay(console)->is_at_end = true; /* the newest lines come last */
}

void
op_watch_look(struct console *console)
{
    uint64_t version = console->snapshot.slot[SLOT_ops].version;

    look_at_arming(console);
    if (version == console->op_watch.version)
        return;
    console->op_watch.version = version;
    look_at_ops(console);
    open_look(console);
}
