/* command.h — a program whose first line of output is a token: run without a shell, watched without
 * blocking, killed when it takes too long. */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include "core/err.h"

struct command;
struct secret;

enum { COMMAND_WITHIN_MS = 10000 };

enum command_state { COMMAND_RUNNING, COMMAND_DONE, COMMAND_FAILED };

/* argv ends in NULL; its program is looked up in PATH. What the child gets
 * and does not get: core/child.h. NULL and err when it cannot be started. Caller frees with
 * command_free. */
struct command *command_start(const char *const *argv, struct err *err);

/* Readable when command_step has something to do. Borrowed. */
int command_fd(const struct command *command);
int64_t command_deadline_ms(const struct command *command); /* monotonic */

/* Go on. DONE fills *out (caller frees with secret_free), FAILED fills err. */
enum command_state command_step(struct command *command, struct secret **out, struct err *err);

/* Kills it and its children when it still runs. NULL is allowed. */
void command_free(struct command *command);

#endif
