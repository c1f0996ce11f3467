/* operate.h — `sandwatch sim control URL VERB pool|connector NAME [WORKER]`: what a control driver
 * does to a simulator's workers and connectors, without a shell and without curl. */
#ifndef SIM_OPERATE_H
#define SIM_OPERATE_H

#include <stdio.h>

#include "core/err.h"

/* The verbs are those of control drivers (core/driver.h). Prints one line for each worker that
 * runs, NAME STATE, for list; more of each, and those that are down, for status; lines for logs;
 * nothing for the others. drain and start are done when the simulator has taken the order, restart
 * when what was restarted is there again: ERR_TIMEOUT after 50 s, ERR_REFUSED when it did not
 * start. ERR_USAGE when the arguments are wrong. */
bool sim_operate(int n, char *const *arguments, FILE *out, struct err *err);

#endif
