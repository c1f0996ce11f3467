/* op_order.h — what an operator orders of the ops room: a plan, its confirmation, and what may
 * follow.
 *
 * An order is bound to identities, which were chosen when the key was pressed. It travels as a wish
 * (wish.h); whoever takes the wish frees it. */
#ifndef MODEL_OP_ORDER_H
#define MODEL_OP_ORDER_H

#include "model/op.h"

enum op_order_kind {
    ORDER_plan,    /* op, ids: make a plan; a row with this ticket appears, planned or refused */
    ORDER_choose,  /* op_id, choices, grace_ms: the plan again, with other choices */
    ORDER_confirm, /* op_id, typed, retyped, reason: do it */
    ORDER_cancel,  /* op_id: before the first effect nothing happens; later no more is issued */
    ORDER_force,   /* op_id: what was offered; typed: the name, where the plan wanted it typed */
    ORDER_message, /* op_id, typed: the text to send to the session */
    ORDER_keep,    /* op_id: go on stopping what workers claim, until it is cancelled */
    ORDER_resume,  /* op_id: go on with an interrupted op */
    ORDER_dismiss, /* op_id: set an interrupted op aside, or forget a plan */
    ORDER_arm,     /* typed: the context's name */
    ORDER_disarm,  /* typed: why, for the screen: "nobody typed for three minutes" */
};

enum { ORDER_TYPED_BYTES = 2048, ORDER_REASON_BYTES = 200, ORDER_ID_BYTES = 128 };

struct op_order {
    enum op_order_kind kind;
    uint64_t ticket; /* of the plan: any number that the sender has not used yet */
    enum op_kind op;
    char op_id[OP_ID_BYTES];
    char (*ids)[ORDER_ID_BYTES]; /* owned; the objects of a plan */
    size_t n_ids;
    bool has_choices; /* false: the kind's own */
    unsigned choices;
    int64_t grace_ms; /* -1: the configured one */
    char typed[ORDER_TYPED_BYTES], retyped[ORDER_ID_BYTES];
    char reason[ORDER_REASON_BYTES];
    bool is_dry;      /* a plan to be read: it may be made where nothing may be done */
    bool is_headless; /* from the command line: needs no arming, --yes or a typed word took its
                         place */
};

/* Zeroed, grace_ms -1. Caller frees with op_order_free, or gives it to store_order. */
struct op_order *op_order_new(enum op_order_kind kind);
void op_order_add_id(struct op_order *order, const char *id); /* once, however often it is named */
void op_order_free(struct op_order *order);                   /* NULL is allowed */

#endif
