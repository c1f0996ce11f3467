#include "aid/pretend.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[64];

int
pretend_start(void **state)
{
    static const struct network_connector_plan connectors[] = {{"edge-a", "tnl_011", "one"},
                                                               {"edge-b", "tnl_011", "one"}};
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

bool
pretend_has_ipv6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}
