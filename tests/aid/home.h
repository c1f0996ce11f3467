/* home.h — a journal in a folder of its own, the ops that tests put there, and processes that come
 * and go. */
#ifndef AID_HOME_H
#define AID_HOME_H

#include <sys/types.h>

#include "history/journal.h"

enum { HOME_PATH_BYTES = 4096 };

struct home {
    char *root;
    char folder[HOME_PATH_BYTES]; /* of the journal, in root; not made yet */
    char file[HOME_PATH_BYTES + 32];
    struct arena *arena;
};

/* Set-up and teardown: *state is the home. */
int home_begin(void **state);
int home_end(void **state);

/* Open, read, write: as the journal does it; a failure fails the test. */
struct journal *home_open(const struct home *home);
void home_begin_op(struct journal *journal, const char *id);
/* The one op of that id; NULL when there is none. */
const struct journal_op *home_read_op(struct home *home, struct journal *journal, const char *id);
/* Steps, which must be numbered without a gap. */
size_t home_count_steps(struct home *home, struct journal *journal, const char *id);

/* A drain of pool env_1 that alice confirmed, with two items. */
struct journal_op home_drain(const char *id);
extern const struct journal_item home_nightly_is_done; /* its first item, with all that is kept */

/* Leaves an op behind whose process is gone. */
void home_leave_op(const struct home *home, const char *id);
/* Of a child, which is waited for; negative: of the signal that ended it. */
int home_exit_status(pid_t pid);

#endif
