#include "model/connector.h"

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
