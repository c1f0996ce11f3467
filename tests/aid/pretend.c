#include "aid/pretend.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

int
pretend_start(void **state)
{
    static const struct network_connector_plan connectors[] = {{"edge-a", "tnl_011"},
                                                               {"edge-b", "tnl_011"}};
    static const char *const mcp[] = {"wiki"};
    struct network_plan plan = {connectors, COUNT_OF(connectors), mcp, COUNT_OF(mcp), 7, folder,
                                NULL};
    struct err err = {0};

    snprintf(folder, sizeof(folder), "/tmp/sandwatch-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    *state = network_start(&plan, &err);
    if (!*state)
        fprintf(stderr, "%s\n", err.message);
    return *state ? 0 : -1;
}

int
pretend_stop(void **state)
{
    network_stop(*state);
    return rmdir(folder);
}
