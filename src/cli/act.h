/* act.h — one action of the command line under way, for the files that make it: waiting, asking,
 * telling. */
#ifndef CLI_ACT_H
#define CLI_ACT_H

#include "cli/cli.h"
#include "cli/page.h"

struct act {
    const struct act_options *options;
    struct store *store;
    struct snapshot snapshot; /* the last look; held until the next one */
    enum op_kind kind;
    int signal_fd;
    int64_t started_ms, deadline_ms; /* monotonic */
    uint64_t ticket;                 /* of our plan; 0: none was ordered */
    char op_id[OP_ID_BYTES];         /* "": not known yet */
    unsigned choices_before;         /* of the plan, before others were ordered */
    bool has_said_twice;             /* it was confirmed with a second word */
    char before[256];                /* what the op said of itself before it was confirmed */

    /* what was told on standard error, so that only what is new is told */
    bool is_line_open;
    size_t n_told;
    char told[256];

    struct err refusal; /* of a dry run: why doing it would be refused; no code: it would not */

    /* what was answered */
    enum op_offer answered;
    const char *missing; /* what was offered but not ordered beforehand; NULL */
};

/* Why a wait ended. */
enum act_wait { ACT_HOLDS, ACT_LATE, ACT_SIGNALLED };

/* Take SIGINT, SIGTERM and SIGHUP from here on; act_close gives them back. */
void act_open(struct act *act, const struct act_options *options, struct store *store);
void act_close(struct act *act);

/* Look at each new snapshot until is_so, a signal, or the moment; a waiting of forms. within_ms
 * counts from now, but no longer than the act's own deadline. */
enum act_wait act_wait_until(struct act *act, bool (*is_so)(struct act *act), int64_t within_ms);

/* The number of the signal that ended a wait; 0 when there is none. */
int act_signal(struct act *act);

/* One line from the terminal, without what was typed before it was asked for. Ends with a signal or
 * the deadline, too; the end of the input is an empty line. */
enum act_wait act_read_line(struct act *act, char *out, size_t size);

/* Our op in the snapshot; NULL when it is not there. */
const struct op *act_op(const struct act *act);

/* ---- on standard error ---- */

void act_say(struct act *act, const char *format, ...) PRINTF_LIKE(2, 3);
/* What is new about the op: one line that is written over on a terminal, else lines. */
void act_tell(struct act *act, const struct op *op);
void act_close_line(struct act *act);
struct page act_page(const struct act *act, FILE *out);

/* ---- orders, and the way to the end ---- */

/* About our op, with a text where the kind takes one. A queue that is full is told. */
bool act_order(struct act *act, enum op_order_kind kind, const char *typed);
/* From its confirmation to its end; prints how it ended. */
enum act_verdict act_follow(struct act *act);
/* Print how it ended. */
enum act_verdict act_end(struct act *act);
/* Nothing was done, or not to its end: why, in one line. Returns the verdict. */
enum act_verdict act_give_up(struct act *act, enum act_verdict verdict, const char *why);
/* It goes on in nobody's hands: the journal keeps it for whoever resumes it. */
enum act_verdict act_leave(struct act *act, const char *why);
/* The document of --json; op may be NULL, error "". */
void act_print_document(struct act *act, const struct op *op, enum act_verdict verdict,
                        const char *error);

#endif
