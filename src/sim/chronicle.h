/* chronicle.h — what happened to workers and connectors, for whoever asks a control driver for
 * logs: the newest lines only. The world's lock guards it. */
#ifndef SIM_CHRONICLE_H
#define SIM_CHRONICLE_H

#include "sim/world.h"

struct json;

/* of: a pool's id or a connector's name; at world->now_ms. */
void chronicle_add(struct world *world, const char *of, const char *format, ...) PRINTF_LIKE(3, 4);
/* The lines about it, oldest first, as strings into the list. */
void chronicle_show(const struct world *world, const char *of, struct json *list);
/* Forget everything. */
void chronicle_clear(struct world *world);

#endif
