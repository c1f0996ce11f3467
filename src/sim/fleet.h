/* fleet.h — what moves the world: agents, workers, new jobs, and the end of old sessions. */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include "sim/world.h"

/* A new session with its first message and its work item, created then; the agent begins when
 * is_fresh, else the caller says how it stands. */
struct session *fleet_new_job(struct world *world, struct environment *environment,
                              int64_t created_ms, bool is_fresh);
/* Everything that is due at world->now_ms. A few times a second. */
void fleet_tick(struct world *world);

#endif
