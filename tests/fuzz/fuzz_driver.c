/* A driver file, and values for whatever fields it has. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "config/driver_file.h"
#include "core/arena.h"
#include "core/yaml.h"

enum { MOST_TRIED = 64 };

/* An argv has words, or there is an error with words of its own. */
static void
try_verb(const struct driver_use *use, enum driver_verb verb, const char *worker,
         struct arena *arena)
{
    struct err err = {ERR_NONE, ""};
    const char *const *argv = NULL;
    size_t n = 0;

    if (!driver_expand(use, verb, worker, arena, &argv, &err)) {
        INSIST(err.code == ERR_CONFIG && *err.message && !argv);
        return;
    }
    while (argv[n])
        n++;
    INSIST(n > 0 && n <= use->driver->verbs[verb].n);
    INSIST(*argv[0]);
}

static void
try_driver(const struct driver *driver, struct arena *arena)
{
    static const char *const tries[] = {NULL, "a", "-x", "a b;$(c)", "1", "x.service"};
    const char *values[MOST_TRIED];

    INSIST(driver->about && driver->n_fields <= MOST_TRIED);
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        struct driver_use use = {driver, values};

        for (size_t j = 0; j < driver->n_fields; j++)
            values[j] = tries[i];
        for (int verb = 0; verb < DRIVER_VERBS; verb++)
            for (size_t j = 0; j < COUNT_OF(tries); j++)
                try_verb(&use, (enum driver_verb)verb, tries[j], arena);
    }
    if (driver->worker_pattern)
        INSIST(driver_workers_read(driver, "a x\nb\n", 6, arena).n <= 2);
}

FUZZ(driver)
{
    struct arena *arena = arena_new();
    struct mistakes mistakes = {.arena = arena};
    struct driver driver = {.name = "fuzzed", .path = "file"};
    const struct yaml *root = yaml_parse(arena, "file", (const char *)bytes, n, NULL);

    if (root && driver_file_read(root, &driver, &mistakes))
        try_driver(&driver, arena);
    else if (root)
        INSIST(mistakes.n > 0);
    arena_free(arena);
    return 0;
}
