/* act_follow.c — orders about an op that was planned, and its way to its end. */
#include <signal.h>
#include <stdio.h>

#include "cli/act.h"
#include "cli/fields.h"
#include "cli/op_report.h"
#include "core/clock.h"
#include "core/text.h"

enum { LINE_BYTES = 512 };

/* ---- orders ---- */

/* About our op, with a text where the kind takes one. */
bool
act_order(struct act *act, enum op_order_kind kind, const char *typed)
{
    struct op_order *order = op_order_new(kind);

    order->is_headless = true;
    order->op = act->kind;
    snprintf(order->op_id, sizeof(order->op_id), "%s", act->op_id);
    snprintf(order->typed, sizeof(order->typed), "%s", typed);
    snprintf(order->reason, sizeof(order->reason), "%s", act->options->reason);
    if (store_order(act->store, order))
        return true;
    act_say(act, "the order was not taken: too many wait already");
    return false;
}

/* ---- the end ---- */

static const char *
verdict_name(enum act_verdict verdict)
{
    static const char *const names[] = {
        [ACT_done] = "done",
        [ACT_partly] = "partly",
        [ACT_failed] = "failed",
        [ACT_unknown] = "unknown",
    };

    return names[verdict];
}

void
act_print_document(struct act *act, const struct op *op, enum act_verdict verdict,
                   const char *error)
{
    static const struct op nothing;
    struct json *document = json_new_object();

    field_time(document, "generated_at", clock_wall_ms());
    json_add_string(document, "context", act->options->look.context);
    json_add_string(document, "verdict", verdict_name(verdict));
    json_add_int(document, "exit_code", verdict);
    json_add_bool(document, "is_dry_run", act->options->is_dry);
    field_word(document, "refusal", act->refusal.message);
    field_word(document, "error", error);
    if (op)
        op_add_json(json_add_object(document, "op"), op);
    else
        json_add_null(document, "op");
    op_add_lines(document, op ? op : &nothing);
    fields_print(stdout, document, true);
}

struct page
act_page(const struct act *act, FILE *out)
{
    return (struct page){
        .out = out,
        .marking = {.is_ascii = act->options->look.is_ascii,
                    .has_colour = out == stdout && act->options->look.has_colour},
    };
}

/* Nothing was done, or not by us: why, in one line. */
enum act_verdict
act_give_up(struct act *act, enum act_verdict verdict, const char *why)
{
    act_say(act, "%s", why);
    if (act->options->look.is_json)
        act_print_document(act, act_op(act), verdict, why);
    return verdict;
}

/* ---- while it runs ---- */

/* What the command line did not order cannot be asked for here: the op ends, and we say what would
 * have helped. */
static void
end_unanswered(struct act *act, const struct op *op, const char *help)
{
    act->missing = help;
    act_say(act, "%s; %s", op->offer_text, help);
    act_order(act, ORDER_cancel, "");
}

/* Each offer is answered once, with what was ordered beforehand. Force waits for others to give it,
 * for the jobs may still stop by themselves. */
static void
answer(struct act *act, const struct op *op)
{
    const struct act_options *options = act->options;

    if (op->offer == OP_OFFER_nothing)
        act->answered = OP_OFFER_nothing; /* the same may be offered again, of others */
    if (op->offer == act->answered || op->state == OP_STATE_stopping ||
        (op->offer == OP_OFFER_force && clock_wall_ms() < op->grace_until_ms))
        return;
    act->answered = op->offer;
    if (op->offer == OP_OFFER_force && options->is_forced)
        act_order(act, ORDER_force, op->must_type);
    else if (op->offer == OP_OFFER_force)
        act_say(act, "%s; --force would do it", op->offer_text);
    else if (op->offer == OP_OFFER_message && options->message[0])
        act_order(act, ORDER_message, options->message);
    else if (op->offer == OP_OFFER_message)
        end_unanswered(act, op, "--message TEXT sends one");
    else if (op->offer == OP_OFFER_keep && options->choices_on & 1u << OP_CHOICE_keep)
        act_order(act, ORDER_keep, "");
    else if (op->offer == OP_OFFER_keep)
        end_unanswered(act, op, "--keep-stopping goes on");
}

static bool
is_at_its_end(struct act *act)
{
    const struct op *op = act_op(act);

    if (!op)
        return false;
    act_tell(act, op);
    answer(act, op);
    return op_state_is_over(op->state) || op->state == OP_STATE_interrupted;
}

static bool
has_failed_items(const struct op *op)
{
    for (size_t i = 0; i < op->n_items; i++)
        if (op->items[i].progress == OP_ITEM_failed)
            return true;
    return false;
}

static enum act_verdict
judge(const struct act *act, const struct op *op)
{
    switch (op->state) {
    case OP_STATE_done:
        return has_failed_items(op) ? ACT_partly : ACT_done;
    case OP_STATE_cancelled:
        return op->n_done > 0 || act->missing ? ACT_partly : ACT_failed;
    case OP_STATE_dismissed:
        return act->options->is_dismissal ? ACT_done : ACT_failed;
    case OP_STATE_interrupted:
        return ACT_unknown;
    default:
        return ACT_failed;
    }
}

enum act_verdict
act_end(struct act *act)
{
    const struct op *op = act_op(act);
    enum act_verdict verdict = judge(act, op);
    const struct page page = act_page(act, stdout);

    act_close_line(act);
    if (act->options->look.is_json)
        act_print_document(act, op, verdict, verdict == ACT_done ? "" : op->summary);
    else
        op_print_end(&page, op, clock_wall_ms());
    return verdict;
}

/* It goes on in nobody's hands: the journal keeps it, whoever resumes it. */
enum act_verdict
act_leave(struct act *act, const char *why)
{
    TEXT(line, LINE_BYTES);

    text_addf(&line, "%s; it is left to the journal, to go on with: sandwatch history --resume %s",
              why, act->op_id);
    return act_give_up(act, ACT_unknown, line.bytes);
}

enum act_verdict
act_follow(struct act *act)
{
    bool is_cancelled = false;

    for (;;) {
        enum act_wait wait = act_wait_until(act, is_at_its_end, act->options->look.timeout_ms);

        if (wait == ACT_HOLDS)
            return act_end(act);
        if (wait == ACT_LATE)
            return act_leave(act, "the time is over");
        if (act_signal(act) != SIGINT || is_cancelled)
            return act_leave(act, "interrupted");
        is_cancelled = true;
        act_say(act, "cancelled: nothing more is issued; waiting for what is on its way "
                     "(once more leaves it to the journal)");
        act_order(act, ORDER_cancel, "");
    }
}
