/* turn.h — one turn of the ops thread: answers and output taken in, ops moved on. */
#ifndef OPS_TURN_H
#define OPS_TURN_H

#include "ops/engine.h"

/* Lock when the time is over; before orders are taken. */
void turn_lock(struct engine *engine);

/* The wall clock was set back: what is awaited as newer than a moment is awaited as newer than now.
 */
void turn_set_back(struct engine *engine);

/* With the snapshot and the clocks of this turn. */
void turn_take(struct engine *engine);

/* Before the room is left: is a new token on its way, from the service or to where it goes? It is
 * lost when nobody takes it. */
bool turn_holds_token(const struct engine *engine);
/* Answers and output taken in; nothing else is begun. */
void turn_take_last(struct engine *engine);

/* Monotonic: when the next turn is due even if nothing happens; INT64_MAX. */
int64_t turn_due_ms(const struct engine *engine);

#endif
