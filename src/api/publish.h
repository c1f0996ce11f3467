/* publish.h — when the others are told: at once in the beginning, then at most five times a second.
 */
#ifndef API_PUBLISH_H
#define API_PUBLISH_H

#include "api/engine.h"

/* Rows first, then what they rest on, then that it is all: a reader who sees "settled" sees all.
 * Returns when to call again at the latest (monotonic; INT64_MAX: when something happens). */
int64_t publish_news(struct engine *engine);

#endif
