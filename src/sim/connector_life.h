/* connector_life.h — what a pretend cloudflared has been through: its connections and its counters,
 * moved on by time and by the faults that are on. No I/O, no lock: the caller's. */
#ifndef SIM_CONNECTOR_LIFE_H
#define SIM_CONNECTOR_LIFE_H

#include "sim/network_faults.h"

enum { LIFE_CONNECTIONS = 4 }; /* cloudflared's default number of connections */

struct life_connection {
    char edge_address[48];
    char location[8], former_location[8]; /* colos: "fra03"; former: "" when it never moved */
    double rtt_ms;
};

struct life {
    size_t place;               /* among the connectors; the first is the one that degrades */
    int64_t started_ms, now_ms; /* wall */
    bool is_quic;
    bool is_refused; /* the edge does not take its token: no connection is added */
    int64_t pace;    /* percent: how fast it starts */
    double up; /* connections, growing by one a second until wanted; the whole part is up now */
    struct life_connection connection[LIFE_CONNECTIONS];
    double requests_per_s;
    /* counters since the start; only their whole part is told */
    double requests, request_errors, register_success, register_failures;
    double sent_bytes, received_bytes, lost_packets;
};

/* A connector that has been up for some days. */
void life_begin(struct life *life, size_t place, uint64_t seed, int64_t now_ms);
/* The same connector in a new process: nothing registered, nothing counted. */
void life_restart(struct life *life, int64_t now_ms);
void life_go_on(struct life *life, const struct network_faults *faults, int64_t now_ms);

int life_connections(const struct life *life); /* up now */

#endif
