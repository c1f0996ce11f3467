/* cli.h — the subcommands that print and leave. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "core/err.h"
#include "model/store.h"
#include "model/thresholds.h"

struct status_options {
    const char *context;
    bool is_json;
    bool is_ascii, has_colour;
    int64_t timeout_ms; /* how long to wait for every source to be tried once */
    struct thresholds thresholds;
};

/* Wait until every source was tried once or the time is over, then print to stdout (DESIGN 5).
 * Returns the exit status: 0, or 1 when nothing at all could be read. Progress and errors go to
 * stderr. */
int cli_status(const struct status_options *options, struct store *store);

#endif
