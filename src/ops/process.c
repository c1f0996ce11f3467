#include "ops/process.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/child.h"
#include "core/die.h"
#include "core/text.h"

struct process {
    struct child *child;
    int64_t within_ms;
    enum child_state state;
    size_t said[2]; /* bytes of output and error that were told */
};

struct process *
process_start(const struct process_plan *plan, struct err *err)
{
    struct process *process = calloc(1, sizeof(*process));

    if (!process)
        die("out of memory");
    process->within_ms = plan->within_ms;
    process->child =
        child_start(&(struct child_plan){.argv = plan->argv,
                                         .input = plan->input,
                                         .input_bytes = plan->input_bytes,
                                         .most_output_bytes = PROCESS_MOST_OUTPUT_BYTES,
                                         .most_error_bytes = PROCESS_MOST_OUTPUT_BYTES,
                                         .environment = plan->environment,
                                         .within_ms = plan->within_ms},
                    err);
    if (process->child)
        return process;
    free(process);
    return NULL;
}

int
process_fd(const struct process *process)
{
    return child_fd(process->child);
}

int64_t
process_deadline_ms(const struct process *process)
{
    return child_deadline_ms(process->child);
}

/* The bytes of one colour or movement of the cursor (ECMA-48 8.3: CSI … final), or 0. */
static size_t
sequence(const char *at, size_t n)
{
    size_t i = 2;

    if (n < 3 || at[0] != '\033' || at[1] != '[')
        return 0;
    while (i < n && at[i] >= ' ' && at[i] <= '?')
        i++;
    return i < n && at[i] >= '@' && at[i] <= '~' ? i + 1 : 0;
}

/* Without colours, which some programs write into a pipe, too. */
static void
plain_add(struct text *out, const char *from, size_t n)
{
    size_t start = 0;

    for (size_t i = 0; i < n;) {
        size_t skip = sequence(from + i, n - i);

        if (skip == 0) {
            i++;
            continue;
        }
        text_addn(out, from + start, i - start);
        start = i += skip;
    }
    text_addn(out, from + start, n - start);
}

/* Whole lines that were not told yet; at the end also one without a newline. */
static void
tell(struct child_output output, size_t *said, bool is_over, process_say *say, void *context)
{
    while (*said < output.n) {
        const char *from = output.bytes + *said;
        size_t left = output.n - *said;
        const char *end = memchr(from, '\n', left);
        size_t n = end ? (size_t)(end - from) : left;
        TEXT(line, PROCESS_LINE_BYTES);

        if (!end && !is_over)
            return;
        plain_add(&line, from, n);
        if (line.n > 0)
            say(context, line.bytes);
        *said += n + (end ? 1 : 0);
    }
}

bool
process_step(struct process *process, process_say *say, void *context)
{
    bool is_over;

    process->state = child_step(process->child);
    is_over = process->state != CHILD_RUNNING;
    tell(child_output(process->child), &process->said[0], is_over, say, context);
    tell(child_error(process->child), &process->said[1], is_over, say, context);
    return is_over;
}

bool
process_succeeded(const struct process *process, struct err *err)
{
    return child_succeeded(process->child, err);
}

void
process_add_result(const struct process *process, struct text *out)
{
    int status = child_status(process->child);

    if (process->state == CHILD_EXITED)
        text_addf(out, "exit %d", status);
    else if (process->state == CHILD_SIGNALLED)
        text_addf(out, "signal %d", status);
    else if (process->state == CHILD_LATE)
        text_addf(out, "killed after %" PRId64 " s", process->within_ms / 1000);
    else
        text_add(out, "runs");
}

struct driver_workers
process_workers(const struct process *process, const struct driver *driver, struct arena *arena)
{
    struct child_output output = child_output(process->child);

    return driver_workers_read(driver, output.bytes, output.n, arena);
}

void
process_free(struct process *process)
{
    if (!process)
        return;
    child_free(process->child);
    free(process);
}

void
process_let_go(struct process *process)
{
    if (!process)
        return;
    child_release(process->child);
    free(process);
}

void
process_describe(const char *const *argv, struct text *out)
{
    for (size_t i = 0; argv[i]; i++) {
        bool is_plain = argv[i][0] != '\0';

        for (const char *c = argv[i]; *c && is_plain; c++)
            is_plain = isalnum((unsigned char)*c) || strchr("_-./:=@%+,{}", *c);
        text_addf(out, is_plain ? "%s%s" : "%s'%s'", i ? " " : "", argv[i]);
    }
}
