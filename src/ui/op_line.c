#include "core/clock.h"
#include "core/text.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

enum { ROOM_FOR_PHASE = 90 };

static int
urgency(const struct op *op)
{
    if (op->state == OP_STATE_undo)
        return 3;
    return op->state == OP_STATE_asking ? 2 : 1;
}

static bool
is_before(const struct op *a, const struct op *b)
{
    if (urgency(a) != urgency(b))
        return urgency(a) > urgency(b);
    return a->confirmed_ms < b->confirmed_ms;
}

const struct op *
op_line_which(const struct snapshot *snapshot, size_t *others)
{
    const struct op *found = NULL;
    size_t n, going = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        if (!ops[i].is_ours || !op_is_going(&ops[i]))
            continue;
        going++;
        if (!found || is_before(&ops[i], found))
            found = &ops[i];
    }
    *others = going > 0 ? going - 1 : 0;
    return found;
}

const struct op *
op_interrupted(const struct snapshot *snapshot, size_t *others)
{
    const struct op *found = NULL;
    size_t n, n_found = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        if (ops[i].state != OP_STATE_interrupted)
            continue;
        n_found++;
        if (!found || ops[i].planned_ms > found->planned_ms)
            found = &ops[i];
    }
    *others = n_found > 0 ? n_found - 1 : 0;
    return found;
}

static void
asks_add(struct text *out, const struct op *op, const struct frame *frame, const char *show_key,
         int cells)
{
    text_addf(out, " asks: %s", op_offer_question(op->offer));
    if (show_key[0])
        text_addf(out, " %s answers", show_key);
    if (cells < ROOM_FOR_PHASE || op->n_items == 0)
        return;
    text_add(out, "; ");
    op_add_counts(out, op, frame->now_ms);
}

static void
undo_add(struct text *out, const struct op *op, const struct frame *frame, const char *undo_key)
{
    int64_t left_ms = op->undo_until_ms - frame->now_ms;

    text_addf(out, " starts in ");
    duration_add(out, left_ms > 0 ? left_ms + 999 : 0);
    text_addf(out, "; %s undoes it", undo_key);
}

/* Is something asked of them? Before and after, something else goes on. */
static bool
is_about_its_items(const struct op *op)
{
    size_t n_waiting = 0, n_asked = 0;

    for (size_t i = 0; i < op->n_items; i++) {
        n_waiting += op->items[i].progress == OP_ITEM_waiting;
        n_asked += op->items[i].progress == OP_ITEM_sent || op->items[i].progress == OP_ITEM_taken;
    }
    return n_asked > 0 || (n_waiting > 0 && n_waiting < op->n_items);
}

static void
progress_add(struct text *out, const struct op *op, const struct frame *frame, int cells)
{
    text_add(out, ": ");
    if (cells < ROOM_FOR_PHASE && op->phase[0] && !is_about_its_items(op))
        text_add(out, op->phase);
    else if (op->n_items > 0)
        op_add_counts(out, op, frame->now_ms);
    else
        text_add(out, op->summary);
    if (cells >= ROOM_FOR_PHASE && op->n_items > 0 && op->phase[0])
        text_addf(out, ", %s", op->phase);
    if (op->remaining_ms > 0) {
        text_add(out, ", about ");
        duration_add(out, op->remaining_ms);
        text_add(out, " left");
    }
}

void
op_line_add(struct text *out, const struct op *op, const struct frame *frame,
            const struct op_line_keys *keys, int cells)
{
    if (op->state == OP_STATE_interrupted) {
        text_add(out, "interrupted: ");
        op_add_name(out, op);
        if (keys->show[0])
            text_addf(out, "; %s shows it: resume or dismiss it", keys->show);
        return;
    }
    op_add_name(out, op);
    if (op->state == OP_STATE_undo) {
        undo_add(out, op, frame, keys->undo);
        return;
    }
    if (op->state == OP_STATE_asking) {
        asks_add(out, op, frame, keys->show, cells);
        return;
    }
    progress_add(out, op, frame, cells);
    if (op->state == OP_STATE_stopping)
        text_add(out, "; cancelled, nothing more is issued");
    else if (keys->cancel[0])
        text_addf(out, "; %s cancels", keys->cancel);
}

const struct op *
op_outcome(const struct snapshot *snapshot, int64_t now_ms)
{
    const struct op *found = NULL;
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        const struct op *op = &ops[i];

        if (!op->is_ours || !op_state_is_over(op->state) || op->confirmed_ms == 0 ||
            op->ended_ms <= 0 || now_ms - op->ended_ms >= OUTCOME_MS)
            continue;
        if (!found || op->ended_ms > found->ended_ms)
            found = op;
    }
    return found;
}

void
op_outcome_add(struct text *out, const struct op *op)
{
    op_add_name(out, op);
    op_add_state(out, op);
}
