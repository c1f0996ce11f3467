/* fleet.h — what moves the world: agents, workers, new jobs, and the end of old sessions. */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include "sim/world.h"

/* A new session with its first message and its work item, created then; the agent begins when
 * is_fresh, else the caller says how it stands. */
struct session *fleet_new_job(struct world *world, struct environment *environment,
                              int64_t created_ms, bool is_fresh);
/* Bring the world to this moment, and do what was due. When that is long after the last time, since
 * this process had to wait, it goes in steps: workers heartbeat, claim and answer as if it had not,
 * and no lease lapses that they would have kept. */
void fleet_live(struct world *world, int64_t now_ms);
/* How late it may be: neither a lease nor the window in which a worker polls ends in such a time by
 * itself. */
int64_t fleet_step_ms(const struct world *world);

#endif
