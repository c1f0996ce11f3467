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
void worker_adopt(struct worker *worker, struct item *item);
/* It has acknowledged this item, and beats for the first time then: its sandbox is starting up. */
void worker_warm_up(struct worker *worker, struct item *item, int64_t until_ms);
void worker_set_quirk(struct worker *worker, enum quirk quirk);
/* Its item was taken away; it polls again. */
void worker_release(struct world *world, struct worker *worker);
void worker_tick(struct world *world, struct worker *worker);

/* What an operator may do to it; each is done when it has come true, some ticks later.
 * drain: SIGTERM. It stops its item by force and exits; one that does not hear is killed half a
 * minute later, and its item keeps its state. start: when it is down. restart: both. */
void worker_drain(struct world *world, struct worker *worker);
void worker_start(struct world *world, struct worker *worker);
void worker_restart(struct world *world, struct worker *worker);

const char *worker_name(const struct worker *worker); /* of its unit, in its pool: "build-07" */
const char *worker_id(const struct worker *worker);   /* of its process; "" when it is down */
/* "down", "starting", "polling", "working", "draining" */
const char *worker_state(const struct world *world, const struct worker *worker);
bool worker_is_down(const struct worker *worker);
const struct item *worker_item(const struct worker *worker); /* NULL: none */
const struct environment *worker_pool(const struct worker *worker);

#endif
