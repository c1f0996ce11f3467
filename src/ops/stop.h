/* stop.h — what the files of the phase that stops jobs share: stop.c asks, stop_answer.c takes in
 * what is answered, stop_watch.c looks until it is so, stop_force.c is for what does not stop. */
#ifndef OPS_STOP_H
#define OPS_STOP_H

#include "ops/engine.h"

enum { STOP_FIRST_LOOK_MS = 400 };

/* stop_answer.c: it has stopped; note "" says how long that took. */
void stop_done(struct engine *engine, struct run *run, struct run_item *item, const char *note);
void stop_failed(struct engine *engine, struct run *run, struct run_item *item, const char *why);
/* It was seen in this state, the service's word, which is not "stopped". */
void stop_seen(struct engine *engine, struct run *run, struct run_item *item, const char *state);
void stop_answered(struct engine *engine, struct run *run, struct run_item *item,
                   const struct api_answer *answer);

/* stop_watch.c */
void stop_watch(struct engine *engine, struct run *run);

/* stop_force.c: is the grace time over, and what then. */
void stop_judge_grace(struct engine *engine, struct run *run);
/* When even force was not seen to work. */
void stop_give_up(struct engine *engine, struct run *run);

#endif
