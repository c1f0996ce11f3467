/* log_command.h — hear a program that prints a log for as long as it runs, and start it again when
 * it ends. */
#ifndef PROBE_LOG_COMMAND_H
#define PROBE_LOG_COMMAND_H

#include "core/err.h"
#include "probe/lines.h"
#include "probe/loop.h"

struct child;

/* The owner fills the first part, zeroes the rest, and keeps it where it is until stop. */
struct log_command {
    const char *const *argv; /* NULL-terminated, no shell; borrowed */
    struct loop *loop;
    struct lines output, error;   /* of its standard streams: docker prints a log on both */
    void (*heard)(void *context); /* lines came, or why changed; from the loop, never from within */
    void *context;
    bool is_old;    /* during its first second it tells what was there before */
    struct err why; /* why it does not run; ERR_NONE while it does */
    /* private */
    struct child *child;
    size_t output_heard, error_heard; /* bytes of what the child keeps */
    struct watch watch;
    struct timer retry;
    int64_t started_ms, wait_ms; /* monotonic */
};

void log_command_start(struct log_command *command); /* when the loop turns */
void log_command_stop(struct log_command *command);  /* ends the program */

#endif
