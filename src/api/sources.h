/* sources.h — the questions that make up each source: concluded, given up, made due again. */
#ifndef API_SOURCES_H
#define API_SOURCES_H

#include "api/engine.h"

/* One question was answered (err NULL) or is given up for now. The task's next due time is set. */
void sources_conclude(struct engine *engine, const struct resource *resource, const char *subject,
                      const struct err *err, const char *request_id);

/* Give up, with the same reason, on everything that is due or was not tried in this round; on what
 * uses this credential only, unless that is NULL. */
void sources_conclude_all(struct engine *engine, const struct credential *credential,
                          const struct err *err);

/* The source is off until a refresh, and why. */
void sources_disable(struct engine *engine, enum source source, const struct err *err);

/* Begin a new epoch: everything is due, nothing is disabled, nothing is settled. */
void sources_restart(struct engine *engine);

/* After the gate opened: what failed is due now. */
void sources_retry_failed(struct engine *engine);

/* Call visit for each task that is part of a source. */
typedef void sources_visit(struct engine *engine, const struct resource *resource,
                           const char *subject, struct task *task, void *context);
void sources_each(struct engine *engine, sources_visit *visit, void *context);

/* The rows that make up the six sources, in the order in which they are asked first. */
extern const struct resource *const sources_resources[];
enum { SOURCES_RESOURCES = 6 };

#endif
