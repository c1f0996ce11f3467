#include "config/config.h"

bool
config_load(const struct config_request *request, int *argc, char **argv, struct arena *arena,
            struct config *out, struct err *err)
{
    (void)request;
    (void)argc;
    (void)argv;
    (void)arena;
    (void)err;
    *out = (struct config){.path = "",
                           .context = "default",
                           .requests_per_minute = 300,
                           .checks_enabled = true,
                           .discover_connectors = true,
                           .theme = "default"};
    return true;
}

void
config_show(FILE *out)
{
    (void)out;
}

void
config_help(FILE *out)
{
    (void)out;
}
