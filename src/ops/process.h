/* process.h — one verb of a control driver that runs: its output line by line, its end told in
 * words. */
#ifndef OPS_PROCESS_H
#define OPS_PROCESS_H

#include "core/driver.h"
#include "core/err.h"

struct arena;
struct process;
struct text;

#define PROCESS_SUCCESS "exit 0" /* process_add_result of one that succeeded */

enum { PROCESS_LINE_BYTES = 240, PROCESS_MOST_OUTPUT_BYTES = 1024 * 1024 };

/* What to run; argv as driver_expand made it. input: for its standard input; NULL: none. */
struct process_plan {
    const char *const *argv;
    const char *const *environment; /* names; NULL: what is not a credential */
    const char *input;
    size_t input_bytes;
    int64_t within_ms;
};

/* NULL and err when it cannot be started. Caller frees with process_free or process_let_go. */
struct process *process_start(const struct process_plan *plan, struct err *err);

int process_fd(const struct process *process); /* readable when command_step has something to do */
int64_t process_deadline_ms(const struct process *process); /* monotonic */

/* Go on; say is called for each new whole line, made safe. True when it has ended. */
typedef void process_say(void *context, const char *line);
bool process_step(struct process *process, process_say *say, void *context);

/* After it ended: true for exit status 0; else err says exit status, signal or deadline. */
bool process_succeeded(const struct process *process, struct err *err);
/* "exit 0" "exit 3" "signal 15" "killed after 30 s", for the record. */
void process_add_result(const struct process *process, struct text *out);

/* What `list` named; see driver_workers_read. */
struct driver_workers process_workers(const struct process *process, const struct driver *driver,
                                      struct arena *arena);

void process_free(struct process *process); /* kills it; NULL is allowed */
/* It goes on without us; what it says then meets a closed pipe (SIGPIPE). NULL is allowed. */
void process_let_go(struct process *process);

/* An argv as a person would type it, quoted where a shell would need it. */
void process_describe(const char *const *argv, struct text *out);

#endif
