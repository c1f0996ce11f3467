/* connectors.h — ask every local connector how it is, and publish what it says. */
#ifndef PROBE_CONNECTORS_H
#define PROBE_CONNECTORS_H

#include "probe/attempt.h"
#include "probe/probe.h"

struct connectors;
struct stranger_probe;
struct store;

/* Nothing is asked before the loop turns. options and tools are borrowed until connectors_close.
 * NULL and err when a configured URL cannot be understood. */
struct connectors *connectors_open(const struct probe_options *options, struct tools *tools,
                                   struct store *store, struct err *err);
void connectors_close(struct connectors *connectors); /* NULL is allowed */

/* Tell it of every pass that ends; borrowed until connectors_close. */
void connectors_tell(struct connectors *connectors, struct stranger_probe *stranger);

/* Ask all of them everything, now. */
void connectors_refresh(struct connectors *connectors);

#endif
