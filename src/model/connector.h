/* connector.h — one cloudflared process, as its own metrics server describes it. Unknown as in
 * pool.h. */
#ifndef MODEL_CONNECTOR_H
#define MODEL_CONNECTOR_H

#include "core/base.h"
#include "model/exposure.h"
#include "model/log_facts.h"

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
    const char *location;  /* colo such as "fra03"; "" */
    int64_t rtt_us;        /* -1: not known, as over HTTP/2 */
    int64_t median_rtt_us; /* over the last hour; -1: not enough is known */
    int64_t mtu;           /* of the path, bytes; -1 */
};

struct connector {
    const char *name, *url, *connector_id,
        *tunnel_id; /* tunnel_id: /diag/tunnel's, else configured */
    enum connector_state state;
    bool is_discovered;           /* found on a well-known local port, not configured */
    int64_t ready_connections;    /* -1 */
    int64_t expected_connections; /* as it was told to keep, else cloudflared's default */
    const char *version;
    const struct edge_connection *connections;
    size_t n_connections;
    int64_t requests, request_errors, register_failures; /* counters since its start; -1 */
    double requests_per_s, errors_per_min;               /* negative: not known yet */
    int64_t registrations_10min;   /* beyond the first of each connection; -1: not known */
    int64_t new_register_failures; /* in the last ten minutes; -1: not known */
    double request_errors_10min;   /* parts of the requests of that time; negative: not known */
    double loss;      /* lost packets among those sent, estimated; negative: not known */
    int64_t restarts; /* since we look; -1: not known */
    int64_t started_ms;
    const char *service; /* what its catch-all ingress forwards to; "" */
    struct log_facts log;
    struct exposure exposure; /* of its metrics port, when that is on this host */
    const char *error;        /* why the last attempt failed; "" */
    int64_t at_ms;            /* when it last answered */
};

/* What is not as it should be although it carries traffic (facts/connectivity.md C4). */
enum connector_trouble {
    CONNECTOR_aimless,    /* forwards nowhere, or not to the proxy; the judge knows */
    CONNECTOR_flapping,   /* registers again and again */
    CONNECTOR_refused,    /* the edge refuses registrations */
    CONNECTOR_failing,    /* requests reach it, and what is behind it does not answer */
    CONNECTOR_one_region, /* all connections in one region */
    CONNECTOR_fell_back,  /* HTTP/2 although UDP passes; the judge knows */
    CONNECTOR_slow,       /* a round trip far above its median */
    CONNECTOR_losing,     /* packets are lost */
    CONNECTOR_small_mtu,  /* the path is too small */
    CONNECTOR_old,        /* before 2026.5.0: shows its token to whoever reaches its port */
    CONNECTOR_TROUBLES
};

/* Is that version, "2026.8.2", older than year.month.0? False when it is none. */
bool connector_is_older(const char *version, int64_t year, int64_t month);
/* Do all its connections lead to one region? By their networks (facts/connectivity.md A2). */
bool connector_is_in_one_region(const struct connector *connector);

/* "ready", as in JSON. */
const char *connector_state_name(enum connector_state state);

#endif
