/* op.h — one action of an operator, as everybody may see it: what it will do, how far it is, how it
 * ended.
 *
 * Rows are made by the ops room and by nobody else. Unknown as in pool.h. Times are wall
 * milliseconds of this host. */
#ifndef MODEL_OP_H
#define MODEL_OP_H

#include "core/base.h"

enum op_kind {
#define OP(id, verb, object, what) OP_##id,
#include "model/ops.def"
#undef OP
    OP_KIND_COUNT
};

enum op_state {
#define OP_STATE(id, name, is_over, what) OP_STATE_##id,
#include "model/op_states.def"
#undef OP_STATE
    OP_STATE_COUNT
};

enum op_choice {
#define OP_CHOICE(id, name, what) OP_CHOICE_##id,
#include "model/op_choices.def"
#undef OP_CHOICE
    OP_CHOICE_COUNT
};

enum { OP_ID_BYTES = 40 };

/* How far one object of an op is. */
enum op_progress {
    OP_ITEM_waiting, /* nothing was sent for it yet */
    OP_ITEM_sent,    /* asked for; the answer is awaited */
    OP_ITEM_taken,   /* the service took it; the world has not changed yet */
    OP_ITEM_done,    /* true, by observation */
    OP_ITEM_failed,
    OP_ITEM_left, /* nothing will be done about it: not chosen, or the op was cancelled */
    OP_PROGRESS_COUNT
};

struct op_item {
    const char *id, *name; /* of a job, a worker, a connector */
    const char *what;      /* in the plan: its state, age and lease, in words */
    const char *loses;     /* in the plan: what it loses; "" */
    const char *note;      /* how it stands or ended, in words; "" */
    enum op_progress progress;
    int64_t asked_ms, done_ms; /* 0 */
};

/* What an op that asks offers; the answer is an order of that kind. */
enum op_offer {
    OP_OFFER_nothing,
    OP_OFFER_force,   /* the grace time has passed: force what is left */
    OP_OFFER_message, /* no work item appeared: send a message that the operator types */
    OP_OFFER_keep,    /* workers claimed new jobs: keep stopping what they claim */
    OP_OFFER_resume,  /* interrupted: go on, or dismiss it */
};

/* One line of the plan or of the record. */
enum op_line_kind {
    OP_LINE_call,    /* a request, exactly as it will be sent */
    OP_LINE_command, /* an argv, exactly as it will be run */
    OP_LINE_warning, /* what the operator should know before */
    OP_LINE_note,    /* what is known, such as the typical time to stop */
    OP_LINE_step,    /* what was done, with its result */
    OP_LINE_output,  /* of a command that runs or ran */
};

struct op_line {
    enum op_line_kind kind;
    int64_t at_ms; /* 0 in a plan */
    const char *text;
};

struct op {
    const char *id;  /* "op_…" */
    uint64_t ticket; /* of the order that asked for it, so that who asked finds it; 0: not ours */
    enum op_kind kind;
    enum op_state state;
    const char *object_id, *object_name; /* a pool, job, connector or tunnel; of several jobs the
                                          * first, and "3 jobs" */
    const char *pool_id;                 /* of a job or pool; "" */
    const char *summary; /* one sentence: where it stands, how it ended, why it was refused */
    const char *phase;   /* "stopping jobs"; "" */

    /* who and why */
    const char *user, *host, *ssh_client, *reason; /* "" when not known */
    bool is_ours;                                  /* of this program; else seen in the journal */
    bool is_headless;

    /* the plan */
    unsigned choices, choices_offered; /* bits 1u << OP_CHOICE_x */
    int64_t grace_ms;                  /* until force is offered; 0: not of this kind */
    const char *must_type;             /* confirming takes this name, typed; "": the key alone */
    const char *must_retype;           /* a second confirmation takes this; "": none is needed */
    const char *why_retype;            /* "alice drains this pool since 13:47"; "" */
    const struct op_item *items;
    size_t n_items;
    const struct op_line *lines; /* plan: calls, commands, warnings, notes; then the record */
    size_t n_lines;

    /* progress */
    int64_t planned_ms, confirmed_ms, undo_until_ms, started_ms, grace_until_ms, ended_ms;
    int64_t remaining_ms;  /* estimated from what was seen here; -1 */
    size_t n_done, n_left; /* of items */
    enum op_offer offer;
    const char *offer_text; /* what the offer means, and what it does not do */
};

const char *op_verb(enum op_kind kind);   /* "drain" */
const char *op_object(enum op_kind kind); /* "pool" */
const char *op_what(enum op_kind kind);
/* It changes nothing: it asks for no word, needs no arming and is not recorded. */
bool op_is_look(enum op_kind kind);
/* OP_KIND_COUNT when there is none. */
enum op_kind op_kind_find(const char *verb, const char *object);
const char *op_state_name(enum op_state state); /* "done", as in JSON */
/* OP_STATE_COUNT when there is none. */
enum op_state op_state_find(const char *name);
bool op_state_is_over(enum op_state state);
const char *op_progress_name(enum op_progress progress); /* "taken", as in JSON and the history */
/* OP_PROGRESS_COUNT when there is none. */
enum op_progress op_progress_find(const char *name);
const char *op_choice_name(enum op_choice choice);
const char *op_choice_what(enum op_choice choice);
/* Does its grace time mean something: can anything be forced? */
bool op_has_grace(const struct op *op);

#endif
