/* control.h — what controls one pool or connector: {driver: NAME, and that driver's fields}. */
#ifndef CONFIG_CONTROL_H
#define CONFIG_CONTROL_H

#include "config/walk.h"
#include "core/driver.h"

/* Fill out from node; where: how messages call it. Nothing is filled in when the driver is not
 * there. What is set is noted with its place, one setting for each key. */
void control_read(struct loader *loader, const struct scope *scope, const struct option *option,
                  const struct yaml *node, const char *where, struct driver_use *out);

#endif
