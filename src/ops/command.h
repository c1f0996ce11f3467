/* command.h — one verb of a control driver that runs: its output line by line, its end told in
 * words. */
#ifndef OPS_COMMAND_H
#define OPS_COMMAND_H

#include "core/driver.h"
#include "core/err.h"

struct arena;
struct command;
struct text;

enum { COMMAND_LINE_BYTES = 240, COMMAND_MOST_OUTPUT_BYTES = 64 * 1024 };

/* What to run; argv as driver_expand made it. input: for its standard input; NULL: none. */
struct command_plan {
    const char *const *argv;
    const char *const *environment; /* names; NULL: what is not a credential */
    const char *input;
    size_t input_bytes;
    int64_t within_ms;
};

/* NULL and err when it cannot be started. Caller frees with command_free or command_let_go. */
struct command *command_start(const struct command_plan *plan, struct err *err);

int command_fd(const struct command *command); /* readable when command_step has something to do */
int64_t command_deadline_ms(const struct command *command); /* monotonic */

/* Go on; say is called for each new whole line, made safe. True when it has ended. */
typedef void command_say(void *context, const char *line);
bool command_step(struct command *command, command_say *say, void *context);

/* After it ended: true for exit status 0; else err says exit status, signal or deadline. */
bool command_succeeded(const struct command *command, struct err *err);
/* "exit 0" "exit 3" "signal 15" "killed after 30 s", for the record. */
void command_add_result(const struct command *command, struct text *out);

/* The lines of its standard output, first words only: what `list` names. Owned by the arena. */
size_t command_words(const struct command *command, struct arena *arena, const char ***out);

void command_free(struct command *command);   /* kills it; NULL is allowed */
void command_let_go(struct command *command); /* it goes on alone; NULL is allowed */

/* An argv as a person would type it, quoted where a shell would need it. */
void command_describe(const char *const *argv, struct text *out);

#endif
