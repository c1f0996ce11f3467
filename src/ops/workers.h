/* workers.h — a pool's workers as seen from outside, for the phases that wait for them. */
#ifndef OPS_WORKERS_H
#define OPS_WORKERS_H

#include "ops/engine.h"

/* Until the expected workers are there again, beside the window. */
enum { WORKERS_UP_WITHIN_MS = 120000 };

const struct pool *workers_pool(const struct engine *engine, const struct run *run); /* NULL */
const struct driver_use *workers_control(const struct engine *engine, const struct run *run);

/* The pool, when it is known what became of it in this phase; else NULL, which fails the op in the
 * end. Asks for it. */
const struct pool *workers_see(struct engine *engine, struct run *run, int64_t usual_ms);

/* As many as expected, by a count that was made when no worker that ended before the phase, or the
 * watch over one worker, began can have been in it any more. */
bool workers_are_back(const struct engine *engine, const struct run *run, const struct pool *pool);

/* They are not: when it has lasted for too long, the op ends, and says whether that was seen. who:
 * a worker, or "all of them". */
void workers_fail(struct engine *engine, struct run *run, const struct pool *pool, const char *who);

/* How long the world may take, beside the window; for tests it can be made shorter. */
int64_t workers_patience_ms(const struct engine *engine, int64_t usual_ms);
/* Has the phase, or the watch over one worker, lasted for longer? */
bool workers_have_had(const struct engine *engine, const struct run *run, int64_t ms);

/* Sets run->expected, where the plan could not, or an older program did not record it. */
void workers_expect(struct engine *engine, struct run *run);

#endif
