/* acting.h — the simulator, the API room and the ops room together; orders, and what becomes of
 * them. */
#ifndef AID_ACTING_H
#define AID_ACTING_H

#include "aid/watch.h"
#include "ops/ops.h"

struct acting {
    struct watch watch;
    char *folder;               /* holds the journal */
    struct ops_options options; /* armed, no undo, quick; change before acting_start */
    struct ops *ops;
    struct probe *probe; /* with acting_use_connectors */
    uint64_t last_ticket;
};

/* The simulator with this scenario; call while no thread runs. */
void acting_begin(struct acting *acting, const char *scenario);
/* Let the pools and connectors be controlled as the simulator's configuration says. */
void acting_use_controls(struct acting *acting);

/* Let a verb of the nth control run a script of the shell first, which ends with exec "$@" to go on
 * with what it would have run; before acting_start. */
void acting_wrap_verb(struct acting *acting, size_t nth, enum driver_verb verb, const char *script);

/* Let the connectors of the simulator be asked, often. After acting_start. */
void acting_use_connectors(struct acting *acting);
/* Wait until all of them are ready. */
void acting_until_connected(struct acting *acting);

/* Start both rooms and wait until the world is known. */
void acting_start(struct acting *acting);
/* Stop the ops room alone; acting_start_ops starts it again, on the same journal. */
void acting_stop_ops(struct acting *acting);
void acting_start_ops(struct acting *acting);
void acting_end(struct acting *acting);

/* Plan this op about ids (NULL-terminated) and wait until it is planned or refused. Its row, of the
 * last snapshot; fails the test when none comes. */
const struct op *acting_plan(struct acting *acting, enum op_kind kind, const char *const *ids);
/* The same with these choices. */
const struct op *acting_plan_with(struct acting *acting, enum op_kind kind, const char *const *ids,
                                  unsigned choices);
/* Give the word to the last plan, typing what it wants. */
void acting_confirm(struct acting *acting);
void acting_order(struct acting *acting, enum op_order_kind kind, const char *typed);
/* Resume or dismiss an interrupted op, typing that: it is the last op from then on. */
void acting_take_over(struct acting *acting, enum op_order_kind kind, const char *id,
                      const char *typed);

/* Wait until the last op has that state; false after a minute. */
bool acting_until(struct acting *acting, enum op_state state);
/* Wait until it is over, and give its row; fails the test after two minutes. */
const struct op *acting_over(struct acting *acting);
const struct op *acting_op(struct acting *acting); /* the last op's row; NULL */
/* In a snapshot that is waited for; *ticket is run.last_ticket, as a rule. */
const struct op *acting_op_in(const struct snapshot *snapshot, const uint64_t *ticket);

/* Wait until it is over; fails the test unless it ended like that and its summary has that part. */
void acting_expect(struct acting *acting, enum op_state state, const char *part);
/* Wait until the only op there is was interrupted: its row. */
const struct op *acting_until_interrupted(struct acting *acting);
/* Wait until so many workers of the only pool poll. */
void acting_until_polling(struct acting *acting, int64_t workers);
/* Does its plan or record say that? */
bool acting_has_line(const struct op *op, enum op_line_kind kind, const char *part);

/* The nth job of the snapshot with a work item in that state; NULL. */
const struct job *acting_job(struct acting *acting, enum job_state state, size_t nth);

/* How often a stop was asked for, of one item or ("") of all. */
int64_t acting_stops(struct acting *acting);

#endif
