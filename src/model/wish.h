/* wish.h — what the operator asked for, on its way to the threads that can do it. */
#ifndef MODEL_WISH_H
#define MODEL_WISH_H

#include "core/base.h"

enum wish_for { WISH_FOR_api, WISH_FOR_probe, WISH_FOR_ops, WISH_FOR_COUNT };

enum wish_kind {
    WISH_refresh, /* ask every source now */
    WISH_look_at, /* id is on the screen and selected: keep it freshest. "" for nothing */
    WISH_order,   /* of the ops room: see op_order.h */
    WISH_check,   /* measure the check with this id now: wholly, and its loss and jitter */
};

enum { WISH_ID_BYTES = 96, WISH_QUEUE = 32 };

struct op_order;

struct wish {
    enum wish_kind kind;
    char id[WISH_ID_BYTES]; /* a pool's, a job's, or a check's (check_id_add) */
    struct op_order *order; /* WISH_order: owned by whoever takes the wish; else NULL */
};

#endif
