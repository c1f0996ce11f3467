/* connector.h — one cloudflared process, as its own metrics server describes it. Unknown as in
 * pool.h. */
#ifndef MODEL_CONNECTOR_H
#define MODEL_CONNECTOR_H

#include "core/base.h"

enum connector_state {
    CONNECTOR_unknown,     /* not asked yet */
    CONNECTOR_ready,       /* all expected connections up */
    CONNECTOR_degraded,    /* some up */
    CONNECTOR_down,        /* answers, but none up (/ready 503) */
    CONNECTOR_unreachable, /* does not answer */
};

enum { CONNECTOR_EXPECTED_CONNECTIONS = 4 }; /* cloudflared's default (facts/connectivity.md A3) */

struct edge_connection {
    int index;
    const char *protocol; /* quic http2 */
    const char *edge_address;
    const char *location; /* colo such as "fra03"; "" */
    int64_t rtt_us;       /* -1: not known, as over HTTP/2 */
};

struct connector {
    const char *name, *url, *connector_id,
        *tunnel_id; /* tunnel_id: /diag/tunnel's, else configured */
    enum connector_state state;
    bool is_discovered;        /* found on a well-known local port, not configured */
    int64_t ready_connections; /* -1 */
    const char *version;
    const struct edge_connection *connections;
    size_t n_connections;
    int64_t requests, request_errors, register_failures; /* counters since its start; -1 */
    double requests_per_s, errors_per_min;               /* negative: not known yet */
    int64_t started_ms;
    const char *service; /* what its catch-all ingress forwards to; "" */
    const char *error;   /* why the last attempt failed; "" */
    int64_t at_ms;       /* when it last answered */
};

/* "ready", as in JSON. */
const char *connector_state_name(enum connector_state state);

#endif
