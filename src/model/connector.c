#include "model/connector.h"

#include <stdlib.h>
#include <string.h>

bool
connector_is_older(const char *version, int64_t year, int64_t month)
{
    char *end;
    long own_year = strtol(version, &end, 10), own_month;

    if (own_year < 2000 || *end != '.')
        return false;
    own_month = strtol(end + 1, &end, 10);
    return own_year < year || (own_year == year && own_month < month);
}

/* The network of a region: "198.41.192." or "2606:4700:a0:". */
static size_t
network_length(const char *address)
{
    const char *third = address;

    for (int i = 0; i < 3 && third; i++) {
        third = strpbrk(third, ".:");
        third = third ? third + 1 : NULL;
    }
    return third ? (size_t)(third - address) : 0;
}

bool
connector_is_in_one_region(const struct connector *connector)
{
    const char *first = connector->n_connections > 1 ? connector->connections[0].edge_address : "";
    size_t n = network_length(first);

    for (size_t i = 1; i < connector->n_connections; i++)
        if (strncmp(connector->connections[i].edge_address, first, n) != 0)
            return false;
    return n > 0;
}

const char *
connector_state_name(enum connector_state state)
{
    static const char *const names[] = {
        [CONNECTOR_unknown] = "unknown",         [CONNECTOR_ready] = "ready",
        [CONNECTOR_degraded] = "degraded",       [CONNECTOR_down] = "down",
        [CONNECTOR_unreachable] = "unreachable",
    };

    return names[state];
}
