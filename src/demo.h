/* demo.h — the simulator as a child of the console: started, asked where it listens, and never left
 * behind. */
#ifndef DEMO_H
#define DEMO_H

#include "core/err.h"

struct arena;
struct demo;
struct sim_options;

/* Fork the simulator with this scenario, seed, scenario_folders and program; call before any thread
 * exists. Does not wait for it. */
struct demo *demo_start(const struct sim_options *world, struct err *err);

/* Wait until it listens (10 s at most) and return its configuration's path, owned by the arena;
 * NULL and err when it did not come up. */
const char *demo_config(struct demo *demo, struct arena *arena, struct err *err);

/* End it: it is told by a closed pipe, killed when it has not gone after two seconds, and waited
 * for. NULL is allowed. Should this process die first, the same pipe ends the simulator. */
void demo_stop(struct demo *demo);

#endif
