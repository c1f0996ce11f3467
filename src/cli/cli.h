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

/* What `check --only LIST` leaves: words of a comma-separated list, see check_only_words. */
struct check_only {
    unsigned kinds;    /* bits 1u << enum check_kind */
    unsigned families; /* bits 1u << 4, 1u << 6 */
    bool has_layers;
    bool has_loss; /* loss and jitter over UDP, which take seconds */
};

/* NULL or "": everything. */
bool check_only_read(const char *list, struct check_only *out, struct err *err) MUST_CHECK;
/* "api, edge, …", for a message or a manual. */
const char *check_only_words(void);

struct check_options {
    struct status_options look; /* context, form and colours; timeout_ms bounds all of it */
    struct check_only only;
    bool is_watching;       /* go on and print what changes, until a signal */
    bool has_live_progress; /* standard error is a terminal: one line that is written over */
};

/* Wait until everything asked for was measured once or the time is over, print the result, and
 * return the exit status: an enum outlook_verdict. */
int cli_check(const struct check_options *options, struct store *store);

#endif
