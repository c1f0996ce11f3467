/* connector.h — one pretend cloudflared: its metrics server, every page of it
 * (facts/connectivity.md C2). */
#ifndef SIM_CONNECTOR_H
#define SIM_CONNECTOR_H

#include "core/err.h"
#include "sim/network_faults.h"

struct connector;
struct diary;

struct connector_plan {
    const char *name, *tunnel_id;
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

/* Refuse connections, or listen again on the same port. One thread at a time. */
bool connector_listen(struct connector *connector, bool is_reachable, struct err *err);

#endif
