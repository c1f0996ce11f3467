/* check_look.h — one look at all that `check` tells, and what is new since an earlier one. */
#ifndef CLI_CHECK_LOOK_H
#define CLI_CHECK_LOOK_H

#include <stdio.h>

#include "cli/cli.h"
#include "model/outlook.h"

struct check_look {
    const struct check_options *options; /* borrowed */
    struct store *store;                 /* borrowed */
    struct snapshot snapshot;
    struct assessment *assessment;
    struct arena *arena;
    struct outlook outlook;
    int64_t now_ms; /* wall */
};

/* Caller ends it with check_look_away, before the store is gone. */
void check_look(struct check_look *out, const struct check_options *options, struct store *store);
void check_look_away(struct check_look *look);

/* The whole result, in the form that the options ask for. */
void check_look_print(FILE *out, const struct check_look *look);

/* A line for each check, each layer and the verdict that is not as it was before; false when
 * nothing is new. out NULL: say only whether something is. */
bool check_look_news(FILE *out, const struct check_look *before, const struct check_look *now);

#endif
