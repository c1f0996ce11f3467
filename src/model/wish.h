/* wish.h — what the operator asked for, on its way to the threads that can do it. */
#ifndef MODEL_WISH_H
#define MODEL_WISH_H

#include "core/base.h"

enum wish_for { WISH_FOR_api, WISH_FOR_probe, WISH_FOR_COUNT };

enum wish_kind {
    WISH_refresh, /* ask every source now */
    WISH_look_at, /* id is on the screen and selected: keep it freshest. "" for nothing */
};

enum { WISH_ID_BYTES = 96, WISH_QUEUE = 32 };

struct wish {
    enum wish_kind kind;
    char id[WISH_ID_BYTES]; /* a pool's or a job's */
};

#endif
