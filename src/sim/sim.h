/* sim.h — the pretend world: the service, and the customer's network, on loopback, in one process.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "core/err.h"

struct sim_options {
    const char *listen;   /* "127.0.0.1:0"; loopback only */
    const char *scenario; /* a name in the scenario folders, or a path ending in .yaml */
    uint64_t seed;
    const char *const *scenario_folders; /* NULL-terminated; later ones override */
    const char *program; /* the path of this program, for `sim control` in the configuration; NULL:
                            it names no control drivers */
    int ready_fd;        /* the JSON line of DESIGN 5 goes here; 1 for `sandwatch sim` */
    int stop_fd;         /* readable or closed at its other end: stop. -1: only signals */
};

/* Run until SIGINT, SIGTERM or stop_fd; leaves nothing behind. Returns the exit status: 0, or 1
 * with err. */
int sim_run(const struct sim_options *options, struct err *err);

#endif
