/* rounds.h — when each source was asked in full, and what is published about it. */
#ifndef API_ROUNDS_H
#define API_ROUNDS_H

struct engine;

/* Count rounds and publish what changed. Sets engine->is_settled. */
void rounds_update(struct engine *engine);

#endif
