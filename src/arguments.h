/* arguments.h — what is left of the command line for a subcommand: flags and values are taken out,
 * names stay. What is wrong is said on standard error, and the caller leaves with EXIT_USAGE. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "core/base.h"

enum { EXIT_USAGE = 64 };

struct arguments {
    int n;
    char **v;
};

/* Takes "--name" out; true when it was there. */
bool take_flag(struct arguments *arguments, const char *name);

/* Takes "--name VALUE" or "--name=VALUE" out; *value keeps its default when it is not there. A
 * value that looks like an option is only taken after "=": more likely, the value was forgotten. */
bool take_value(struct arguments *arguments, const char *name, const char **value) MUST_CHECK;

/* The same for a whole number of that unit from least to most. */
struct number {
    const char *name, *unit; /* "--timeout", "seconds" */
    int64_t least, most;
};
bool take_number(struct arguments *arguments, const struct number *number,
                 int64_t *value) MUST_CHECK;

/* When all options were taken: what is left are names, also behind "--", which is taken out, too.
 * Returns what looks like an option and is none, or NULL. */
const char *take_names(struct arguments *arguments);

/* The first argument that is left is one too many, or unknown. Returns EXIT_USAGE. */
int usage_error(const char *command, const char *argument);

#endif
