/* phases.h — the stretches that ops are made of; a file each. */
#ifndef OPS_PHASES_H
#define OPS_PHASES_H

#include "ops/engine.h"

extern const struct phase phase_check;     /* is there a session to restart? */
extern const struct phase phase_quiet;     /* the pool's drain command */
extern const struct phase phase_interrupt; /* the sessions of a pool or job */
extern const struct phase phase_stop;      /* jobs: asked, watched, forced */
extern const struct phase phase_requeue;   /* a session's work is queued again */
extern const struct phase phase_empty;     /* nothing of the pool is left */
extern const struct phase phase_renew;     /* the pool's restart or start command */
extern const struct phase phase_roll;      /* worker by worker */
extern const struct phase phase_up;        /* the expected workers are there */
extern const struct phase phase_down;      /* a connector's drain command, and its end seen */
extern const struct phase phase_rotate;    /* a new token, delivered */
extern const struct phase phase_reconnect; /* connectors restarted, one by one */

extern const struct phase phase_look; /* a verb that changes nothing */

/* How plans are made: items, calls, commands, warnings. */
void plan_stop_job(struct engine *engine, struct run *run);
void plan_restart_job(struct engine *engine, struct run *run);
void plan_drain_pool(struct engine *engine, struct run *run);
void plan_restart_pool(struct engine *engine, struct run *run);
void plan_drain_connector(struct engine *engine, struct run *run);
void plan_restart_connector(struct engine *engine, struct run *run);
void plan_look(struct engine *engine, struct run *run);
void plan_rotate_token(struct engine *engine, struct run *run);

/* For is_wanted: all workers at once, rather than one by one. */
bool phase_is_not_rolling(const struct run *run);

/* Of the phase it is in, "" after the last; and back. */
const char *phase_name(const struct run *run);
size_t phase_find(enum op_kind kind, const char *name);
/* What one by that name does, in words; "" for none. */
const char *phase_doing(enum op_kind kind, const char *name);
const struct phase *phase_of(const struct run *run); /* NULL after the last */

/* Force what was asked and did not stop. */
void stop_force(struct engine *engine, struct run *run);

/* Of a rotation that was interrupted: what may have become of the token. */
const char *token_doubt(struct engine *engine, const struct run *run);

/* Send the operator's words to the sessions whose work did not appear. */
void requeue_message(struct engine *engine, struct run *run, const char *text);

#endif
