/* turn.h — one turn of the ops thread: answers and output taken in, the world looked at, phases
 * moved on. */
#ifndef OPS_TURN_H
#define OPS_TURN_H

#include "ops/engine.h"

/* Everything that is due. engine's clocks and snapshot are of this turn. */
void turn_take(struct engine *engine);

/* Monotonic: when the next turn is due at the latest; INT64_MAX: when something comes. */
int64_t turn_due_ms(const struct engine *engine);

#endif
