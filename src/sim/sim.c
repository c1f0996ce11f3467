#include "sim/sim.h"

int
sim_run(const struct sim_options *options, struct err *err)
{
    (void)options;
    err_set(err, ERR_IO, "sim: not built yet");
    return 1;
}
