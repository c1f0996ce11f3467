/* schedule.h — what to ask next, and when: the visible and the unhealthy first, everything within
 * the budget. */
#ifndef API_SCHEDULE_H
#define API_SCHEDULE_H

#include "api/engine.h"

enum { SCHEDULE_GRID_MS = 500 }; /* due times fall on it, so that an idle fleet wakes us seldom */

struct choice {
    const struct resource *resource;
    const char *subject; /* borrowed from the fleet */
    struct task *task;
};

/* The most urgent question that is due. False: nothing is, and *next_ms says when (monotonic;
 * INT64_MAX: when something happens). */
bool schedule_next(struct engine *engine, int64_t now_ms, struct choice *out, int64_t *next_ms);

/* How often this source is asked now; the same for one subject, which may be in focus. */
int64_t schedule_source_interval_ms(const struct engine *engine, enum source source);
int64_t schedule_interval_ms(const struct engine *engine, const struct resource *resource,
                             const char *subject);

/* Estimate the fleet's requests per minute and stretch the intervals so that they fit. */
void schedule_fit(struct engine *engine);

int64_t schedule_align(int64_t due_ms);

#endif
