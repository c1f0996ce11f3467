/* actions.h — the command lines of drain, restart, stop and history. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "arguments.h"
#include "wiring.h"

int run_drain(struct program *program, struct arguments *arguments);
int run_restart(struct program *program, struct arguments *arguments);
int run_stop(struct program *program, struct arguments *arguments);
int run_history(struct program *program, struct arguments *arguments);

/* The options of drain, restart, stop and history --resume. */
void actions_help(FILE *out);

#endif
