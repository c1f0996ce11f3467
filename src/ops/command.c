#include "ops/command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/child.h"
#include "core/die.h"
#include "core/text.h"

struct command {
    struct child *child;
    int64_t within_ms;
    enum child_state state;
    size_t said[2]; /* bytes of output and error that were told */
};

struct command *
command_start(const struct command_plan *plan, struct err *err)
{
    struct command *command = calloc(1, sizeof(*command));

    if (!command)
        die("out of memory");
    command->within_ms = plan->within_ms;
    command->child =
        child_start(&(struct child_plan){.argv = plan->argv,
                                         .input = plan->input,
                                         .input_bytes = plan->input_bytes,
                                         .most_output_bytes = COMMAND_MOST_OUTPUT_BYTES,
                                         .most_error_bytes = COMMAND_MOST_OUTPUT_BYTES,
                                         .environment = plan->environment,
                                         .within_ms = plan->within_ms},
                    err);
    if (command->child)
        return command;
    free(command);
    return NULL;
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

/* Whole lines that were not told yet; at the end also one without a newline. */
static void
tell(struct child_output output, size_t *said, bool is_over, command_say *say, void *context)
{
    while (*said < output.n) {
        const char *from = output.bytes + *said;
        size_t left = output.n - *said;
        const char *end = memchr(from, '\n', left);
        size_t n = end ? (size_t)(end - from) : left;
        TEXT(line, COMMAND_LINE_BYTES);

        if (!end && !is_over)
            return;
        text_addn(&line, from, n);
        if (n > 0)
            say(context, line.bytes);
        *said += n + (end ? 1 : 0);
    }
}

bool
command_step(struct command *command, command_say *say, void *context)
{
    bool is_over;

    command->state = child_step(command->child);
    is_over = command->state != CHILD_RUNNING;
    tell(child_output(command->child), &command->said[0], is_over, say, context);
    tell(child_error(command->child), &command->said[1], is_over, say, context);
    return is_over;
}

bool
command_succeeded(const struct command *command, struct err *err)
{
    return child_succeeded(command->child, err);
}

void
command_add_result(const struct command *command, struct text *out)
{
    int status = child_status(command->child);

    if (command->state == CHILD_EXITED)
        text_addf(out, "exit %d", status);
    else if (command->state == CHILD_SIGNALLED)
        text_addf(out, "signal %d", status);
    else if (command->state == CHILD_LATE)
        text_addf(out, "killed after %" PRId64 " s", command->within_ms / 1000);
    else
        text_add(out, "runs");
}

size_t
command_words(const struct command *command, struct arena *arena, const char ***out)
{
    struct child_output output = child_output(command->child);
    const char *at = output.bytes, *end = output.bytes + output.n;
    size_t n = 0, lines = 1;

    for (const char *c = at; c < end; c++)
        lines += *c == '\n';
    *out = arena_array(arena, lines, sizeof(**out));
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at)), *word_end;

        line_end = line_end ? line_end : end;
        while (at < line_end && isspace((unsigned char)*at))
            at++;
        for (word_end = at; word_end < line_end && !isspace((unsigned char)*word_end); word_end++)
            continue;
        if (word_end > at)
            (*out)[n++] = arena_strndup(arena, at, (size_t)(word_end - at));
        at = line_end < end ? line_end + 1 : end;
    }
    return n;
}

void
command_free(struct command *command)
{
    if (!command)
        return;
    child_free(command->child);
    free(command);
}

void
command_let_go(struct command *command)
{
    if (!command)
        return;
    child_release(command->child);
    free(command);
}

void
command_describe(const char *const *argv, struct text *out)
{
    for (size_t i = 0; argv[i]; i++) {
        bool is_plain = argv[i][0] != '\0';

        for (const char *c = argv[i]; *c && is_plain; c++)
            is_plain = isalnum((unsigned char)*c) || strchr("_-./:=@%+,{}", *c);
        text_addf(out, is_plain ? "%s%s" : "%s'%s'", i ? " " : "", argv[i]);
    }
}
