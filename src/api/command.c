#include "api/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/child.h"
#include "core/die.h"
#include "core/secret.h"

enum { MOST_OUTPUT_BYTES = 20 * 1024 };

struct command {
    char what[96]; /* for messages */
    struct child *child;
};

struct command *
command_start(const char *const *argv, struct err *err)
{
    /* its standard error may repeat what it was told in secret, so nobody hears it */
    const struct child_plan plan = {
        .argv = argv, .most_output_bytes = MOST_OUTPUT_BYTES, .within_ms = COMMAND_WITHIN_MS};
    struct child *child = child_start(&plan, err);
    struct command *command;

    if (!child)
        return NULL;
    command = calloc(1, sizeof(*command));
    if (!command)
        die("out of memory");
    command->child = child;
    snprintf(command->what, sizeof(command->what), "command %.60s", argv[0]);
    return command;
}

int
command_fd(const struct command *command)
{
    return child_fd(command->child);
}

int64_t
command_deadline_ms(const struct command *command)
{
    return child_deadline_ms(command->child);
}

static const char *
end_of_line(const struct child_output *output)
{
    return memchr(output->bytes, '\n', output->n);
}

static bool
judge(const struct command *command, enum child_state state, struct err *err)
{
    bool has_line = child_output(command->child).n > 0;

    if (state == CHILD_SIGNALLED && child_status(command->child) == SIGPIPE && has_line)
        return true; /* it went on talking after its first line, which is all we read */
    return child_succeeded(command->child, err);
}

enum command_state
command_step(struct command *command, struct secret **out, struct err *err)
{
    enum child_state state = child_step(command->child);
    struct child_output output = child_output(command->child);
    const char *end = end_of_line(&output);

    if (end || output.is_cut)
        child_deafen(command->child);
    if (state == CHILD_RUNNING)
        return COMMAND_RUNNING;
    if (!judge(command, state, err))
        return COMMAND_FAILED;
    *out =
        secret_new(output.bytes, end ? (size_t)(end - output.bytes) : output.n, command->what, err);
    return *out ? COMMAND_DONE : COMMAND_FAILED;
}

void
command_free(struct command *command)
{
    if (!command)
        return;
    child_free(command->child);
    free(command);
}
