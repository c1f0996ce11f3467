#include "sim/network.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

enum fault {
#define FAULT(id, name, what) FAULT_##id,
#include "sim/network_faults.def"
#undef FAULT
    NETWORK_FAULT_COUNT
};

static const char *const fault_names[] = {
#define FAULT(id, name, what) name,
#include "sim/network_faults.def"
#undef FAULT
    NULL,
};

struct network {
    atomic_bool fault[NETWORK_FAULT_COUNT];
};

struct network *
network_start(const struct network_plan *plan, struct err *err)
{
    struct network *network = calloc(1, sizeof(*network));

    (void)plan;
    (void)err;
    if (!network)
        die("out of memory");
    return network;
}

void
network_stop(struct network *network)
{
    free(network);
}

const char *
network_connector_url(const struct network *network, size_t i)
{
    (void)network;
    (void)i;
    return "";
}

const char *
network_mcp_url(const struct network *network, size_t i)
{
    (void)network;
    (void)i;
    return "";
}

const char *
network_edge_tcp(const struct network *network)
{
    (void)network;
    return "";
}

const char *
network_edge_udp(const struct network *network)
{
    (void)network;
    return "";
}

const char *
network_edge_ca_file(const struct network *network)
{
    (void)network;
    return "";
}

static size_t
fault_find(const char *name)
{
    size_t i = 0;

    while (i < NETWORK_FAULT_COUNT && strcmp(fault_names[i], name) != 0)
        i++;
    return i;
}

bool
network_fault(struct network *network, const char *name, bool on)
{
    size_t i = fault_find(name);

    if (i == NETWORK_FAULT_COUNT)
        return false;
    atomic_store(&network->fault[i], on);
    return true;
}

bool
network_fault_is_on(const struct network *network, const char *name)
{
    size_t i = fault_find(name);

    return i < NETWORK_FAULT_COUNT && atomic_load(&network->fault[i]);
}

const char *const *
network_fault_names(void)
{
    return fault_names;
}
