/* workers.h — the workers of a pool together: how many, and what is wrong with them. */
#ifndef SIM_WORKERS_H
#define SIM_WORKERS_H

#include "sim/worker.h"

/* Make it so many processes of the pool's, forgetting those that are down, and adding idle ones or
 * removing the newest as if their hosts had lost power. */
void workers_set(struct world *world, struct environment *environment, int64_t n);
/* Give all workers of a pool a quirk. */
void workers_set_quirk(struct world *world, struct environment *environment, enum quirk quirk);

#endif
