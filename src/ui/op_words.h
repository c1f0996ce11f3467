/* op_words.h — what the screen says about ops, in one place: names, counts, who, how they stand.
 * UI thread only. */
#ifndef UI_OP_WORDS_H
#define UI_OP_WORDS_H

#include "ui/words.h"

/* How far the objects of an op are. */
struct op_counts {
    size_t done, failed, left; /* left: nothing will be done about them */
    size_t stuck;              /* asked for, and not true when the grace time had passed */
    int64_t stuck_ms;          /* since the first of those was asked */
};

struct op_counts op_count(const struct op *op, int64_t now_ms);
/* Of how many: without what was left alone, unless it was left for the op ended early. */
size_t op_total(const struct op *op, const struct op_counts *counts);

/* "drain us-east" */
void op_add_name(struct text *out, const struct op *op);
/* "you", "alice@bastion-2" */
void op_add_who(struct text *out, const struct op *op);
/* ": done: 20 jobs stopped"; the state alone when there is no more to say. */
void op_add_state(struct text *out, const struct op *op);
/* "17 of 20 stopped, 1 stuck 2m10s"; nothing for an op without objects. */
void op_add_counts(struct text *out, const struct op *op, int64_t now_ms);
/* "stopped": what an object of this op is when it is done. */
const char *op_done_word(enum op_kind kind);
/* "Drain us-east": the first letter large. */
void op_add_title(struct text *out, enum op_kind kind, const char *object);

/* What an offer asks, "force what is left?"; what its button says; "" for nothing. */
const char *op_offer_question(enum op_offer offer);
const char *op_offer_word(enum op_offer offer);
/* Which order answers it; call for an offer that is one. */
enum op_order_kind op_offer_order(enum op_offer offer);

/* "accepted" */
const char *op_item_word(enum op_progress progress);

/* Between confirmation and its end: it may still do something. Not a plan, not an interrupted one.
 */
bool op_is_going(const struct op *op);
/* It can be undone, asks, or was left in the middle: the operator should look. */
bool op_wants_attention(const struct op *op);
/* So far only a plan, made or being made. */
bool op_is_plan(const struct op *op);
/* Milliseconds since its confirmation, until its end; LIST_UNKNOWN before, and when nobody saw it
 * end. */
int64_t op_elapsed_ms(const struct op *op, int64_t now_ms);

/* NULL when it is not (or no longer) known. */
const struct op *op_by_id(const struct snapshot *snapshot, const char *id);
const struct op *op_by_ticket(const struct snapshot *snapshot, uint64_t ticket);
/* Of this program, going, of that kind and about that object; NULL. */
const struct op *op_going_about(const struct snapshot *snapshot, enum op_kind kind,
                                const char *object_id);
/* What may be done here; NULL: not known yet. */
const struct control *control_of(const struct snapshot *snapshot);

#endif
