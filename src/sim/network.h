/* network.h — the customer's half of the pretend world: connectors, the tunnel edge, MCP servers.
 *
 * Everything listens on loopback, on ports the system chose. Behaviour follows cloudflared 2026.8.2
 * (facts/connectivity.md C), the edge on port 7844 (F, G) and MCP authorization (E3). */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "core/err.h"

struct network_connector_plan {
    const char *name, *tunnel_id; /* tunnel_id: what /diag/tunnel says it belongs to */
    const char *token;            /* of that tunnel */
};

struct network_plan {
    const struct network_connector_plan *connectors;
    size_t n_connectors;
    const char *const *mcp; /* the upstreams' names */
    size_t n_mcp;
    uint64_t seed;      /* identifiers, colos and rates follow from it */
    const char *dir;    /* an existing private folder for the authority's file */
    const char *domain; /* of the tunnel behind whose proxy the upstreams stand; NULL: no proxy */
};

struct network;

/* Make certificates, start every server; returns when all of them listen. The plan is borrowed for
 * the call only. Caller frees with network_stop. NULL with err when a port or a file fails. */
struct network *network_start(const struct network_plan *plan, struct err *err);
/* Milliseconds; leaves no thread, no port and no file. NULL is allowed. */
void network_stop(struct network *network);

/* "http://127.0.0.1:PORT"; borrowed until network_stop. i: as in the plan. */
const char *network_connector_url(const struct network *network, size_t i);
/* Where its log is; borrowed until network_stop. */
const char *network_connector_log(const struct network *network, size_t i);
/* Its process: see connector.h. One thread at a time. */
void network_end_connector(struct network *network, size_t i);
bool network_begin_connector(struct network *network, size_t i, const char *token, int64_t pace,
                             struct err *err);
void network_set_valid_token(struct network *network, size_t i, const char *token);
const char *network_connector_state(struct network *network, size_t i);
/* "http://127.0.0.1:PORT/mcp" */
const char *network_mcp_url(const struct network *network, size_t i);
/* "127.0.0.1:PORT", the port also bound on [::1] where the host has it. */
const char *network_edge_tcp(const struct network *network);
const char *network_edge_udp(const struct network *network);
/* How many handshakes it was asked for so far: to prove that a client is polite. Any thread. */
void network_edge_handshakes(const struct network *network, unsigned *over_tcp, unsigned *over_udp);
/* PEM file of the authority that a client must trust to verify the edge. */
const char *network_edge_ca_file(const struct network *network);

/* The files of the proxy: its configuration and its certificates. NULL when there is no proxy;
 * borrowed until network_stop. */
struct network_proxy {
    char config_file[512], ca_file[512], cert_file[512], key_file[512], log_file[512];
    char fingerprint[65]; /* of the CA: what is to be registered on the tunnel */
};
const struct network_proxy *network_proxy(const struct network *network);

/* Switch one fault; false when no fault has that name. Any thread; at work for the next request,
 * datagram or connection. */
bool network_fault(struct network *network, const char *name, bool on);
bool network_fault_is_on(const struct network *network, const char *name);
/* Their names, NULL-terminated; borrowed for ever. */
const char *const *network_fault_names(void);
/* What happens while it is on; "" for a name that no fault has. */
const char *network_fault_meaning(const char *name);

#endif
