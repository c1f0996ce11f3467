#include "ui/op_words.h"

#include <ctype.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"

static const char *const done_words[OP_KIND_COUNT] = {
    [OP_stop_job] = "stopped",       [OP_restart_job] = "restarted",
    [OP_drain_pool] = "stopped",     [OP_restart_pool] = "done",
    [OP_drain_connector] = "down",   [OP_restart_connector] = "back up",
    [OP_rotate_token] = "restarted",
};

static const struct {
    enum op_order_kind order;
    const char *word, *question;
} offers[] = {
    [OP_OFFER_nothing] = {0, "", ""},
#define OFFER(id, order, word, question) [OP_OFFER_##id] = {ORDER_##order, word, question},
#include "ui/offers.def"
#undef OFFER
};

static void
count_item(struct op_counts *counts, const struct op *op, const struct op_item *item,
           int64_t now_ms)
{
    bool is_asked = item->progress == OP_ITEM_sent || item->progress == OP_ITEM_taken;
    int64_t asked_for_ms = item->asked_ms > 0 ? now_ms - item->asked_ms : 0;

    counts->done += item->progress == OP_ITEM_done;
    counts->failed += item->progress == OP_ITEM_failed;
    counts->left += item->progress == OP_ITEM_left;
    if (!is_asked || op->grace_ms <= 0 || asked_for_ms <= op->grace_ms)
        return;
    counts->stuck++;
    if (asked_for_ms > counts->stuck_ms)
        counts->stuck_ms = asked_for_ms;
}

struct op_counts
op_count(const struct op *op, int64_t now_ms)
{
    struct op_counts counts = {0};

    for (size_t i = 0; i < op->n_items; i++)
        count_item(&counts, op, &op->items[i], now_ms);
    return counts;
}

void
op_add_name(struct text *out, const struct op *op)
{
    text_addf(out, "%s %s", op_verb(op->kind),
              op->object_name[0] ? op->object_name : op->object_id);
}

void
op_add_who(struct text *out, const struct op *op)
{
    if (op->is_ours && !op->is_headless)
        text_add(out, "you");
    else
        text_addf(out, "%s%s%s", op->user[0] ? op->user : "somebody", op->host[0] ? "@" : "",
                  op->host);
}

void
op_add_state(struct text *out, const struct op *op)
{
    const char *name = op_state_name(op->state);

    if (strncmp(op->summary, name, strlen(name)) != 0) /* "done in 2 s" says it already */
        text_addf(out, ": %s", name);
    if (op->summary[0])
        text_addf(out, ": %s", op->summary);
}

size_t
op_total(const struct op *op, const struct op_counts *counts)
{
    bool is_cut = op->state == OP_STATE_failed || op->state == OP_STATE_cancelled;

    return is_cut ? op->n_items : op->n_items - counts->left;
}

void
op_add_counts(struct text *out, const struct op *op, int64_t now_ms)
{
    struct op_counts counts = op_count(op, now_ms);

    if (op->n_items == 0)
        return;
    text_addf(out, "%zu of %zu %s", counts.done, op_total(op, &counts), op_done_word(op->kind));
    if (counts.failed > 0)
        text_addf(out, ", %zu failed", counts.failed);
    if (counts.stuck == 0 || op_state_is_over(op->state))
        return;
    text_addf(out, ", %zu stuck ", counts.stuck);
    duration_add(out, counts.stuck_ms);
}

const char *
op_done_word(enum op_kind kind)
{
    return done_words[kind];
}

void
op_add_title(struct text *out, enum op_kind kind, const char *object)
{
    const char *verb = op_verb(kind);

    text_addf(out, "%c%s %s", toupper((unsigned char)verb[0]), verb + 1, object);
}

const char *
op_offer_question(enum op_offer offer)
{
    return offers[offer].question;
}

const char *
op_offer_word(enum op_offer offer)
{
    return offers[offer].word;
}

enum op_order_kind
op_offer_order(enum op_offer offer)
{
    return offers[offer].order;
}

const char *
op_item_word(enum op_progress progress)
{
    static const char *const words[] = {
        [OP_ITEM_waiting] = "waiting", [OP_ITEM_sent] = "asked",    [OP_ITEM_taken] = "accepted",
        [OP_ITEM_done] = "done",       [OP_ITEM_failed] = "failed", [OP_ITEM_left] = "left alone",
    };

    return words[progress];
}

bool
op_wants_attention(const struct op *op)
{
    return op->state == OP_STATE_undo || op->state == OP_STATE_asking ||
           op->state == OP_STATE_interrupted;
}

bool
op_is_plan(const struct op *op)
{
    return op->state == OP_STATE_planning || op->state == OP_STATE_planned;
}

bool
op_is_going(const struct op *op)
{
    return !op_state_is_over(op->state) && !op_is_plan(op) && op->state != OP_STATE_interrupted &&
           !op_is_look(op->kind);
}

int64_t
op_elapsed_ms(const struct op *op, int64_t now_ms)
{
    int64_t from = op->started_ms > 0 ? op->started_ms : op->confirmed_ms;
    int64_t to = op->ended_ms > 0 ? op->ended_ms : now_ms;

    if (from <= 0 || (op->ended_ms <= 0 && op->state == OP_STATE_interrupted))
        return LIST_UNKNOWN;
    return to > from ? to - from : 0;
}

const struct op *
op_by_id(const struct snapshot *snapshot, const char *id)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(ops[i].id, id) == 0)
            return &ops[i];
    return NULL;
}

const struct op *
op_by_ticket(const struct snapshot *snapshot, uint64_t ticket)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (ops[i].is_ours && ops[i].ticket == ticket && ticket != 0)
            return &ops[i];
    return NULL;
}

static bool
is_about(const struct op *op, const char *object_id)
{
    if (strcmp(op->object_id, object_id) == 0)
        return true;
    for (size_t i = 0; i < op->n_items; i++)
        if (op->items[i].progress != OP_ITEM_left && strcmp(op->items[i].id, object_id) == 0)
            return true;
    return false;
}

const struct op *
op_going_about(const struct snapshot *snapshot, enum op_kind kind, const char *object_id)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (ops[i].is_ours && ops[i].kind == kind && op_is_going(&ops[i]) &&
            is_about(&ops[i], object_id))
            return &ops[i];
    return NULL;
}

const struct control *
control_of(const struct snapshot *snapshot)
{
    size_t n;
    const struct control *control = snapshot_control(snapshot, &n);

    return n > 0 ? control : NULL;
}
