/* connector.h — one pretend cloudflared: its metrics server, every page of it
 * (facts/connectivity.md C2). */
#ifndef SIM_CONNECTOR_H
#define SIM_CONNECTOR_H

#include "core/err.h"
#include "sim/network_faults.h"

struct connector;
struct diary;

struct connector_plan {
    const char *name, *tunnel_id, *token;
    size_t place; /* among the connectors */
    uint64_t seed;
    const char *log_file; /* a file to make and to write; NULL: it has no log */
    struct diary
        *proxy_diary; /* of the proxy behind it; NULL: none; borrowed until connector_stop */
};

/* faults are borrowed until connector_stop. Caller frees with connector_stop. */
struct connector *connector_start(const struct connector_plan *plan,
                                  const struct network_faults *faults, struct err *err);
void connector_stop(struct connector *connector); /* NULL is allowed */

const char *connector_url(const struct connector *connector);      /* "http://127.0.0.1:PORT" */
const char *connector_log_file(const struct connector *connector); /* NULL: it has none */

/* Live on until now, though nobody asks: a fault was switched. */
void connector_go_on(struct connector *connector);

/* Refuse connections, or listen again on the same port, while there is a process. One thread at a
 * time, for these four. */
bool connector_listen(struct connector *connector, bool is_reachable, struct err *err);
/* Its process ends, and its port refuses. */
void connector_end(struct connector *connector);
/* A new process in its place, with this token; pace: percent. It listens at once, when it may, and
 * registers its connections one after the other. */
bool connector_begin(struct connector *connector, const char *token, int64_t pace, struct err *err);
/* The token that the edge takes from now on for new connections. */
void connector_set_valid_token(struct connector *connector, const char *token);

/* "down", "starting": no connection yet, "up" */
const char *connector_state(struct connector *connector);

#endif
