#include "api/api.h"

struct api *
api_start(const struct api_options *options, struct store *store, struct err *err)
{
    (void)options;
    (void)store;
    err_set(err, ERR_IO, "api: not built yet");
    return NULL;
}

void
api_stop(struct api *api)
{
    (void)api;
}
