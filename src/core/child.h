/* child.h — another program: run without a shell, fed, heard without blocking, killed when it takes
 * too long. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include "core/err.h"

struct child;

/* What to run. Nothing here needs to live longer than child_start. */
struct child_plan {
    const char *const *argv;        /* ends in NULL; its program is looked up in PATH */
    const char *input;              /* what it reads on its standard input; NULL: nothing */
    size_t input_bytes;             /* copied, and wiped when written */
    size_t most_output_bytes;       /* kept of its standard output; 0: it goes to /dev/null */
    size_t most_error_bytes;        /* kept of its standard error; 0: it goes to /dev/null */
    const char *const *environment; /* ends in NULL: the only variables it gets, of those that
                                     * may be passed on; NULL: all of them */
    int64_t within_ms;              /* killed, with its process group, when it takes longer */
};

enum child_state {
    CHILD_RUNNING,
    CHILD_EXITED,    /* child_status is its exit status */
    CHILD_SIGNALLED, /* child_status is the signal's number */
    CHILD_LATE,      /* we killed it at its deadline */
};

/* What it said, up to the cap. */
struct child_output {
    const char *bytes; /* not terminated; borrowed until child_free or the next child_step */
    size_t n;
    bool is_cut; /* it said more than we keep */
};

/* The child is the leader of its own process group, has no terminal, no descriptor of ours and none
 * of the variables that hold credentials (core/environment.h). NULL and err (ERR_CONFIG when the
 * program cannot be started, ERR_IO when this process lacks descriptors). Caller frees with
 * child_free. One thread at a time. */
struct child *child_start(const struct child_plan *plan, struct err *err) MUST_CHECK;

/* Readable when child_step has something to do; the same one for the child's whole life, so it can
 * be watched with poll, epoll or curl. Borrowed. */
int child_fd(const struct child *child);
int64_t child_deadline_ms(const struct child *child); /* monotonic */

/* Write, read and look, never waiting. Once it is not RUNNING it stays as it is. What processes
 * that outlive the child may still say is not waited for. */
enum child_state child_step(struct child *child);

int child_status(const struct child *child);
struct child_output child_output(const struct child *child);
struct child_output child_error(const struct child *child);

/* Forget what was kept of both, so that there is room for more: for a child that goes on talking.
 */
void child_forget(struct child *child);

/* Read no more of its output: a child that goes on talking meets SIGPIPE. */
void child_deafen(struct child *child);

/* True when it has ended with exit status 0; otherwise err says how it ended, with the last line
 * of what is kept of its standard error. */
bool child_succeeded(const struct child *child, struct err *err) MUST_CHECK;

/* Let go of one that still runs: it goes on without us, and without anybody who reads its output.
 * Frees the child as child_free does. */
void child_release(struct child *child);

/* Kills it and its process group when it still runs; wipes what was kept. NULL is allowed. */
void child_free(struct child *child);

#endif
