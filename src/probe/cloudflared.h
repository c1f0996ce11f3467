/* cloudflared.h — what a cloudflared process says on its metrics server, with its traps removed.
 *
 * Pure functions of bytes; facts/connectivity.md C2 and C3, read in its source at 2026.8.2. Foreign
 * strings come out clean. */
#ifndef PROBE_CLOUDFLARED_H
#define PROBE_CLOUDFLARED_H

#include "core/err.h"

enum {
    CLOUDFLARED_CONNECTIONS = 16, /* four by default; --ha-connections can ask for more */
    CLOUDFLARED_WORD_BYTES = 128,
};

struct cloudflared_ready { /* GET /ready */
    int64_t connections;
    char connector_id[CLOUDFLARED_WORD_BYTES];
};

struct cloudflared_metrics { /* GET /metrics; counters count from the start of the process */
    int64_t requests, request_errors, register_failures, register_successes; /* -1: absent */
    int64_t lost_packets, sent_bytes; /* over QUIC; -1: absent */
    int64_t started_ms;               /* wall; 0: absent */
    char version[CLOUDFLARED_WORD_BYTES];
    struct {
        char location[16];       /* the colo where it is now; "" */
        int64_t smoothed_rtt_us; /* -1; stale when that connection is gone */
        int64_t mtu;             /* bytes; -1 */
    } connections[CLOUDFLARED_CONNECTIONS];
};

struct cloudflared_tunnel { /* GET /diag/tunnel */
    char tunnel_id[CLOUDFLARED_WORD_BYTES], connector_id[CLOUDFLARED_WORD_BYTES];
    struct {
        int index;
        bool is_quic;
        char edge_address[CLOUDFLARED_WORD_BYTES];
    } connections[CLOUDFLARED_CONNECTIONS]; /* by index */
    size_t n_connections;
};

struct cloudflared_config {               /* GET /config */
    int64_t version;                      /* -1: no remote configuration came yet */
    char service[CLOUDFLARED_WORD_BYTES]; /* of the last, catch-all rule; "" */
};

/* Each is all or nothing: false and err when the body is not what such a process sends. */
bool cloudflared_read_ready(const char *body, size_t n, struct cloudflared_ready *out,
                            struct err *err) MUST_CHECK;
bool cloudflared_read_metrics(const char *body, size_t n, struct cloudflared_metrics *out,
                              struct err *err) MUST_CHECK;
bool cloudflared_read_tunnel(const char *body, size_t n, struct cloudflared_tunnel *out,
                             struct err *err) MUST_CHECK;
bool cloudflared_read_config(const char *body, size_t n, struct cloudflared_config *out,
                             struct err *err) MUST_CHECK;
/* GET /diag/configuration: how many connections it was told to keep; -1: not told. */
bool cloudflared_read_expected(const char *body, size_t n, int64_t *out,
                               struct err *err) MUST_CHECK;

#endif
