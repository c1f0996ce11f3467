#include "probe/probe.h"

struct probe *
probe_start(const struct probe_options *options, struct store *store, struct err *err)
{
    (void)options;
    (void)store;
    err_set(err, ERR_IO, "probe: not built yet");
    return NULL;
}

void
probe_stop(struct probe *probe)
{
    (void)probe;
}
