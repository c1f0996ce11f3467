/* driver.h — how a pool or connector is drained, restarted, listed: argv templates without a shell,
 * and the declared fields that may fill them.
 *
 * A driver is data (a YAML file, read by config); this is its form in memory, and the one place
 * where a template becomes an argv. Every value is checked against its field's pattern before it
 * can become part of an argument, so that a remote shell (ssh) finds nothing to interpret. Pure;
 * may be called on any thread. */
#ifndef CORE_DRIVER_H
#define CORE_DRIVER_H

#include "core/err.h"

struct arena;

enum driver_verb {
    DRIVER_list,    /* one worker or instance a line, its name first; harmless */
    DRIVER_drain,   /* no new work is taken; what runs may end */
    DRIVER_restart, /* of one worker when the template uses {worker}, else of all */
    DRIVER_start,
    DRIVER_status, /* for people */
    DRIVER_logs,   /* for people: the newest lines */
    DRIVER_VERBS
};

struct driver_field {
    const char *name, *help;
    const char *pattern;  /* POSIX extended regular expression that the whole value must match */
    const char *fallback; /* NULL: none */
    bool is_required;
};

/* One argument, with {field} where values go; or a group that is there only when a field has a
 * value. */
struct driver_word {
    const char *text;
    const char *when; /* a field's name; NULL: always */
};

struct driver_template {
    const struct driver_word *words; /* n == 0: the driver does not have this verb */
    size_t n;
    bool takes_worker;   /* uses {worker} */
    int64_t deadline_ms; /* until it is killed */
};

struct driver {
    const char *name, *about;
    const char *path; /* the file it came from */
    const struct driver_field *fields;
    size_t n_fields;
    const char *worker_pattern;     /* what a listed name must match to be used as {worker} */
    const char *const *environment; /* NULL-terminated: variables that its children get */
    struct driver_template verbs[DRIVER_VERBS];
};

/* A driver and the values of its fields for one pool or connector. */
struct driver_use {
    const struct driver *driver;
    const char *const *values; /* in the order of fields; NULL: not set */
};

const char *driver_verb_name(enum driver_verb verb); /* "drain" */
enum driver_verb driver_verb_find(const char *name); /* DRIVER_VERBS when there is none */
unsigned driver_verbs(const struct driver_use *use); /* bits 1u << DRIVER_x; 0 when use is NULL */

/* The argv of one verb, NULL-terminated, owned by the arena. worker: NULL when the verb is for all.
 * ERR_CONFIG when the driver has no such verb, a required field has no value, or a value does not
 * match its pattern. */
bool driver_expand(const struct driver_use *use, enum driver_verb verb, const char *worker,
                   struct arena *arena, const char *const **out, struct err *err);

/* May this be used as {worker}? */
bool driver_is_worker(const struct driver *driver, const char *name);

#endif
