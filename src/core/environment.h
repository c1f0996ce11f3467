/* environment.h — the variables that a child gets: ours without those that hold credentials. */
#ifndef CORE_ENVIRONMENT_H
#define CORE_ENVIRONMENT_H

#include "core/base.h"

/* From now on no child sees this variable: the configuration says that a credential is in it. Those
 * of the service and of the connector (ANTHROPIC_*, TUNNEL_TOKEN) are hidden anyway. Any thread. */
void environment_hide(const char *name);

/* "NAME=value", ending in NULL; only those of these names, when names (ending in NULL) is not NULL.
 * Caller frees the array with free; the strings are the process's. */
char **environment_of_child(const char *const *names);

#endif
