#include "config/flags.h"

#include <string.h>

#include "core/arena.h"

struct scan {
    const struct option_table *tables;
    size_t n_tables;
    int argc, from, to; /* arguments are read at from and kept at to */
    char **argv;
    struct flags *flags;
    struct err *err;
};

/* The row whose flag this argument is; *value is what stands behind "=", or NULL. */
static const struct option *
find(const struct scan *scan, const char *argument, void **target, const char **value)
{
    size_t length = strcspn(argument, "=");

    for (size_t i = 0; i < scan->n_tables; i++)
        for (size_t j = 0; j < scan->tables[i].n; j++) {
            const struct option *option = &scan->tables[i].rows[j];
            const char *name = option->flag.name;

            if (!name || strlen(name) != length || strncmp(name, argument, length) != 0)
                continue;
            *target = scan->tables[i].target;
            *value = argument[length] ? argument + length + 1 : NULL;
            return option;
        }
    return NULL;
}

static bool
take(struct scan *scan, const struct option *option, void *target, const char *value)
{
    const struct option_place *flag = &option->flag;

    if (!flag->value && value)
        return err_set(scan->err, ERR_USAGE, "%s: takes no value, found \"%.60s\"", flag->name,
                       value);
    if (!flag->value)
        value = flag->implies;
    if (!value && scan->from < scan->argc)
        value = scan->argv[scan->from++];
    if (!value || (!*value && option->type != OPTION_STRING))
        return err_set(scan->err, ERR_USAGE, "%s: expected %s after it", flag->name, flag->value);
    scan->flags->rows[scan->flags->n++] =
        (struct flag){.option = option, .target = target, .value = value};
    return true;
}

bool
flags_take(const struct option_table *tables, size_t n_tables, int *argc, char **argv,
           struct arena *arena, struct flags *out, struct err *err)
{
    struct scan scan = {.tables = tables,
                        .n_tables = n_tables,
                        .argc = *argc,
                        .from = 1,
                        .to = 1,
                        .argv = argv,
                        .flags = out,
                        .err = err};

    *out = (struct flags){.rows = arena_array(arena, (size_t)*argc + 1, sizeof(*out->rows))};
    while (scan.from < scan.argc) {
        char *argument = argv[scan.from++];
        const struct option *option;
        const char *value;
        void *target;

        if (strcmp(argument, "--") == 0) {
            scan.from--;
            break;
        }
        option = find(&scan, argument, &target, &value);
        if (!option)
            argv[scan.to++] = argument;
        else if (!take(&scan, option, target, value))
            return false;
    }
    while (scan.from < scan.argc)
        argv[scan.to++] = argv[scan.from++];
    argv[scan.to] = NULL;
    *argc = scan.to;
    return true;
}
