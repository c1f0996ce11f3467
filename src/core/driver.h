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

enum {
    DRIVER_LONGEST_VALUE = 255, /* bytes of a field's value and of a worker's name */
    DRIVER_LONGEST_PATTERN = 200,
    DRIVER_MOST_WORKERS = 4096, /* of one list */
};

enum driver_verb {
    DRIVER_list,    /* the workers or instances that run, one a line, its name first; harmless */
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

/* One argument, with {field} and {worker} where values go: there only when all of `when` have a
 * value and none of `unless` has. Double braces, and braces around anything but a name ([a-z_]+),
 * stand for themselves.
 */
struct driver_word {
    const char *text;
    const char *const *when, *const *unless; /* fields' names, or "worker"; NULL-terminated */
    bool opens_remote_shell; /* the words behind it go through the shell of another host, so they
                              * are quoted for one */
};

struct driver_template {
    const struct driver_word *words; /* n == 0: the driver does not have this verb */
    size_t n;
    bool takes_worker;   /* can be for one worker: uses {worker} */
    bool needs_worker;   /* cannot be for all */
    int64_t deadline_ms; /* until it is killed */
};

struct driver {
    const char *name, *about;
    const char *path;   /* the file it came from */
    bool is_configured; /* its verbs stand in the configuration, pool by pool */
    const struct driver_field *fields;
    size_t n_fields;
    const char *worker_pattern; /* what a listed name must match to be used as {worker}; NULL when
                                 * there is no list */
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
 * ERR_CONFIG when the driver has no such verb or not for all or not for one, a field that it needs
 * has no value, a value does not match its pattern, or a value would be read as an option. */
bool driver_expand(const struct driver_use *use, enum driver_verb verb, const char *worker,
                   struct arena *arena, const char *const **out, struct err *err);

/* Stands for any worker in an argv that is only shown: no pattern needs to match it. */
extern const char driver_any_worker[];

/* May this be used as {worker}? */
bool driver_is_worker(const struct driver *driver, const char *name);

/* The names in what `list` printed, each once, in its order, owned by the arena. Lines whose first
 * word may not be used as {worker}, and those after DRIVER_MOST_WORKERS, are only counted. */
struct driver_workers {
    const char *const *names;
    size_t n, n_refused;
};
struct driver_workers driver_workers_read(const struct driver *driver, const char *bytes, size_t n,
                                          struct arena *arena);

/* For whoever reads drivers and their values. */

/* Is this value fit for this field? Not empty, not too long, no control character, and the pattern
 * matches all of it. ERR_CONFIG says what was expected. */
bool driver_value_fits(const struct driver_field *field, const char *value, struct err *err);
/* Can it be used as one? No repetition counts and no back-references, so that matching is quick
 * whatever the value. */
bool driver_pattern_is_valid(const char *pattern, struct err *err);
/* The next {name} of a word: its bytes without braces, *n of them, and *text moves behind it; NULL
 * when there is none. */
const char *driver_next_name(const char **text, size_t *n);

#endif
