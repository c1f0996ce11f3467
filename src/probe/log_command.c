#include "probe/log_command.h"

#include "core/child.h"
#include "core/clock.h"

enum {
    KEPT_BYTES = 64 * 1024,
    FIRST_WAIT_MS = 1000, /* before it is started again; doubled each time */
    LONGEST_WAIT_MS = 60000,
    OLD_MS = 1000,
};

#define NEVER_MS (INT64_C(366) * 86400 * 1000)

/* What was kept since the last time. What did not fit is lost, and with it the end of a line. */
static void
hear(struct lines *lines, struct child_output said, size_t *heard)
{
    lines_add(lines, said.bytes + *heard, said.n - *heard);
    *heard = said.n;
    if (said.is_cut)
        lines_restart(lines, true);
}

static void
try_again(struct log_command *command)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - command->started_ms > LONGEST_WAIT_MS || command->wait_ms == 0)
        command->wait_ms = FIRST_WAIT_MS;
    else if (command->wait_ms < LONGEST_WAIT_MS)
        command->wait_ms *= 2;
    timer_set(command->loop, &command->retry, (now_ms + command->wait_ms) * 1000);
}

static void
hang_up(struct log_command *command)
{
    loop_unwatch(command->loop, &command->watch);
    child_free(command->child);
    command->child = NULL;
}

static void
child_spoke(void *context, unsigned events)
{
    struct log_command *command = context;
    enum child_state state = child_step(command->child);

    (void)events;
    command->is_old = clock_mono_ms() - command->started_ms < OLD_MS;
    hear(&command->output, child_output(command->child), &command->output_heard);
    hear(&command->error, child_error(command->child), &command->error_heard);
    if (state != CHILD_RUNNING) {
        if (child_succeeded(command->child, &command->why))
            err_set(&command->why, ERR_IO, "command %.60s: it has ended", command->argv[0]);
        hang_up(command);
        try_again(command);
    } else if (command->output_heard + command->error_heard > KEPT_BYTES / 2) {
        child_forget(command->child);
        command->output_heard = command->error_heard = 0;
    }
    command->heard(command->context);
}

static void
start(void *context)
{
    struct log_command *command = context;
    struct child_plan plan = {
        .argv = command->argv,
        .most_output_bytes = KEPT_BYTES,
        .most_error_bytes = KEPT_BYTES,
        .within_ms = NEVER_MS,
    };

    command->started_ms = clock_mono_ms();
    command->output_heard = command->error_heard = 0;
    lines_restart(&command->output, false);
    lines_restart(&command->error, false);
    command->child = child_start(&plan, &command->why);
    if (command->child) {
        command->why = (struct err){ERR_NONE, ""};
        loop_watch(command->loop, &command->watch, child_fd(command->child), LOOP_READ);
    } else {
        try_again(command);
    }
    command->heard(command->context);
}

void
log_command_start(struct log_command *command)
{
    command->watch = (struct watch){.ready = child_spoke, .context = command};
    command->retry = (struct timer){.due = start, .context = command};
    timer_set(command->loop, &command->retry, 0);
}

void
log_command_stop(struct log_command *command)
{
    timer_clear(command->loop, &command->retry);
    hang_up(command);
}
