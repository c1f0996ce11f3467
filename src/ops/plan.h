/* plan.h — what an op will do, in words: its objects, its calls and commands, what it takes to
 * confirm it. The plans of each kind of object are in plan_jobs.c, plan_pools.c, plan_connectors.c;
 * here is what they share. */
#ifndef OPS_PLAN_H
#define OPS_PLAN_H

#include "ops/engine.h"

enum { PLAN_CALLS_SHOWN = 3 };

#define CHOICE(id) (1u << OP_CHOICE_##id)

/* Make it, or make it again with other choices; the run becomes planned or refused. */
void plan_make(struct engine *engine, struct run *run);

/* Another console is at it: then it takes a second word. */
void plan_guard_rival(struct run *run, const struct journal_op *rival);

/* It cannot be done, and why. */
void plan_refuse(struct engine *engine, struct run *run, const char *format, ...) PRINTF_LIKE(3, 4);
bool plan_is_refused(const struct run *run);

/* What was ordered of it, or what is usual when nobody says otherwise. */
void plan_choose(struct run *run, unsigned offered, unsigned usual);
void plan_name(struct run *run, const char *id, const char *name);

/* A job as an object of an op: its state, age and lease, and what it loses. */
struct run_item *plan_add_job(struct engine *engine, struct run *run, const struct job *job);

/* Lines of the plan. */
void plan_warn(struct run *run, const char *text);
void plan_call(struct run *run, enum api_call_id id, const char *first, const char *second,
               const char *body);
/* n calls were to be shown, and only the first ones were. */
void plan_more(struct run *run, size_t n);
/* The exact command; what keeps it from being run refuses the op. */
void plan_command(struct engine *engine, struct run *run, const struct driver_use *use,
                  enum driver_verb verb, const char *worker);
/* How long stops took here. */
void plan_typical_time(struct engine *engine, struct run *run);

#endif
