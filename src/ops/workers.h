/* workers.h — a pool's workers as seen from outside, for the phases that wait for them. */
#ifndef OPS_WORKERS_H
#define OPS_WORKERS_H

#include "ops/engine.h"

/* Until the expected workers are there again, beside the window. */
enum { WORKERS_UP_WITHIN_MS = 120000 };

const struct pool *workers_pool(const struct engine *engine, const struct run *run); /* NULL */
const struct driver_use *workers_control(const struct engine *engine, const struct run *run);

/* Statistics, and where it can be listed the queue, that are newer than the phase. */
bool workers_are_fresh(const struct run *run, const struct pool *pool);

/* How long the world may take, beside the window; for tests it can be made shorter. */
int64_t workers_patience_ms(const struct engine *engine, int64_t usual_ms);
/* Has the phase, or the watch over one worker, lasted for longer? */
bool workers_have_had(const struct engine *engine, const struct run *run, int64_t ms);
/* The op fails when for all that time nobody could say what became of the pool. */
void workers_fail_unseen(struct engine *engine, struct run *run, int64_t usual_ms);

/* Sets run->expected, where the plan could not, or an older program did not record it. */
void workers_expect(struct engine *engine, struct run *run);

#endif
