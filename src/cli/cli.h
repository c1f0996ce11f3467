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
    bool is_part;  /* a list was given: what is not on it was not looked at */
};

/* NULL: everything. */
bool check_only_read(const char *list, struct check_only *out, struct err *err) MUST_CHECK;
/* "api, edge, …", for a message or a manual. */
const char *check_only_words(void);

struct check_options {
    struct status_options look; /* context, form and colours; timeout_ms bounds all of it */
    struct check_only only;
    bool is_watching;       /* go on and print what changes, until a signal */
    bool has_live_progress; /* on standard error, a terminal: one line that is written over */
};

/* Wait until everything asked for was measured once or the time is over, print the result, and
 * return the exit status: an enum outlook_verdict. */
int cli_check(const struct check_options *options, struct store *store);

/* How an action ended: the exit statuses of drain, restart, stop and history --resume. */
enum act_verdict {
    ACT_done,    /* what it was for is true, by observation */
    ACT_partly,  /* some of it is; what was done stays done */
    ACT_failed,  /* it failed or was refused */
    ACT_unknown, /* not known: the time was over, or it is left to the journal */
};

struct act_options {
    struct status_options look; /* context, form and colours; timeout_ms bounds all of it */
    const char *command;        /* "drain", for messages */
    enum op_kind kind;          /* not looked at with op_id */
    const char *const *names;   /* of the objects, or ids */
    size_t n_names;
    const char *op_id;                /* an interrupted op to go on with instead; NULL */
    bool is_dismissal;                /* set that op aside, and no more */
    bool is_yes, is_forced;           /* confirmed beforehand; forced when that is offered */
    bool is_dry;                      /* print the plan and leave */
    unsigned choices_on, choices_off; /* bits 1u << OP_CHOICE_x, applied to the plan's own */
    int64_t grace_ms;                 /* -1: the configured one */
    const char *reason, *message;     /* "" when not given; message: sent when one is offered */
    bool has_terminal;                /* somebody can be asked */
    bool has_live_progress;           /* standard error is a terminal: one line, written over */
};

/* Plan, confirm and follow one op of the ops room to its end; print how it ended. Returns an enum
 * act_verdict. Takes SIGINT (once: cancel; twice: leave it), SIGTERM and SIGHUP (leave it). */
int cli_act(const struct act_options *options, struct store *store);
/* Say why nothing is even tried, with --json as a document, too. Returns ACT_failed. */
int cli_act_refuse(const struct act_options *options, struct store *store, const char *why);

struct history_options {
    struct status_options look;
    const char *folder; /* of the journal; NULL: none can be found */
    int64_t since_ms;   /* 0: all */
    const char *op_id;  /* this one, with its items and steps; NULL: all, as a table */
};

/* "2h", "3d", "45m", "90s", or RFC 3339; in wall milliseconds. */
bool history_since_read(const char *text, int64_t now_ms, int64_t *out, struct err *err) MUST_CHECK;

/* Does the journal in folder (NULL: none can be found) hold that op, and is it not over? Else err
 * says which; nobody needs to wait for it. */
bool history_is_open(const char *folder, const char *op_id, struct err *err) MUST_CHECK;

/* Print the journal: 0, or 1 when it cannot be read or knows no such op. */
int cli_history(const struct history_options *options);

#endif
