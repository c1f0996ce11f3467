/* checks.h — all connectivity checks of this host: what to measure, when, and publishing it. */
#ifndef PROBE_CHECKS_H
#define PROBE_CHECKS_H

#include "probe/attempt.h"
#include "probe/probe.h"

struct checks;
struct store;

/* Nothing is measured before the loop turns. options and tools are borrowed until checks_close.
 * NULL and err when the API's URL cannot be understood. */
struct checks *checks_open(const struct probe_options *options, struct tools *tools,
                           struct store *store, struct err *err);
void checks_close(struct checks *checks); /* NULL is allowed */

/* Measure everything wholly, now. */
void checks_refresh(struct checks *checks);
/* Measure one check wholly, and its loss and jitter; id: check_id_add's. */
void checks_check(struct checks *checks, const char *id);

#endif
