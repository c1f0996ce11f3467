/* flags.h — global options on the command line. */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H

#include "core/err.h"
#include "core/option.h"

struct arena;

/* One option that was found, with its value as it would stand in the file. */
struct flag {
    const struct option *option;
    void *target;
    const char *value;
};

struct flags {
    struct flag *rows;
    size_t n;
};

/* Take the flags of tables out of argv, wherever they stand before "--". ERR_USAGE names the
 * flag. */
bool flags_take(const struct option_table *tables, size_t n_tables, int *argc, char **argv,
                struct arena *arena, struct flags *out, struct err *err) MUST_CHECK;

#endif
