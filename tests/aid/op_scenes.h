/* op_scenes.h — worlds in which something is planned, under way or over. */
#ifndef AID_OP_SCENES_H
#define AID_OP_SCENES_H

#include "aid/world.h"

/* Armed; nothing is under way. */
struct world *ops_armed(void);
/* The plan of a drain of eu-west with 20 jobs, of the order with this ticket. */
struct op *ops_add_plan(struct world *world, uint64_t ticket);
/* The same, confirmed: 17 are stopped, one is stuck. */
struct op *ops_add_drain(struct world *world);
/* A stop of "Release notes 4.12" whose grace time has passed: it asks whether to force. */
struct op *ops_add_asking(struct world *world);
/* A drain of alice's, and three that are over. */
void ops_add_others(struct world *world);
/* A drain of a console that was killed. */
struct op *ops_add_interrupted(struct world *world);

#endif
