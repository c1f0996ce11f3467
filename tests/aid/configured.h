/* configured.h — a configuration that a test writes, with the shipped drivers and its own. */
#ifndef AID_CONFIGURED_H
#define AID_CONFIGURED_H

#include "config/config.h"

struct configured {
    char *folder;
    struct arena *arena;
    struct config config;
    struct err err;
};

/* Set-up and teardown: *state is the configured. */
int configured_begin(void **state);
int configured_end(void **state);

/* With the shipped drivers and those in its folder, which win. */
bool configured_load(struct configured *world, const char *yaml);
/* One pool with that control, to be loaded. */
const char *configured_pool(struct configured *world, const char *control);
/* What that verb runs for the first pool, "a|b|c"; worker NULL: none. */
const char *configured_expand(struct configured *world, enum driver_verb verb, const char *worker);
const char *configured_join(struct configured *world, const char *const *argv);

#endif
