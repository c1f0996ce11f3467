/* worker.h — simulated workers: they go through poll, ack, heartbeat, tool results and stop as the
 * SDK's do (facts/management-api.md 6), by the same functions that serve HTTP. */
#ifndef SIM_WORKER_H
#define SIM_WORKER_H

#include "sim/world.h"

enum quirk {
    QUIRK_NONE,
    QUIRK_STALLS, /* claims and never acknowledges */
    QUIRK_SILENT, /* its host froze: no heartbeat, no result, no poll */
    QUIRK_DEAF,   /* beats, but ignores that it should stop */
};

struct worker;

/* An idle one, about to poll. */
struct worker *worker_new(struct world *world, struct environment *environment, enum quirk quirk);
/* It has been polling for a while: the service has seen it. */
void worker_was_polling(struct world *world, struct worker *worker);
void worker_free(struct worker *worker);
/* It holds this item since its ack, as if it had gone through everything before. */
void worker_adopt(struct world *world, struct worker *worker, struct item *item);
void worker_set_quirk(struct worker *worker, enum quirk quirk);
/* Its item was taken away; it polls again. */
void worker_release(struct world *world, struct worker *worker);
void worker_tick(struct world *world, struct worker *worker);

/* Make it so many of the pool's, adding idle ones or removing the newest as if their hosts had
 * lost power. */
void workers_set(struct world *world, struct environment *environment, int64_t n);
/* Give all workers of a pool a quirk. */
void workers_set_quirk(struct world *world, struct environment *environment, enum quirk quirk);

#endif
