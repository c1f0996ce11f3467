/* engine.h — everything the ops thread works with, and what phases may do. Only files of this room
 * include it. */
#ifndef OPS_ENGINE_H
#define OPS_ENGINE_H

#include "core/driver.h"
#include "history/journal.h"
#include "model/store.h"
#include "ops/ops.h"
#include "ops/run.h"

struct map;
struct process_plan;
struct mailbox;

enum {
    ENGINE_TICK_MS = 500,
    ENGINE_MOST_EFFECTS = 4, /* requests that change the world, in flight at once */
    ENGINE_MOST_PAST = 50,   /* ops that are over and still shown */
};

struct engine {
    const struct ops_options *options; /* borrowed */
    struct api *api;
    struct store *store;
    struct journal *journal; /* NULL: see journal_error */
    struct err journal_error;
    struct mailbox *mailbox;
    struct run *runs; /* ours, the newest first */
    uint64_t last_tag;

    /* what others wrote into the journal */
    struct arena *others_arena;
    const struct journal_op *others;
    size_t n_others;
    bool others_live; /* one of them belongs to another console that runs */

    int64_t armed_until_ms; /* wall; 0: locked; INT64_MAX: always */
    int64_t lock_ms; /* monotonic: when it locks, whatever somebody does to the other clock */
    char locked_why[RUN_NOTE_BYTES];
    char reason[ORDER_REASON_BYTES];

    struct map *jobs; /* of the snapshot, by id; engine_job */
    uint64_t jobs_version;
    struct snapshot snapshot; /* taken anew for each look at the world */
    int64_t now_ms, wall_ms;  /* of this turn */
    bool ops_changed, control_changed;
    bool others_are_old;     /* somebody wrote into the journal since it was read */
    int64_t publish_ms;      /* monotonic: not before; what is large is published more seldom */
    int64_t notice_until_ms; /* monotonic: somebody wrote lately, or is about to have written */
    int64_t others_read_ms;  /* monotonic: not before */
    int64_t last_wall_ms;    /* of the turn before */
};

/* One stretch of an op's way; the rows of kinds.c say which ops are made of which. All but `name`
 * and `doing` may be NULL. */
struct phase {
    const char *name;                         /* as the journal has it: where to go on */
    const char *doing;                        /* "stopping jobs" */
    bool (*is_wanted)(const struct run *run); /* false: skipped; NULL: always wanted */
    void (*enter)(struct engine *engine, struct run *run);
    /* Looks at the world, a few times a second. */
    void (*tick)(struct engine *engine, struct run *run);
    void (*answered)(struct engine *engine, struct run *run, struct run_item *item,
                     const struct api_answer *answer);
    /* A command ended; err NULL: with success. */
    void (*ended)(struct engine *engine, struct run *run, const struct err *err);
};

/* What a kind of op is: how its plan is made, and its way. */
struct kind {
    void (*plan)(struct engine *engine, struct run *run);
    const struct phase *const *phases; /* NULL-terminated */
    bool takes_grace;
    const char *done; /* what is true when all phases are done, in words */
    /* ": what is not certain of one that was interrupted", or ""; NULL: nothing that matters */
    const char *(*doubt)(struct engine *engine, const struct run *run);
};
extern const struct kind kinds[OP_KIND_COUNT];

/* engine.c: what phases and plans do. */

/* The phase is done: the next one is entered, or the op is done. A cancelled op stays where it is.
 */
void engine_next(struct engine *engine, struct run *run);
/* The op is over; the summary is its last word. */
void engine_end(struct engine *engine, struct run *run, enum op_state state, const char *format,
                ...) PRINTF_LIKE(4, 5);
/* It cannot go on by itself, and offers this. */
void engine_ask(struct engine *engine, struct run *run, enum op_offer offer, const char *format,
                ...) PRINTF_LIKE(4, 5);
/* An offer was taken, or is no longer needed. */
void engine_go_on(struct engine *engine, struct run *run);

/* Send one request about an item. One that changes the world is recorded first; false when it could
 * not be, and the op has failed. */
bool engine_call(struct engine *engine, struct run *run, struct run_item *item,
                 enum api_call_id call, const char *body);
/* What certainly did not happen may be tried again, later each time, unless the service said when;
 * sets item->not_before_ms. False when that went on for too long. */
bool engine_may_try_again(const struct engine *engine, struct run_item *item,
                          const struct api_answer *answer);
/* May one more request that changes the world be sent now? */
bool engine_may_act(const struct engine *engine);
/* Run a verb, of one worker or (NULL) of all; recorded first, with the item that it is about (NULL:
 * the op's object). False when it could not be started or recorded, and the op has failed. */
bool engine_command(struct engine *engine, struct run *run, const struct driver_use *use,
                    enum driver_verb verb, const char *worker, const struct run_item *item);
bool engine_run_argv(struct engine *engine, struct run *run, const struct process_plan *plan,
                     const char *what, const struct run_item *item);

/* What is certain of a step of an op that was interrupted. */
enum known {
    KNOWN_not_begun,
    KNOWN_perhaps, /* it was begun; how it ended is not known */
    KNOWN_failed,
    KNOWN_succeeded,
};
/* Of an op that was resumed in this phase: what became of that command, which is not run again when
 * it was begun. That it failed is told to the phase, as if it had ended now. */
enum known engine_known(struct engine *engine, struct run *run, enum driver_verb verb,
                        const struct run_item *item);
/* Ask for the pool's queue and items anew, unless that was done less than every_ms ago. */
enum { HURRY_MS = 3000, HURRY_MORE_MS = 1000 };
void engine_hurry(struct engine *engine, struct run *run, int64_t every_ms);
/* The item changed: record and show it. False: see engine_call. */
bool engine_item(struct engine *engine, struct run *run, const struct run_item *item);
/* The same of many, marked as unwritten, at once. */
bool engine_items(struct engine *engine, struct run *run);
/* The result of a step; when it cannot be written that is said, and the step's end is not known to
 * whoever resumes. */
void engine_result(struct engine *engine, struct run *run, int64_t step, const char *result);
/* The op's summary, phase or state changed. */
bool engine_changed(struct engine *engine, struct run *run);

/* When to do again what began then and is done now, so that it takes little of the thread's time.
 */
int64_t engine_seldom(int64_t began_ms);

/* A job of the snapshot; NULL. As object_job, for whoever asks about many. */
const struct job *engine_job(struct engine *engine, const char *id);

/* The driver of a pool or connector; NULL. */
const struct driver_use *engine_control(const struct engine *engine, const char *kind,
                                        const char *id);
const struct ops_token *engine_token(const struct engine *engine, const char *tunnel_id);

/* publish.c */
void publish_ops(struct engine *engine);
void publish_control(struct engine *engine);

/* orders.c */
void orders_take(struct engine *engine, const struct op_order *order);

#endif
