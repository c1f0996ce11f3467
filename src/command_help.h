/* command_help.h — what the options of the subcommands mean, for their --help. */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include <stdio.h>

/* The options that this subcommand alone has, with a heading; nothing when it has none. Those that
 * actions share are actions_help's. */
void command_help(const char *command, FILE *out);

#endif
