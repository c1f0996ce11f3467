/* probe.h — what this host can measure itself: connectivity checks and local connectors, on one
 * thread. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "core/err.h"
#include "probe/proxy.h"

struct store;
struct probe;

struct probe_edge {              /* a configured edge target, instead of discovery */
    const char *name;            /* "region1" */
    const char *host;            /* a name or an address */
    uint16_t tcp_port, udp_port; /* 0: not checked */
};

struct probe_connector {
    const char *name, *url; /* "http://127.0.0.1:20241" */
    const char *tunnel_id;  /* NULL: /diag/tunnel says */
    struct log_place log;
};

struct probe_options {
    const char *api_url;            /* NULL: https://api.anthropic.com */
    const char *api_ca_file;        /* trusted for the API besides the system's store; NULL */
    const char *proxy_url;          /* that the console would use for the API; NULL: none */
    const char *region;             /* of the edge: NULL or "" global, "us", "fed" */
    const struct probe_edge *edges; /* none: discover by SRV */
    size_t n_edges;
    const char *edge_ca_file; /* trusted for the edge besides the system's store; NULL */
    const struct probe_connector *connectors;
    size_t n_connectors;
    bool discover_connectors; /* look at 127.0.0.1:20241 to 20245 */
    bool skips_exposure;      /* do not try whether ports of this host are open to others */
    bool measures_loss;       /* no round is over before loss and jitter over UDP are known */
    unsigned kinds;           /* of checks, bits 1u << enum check_kind; 0: all */
    unsigned families;        /* bits 1u << 4, 1u << 6; 0: both */
    bool is_off;              /* checks.enabled: false — connectors are still asked */
    int64_t sweep_ms;         /* between looks at everything wholly; 0: 5 min */
    int64_t interval_ms;      /* of the checks; connectors are asked twice as often; 0: 10 s */
    struct probe_proxy proxy;
    const char *dot_server;  /* "1.1.1.1:853", for second opinions about public names; NULL: none */
    const char *dot_name;    /* that its certificate proves; NULL: cloudflare-dns.com */
    const char *dot_ca_file; /* trusted for it besides the system's store; NULL */
    const char *dns_servers; /* "127.0.0.1:53,[::1]:53" instead of the system's; NULL */
};

/* Start the thread; everything in options is copied. NULL and err on failure. Takes wishes of
 * WISH_FOR_probe. */
struct probe *probe_start(const struct probe_options *options, struct store *store,
                          struct err *err);

/* End the thread; returns within milliseconds. NULL is allowed. */
void probe_stop(struct probe *probe);

#endif
