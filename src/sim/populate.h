/* populate.h — make the world that a scenario describes, already aged. */
#ifndef SIM_POPULATE_H
#define SIM_POPULATE_H

#include "sim/scenario.h"
#include "sim/world.h"

/* world->now_ms is set. The scenario is borrowed for the call. */
struct world *populate(const struct scenario *scenario, uint64_t seed, int64_t now_ms);

#endif
