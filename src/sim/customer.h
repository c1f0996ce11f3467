/* customer.h — the customer's network that goes with a scenario: a connector for each that its
 * tunnels name, and two MCP servers. */
#ifndef SIM_CUSTOMER_H
#define SIM_CUSTOMER_H

#include "core/err.h"

struct buffer;
struct controls;
struct json;
struct network;
struct scenario;
struct world;

struct customer;

/* Start it. dir: a private folder. Caller frees with customer_close. NULL with err. */
struct customer *customer_open(const struct scenario *scenario, const struct world *world,
                               const char *dir, struct err *err);
void customer_close(struct customer *customer); /* NULL is allowed */

/* Would this scenario's network be the same? Then it can go on running. */
bool customer_suits(const struct customer *customer, const struct scenario *scenario,
                    const struct world *world);
/* Register the proxy's CA on the tunnel that it belongs to, in place of a made-up one. */
void customer_register(const struct customer *customer, struct world *world);
/* The edge takes other tokens than before: one was rotated, or a tunnel archived. */
void customer_tokens_changed(struct customer *customer, const struct world *world);
/* Where the connectors of that tunnel read their token when they start; caller frees. */
char *customer_token_file(const struct customer *customer, const char *tunnel_id);

/* The connectors, by their place. */
size_t customer_connectors(const struct customer *customer);
const char *customer_connector_name(const struct customer *customer, size_t i);
/* "down", "starting", "up" */
const char *customer_connector_state(const struct customer *customer, size_t i);
/* What an operator may do to one. drain: its process ends. start: one comes, when there is none,
 * after a moment, with the token of the file. restart: both. */
void customer_drain(struct customer *customer, struct world *world, size_t i);
void customer_start(struct customer *customer, struct world *world, size_t i);
void customer_restart(struct customer *customer, struct world *world, size_t i);
/* What is due at world->now_ms. */
void customer_tick(struct customer *customer, struct world *world);

struct network *customer_network(const struct customer *customer);

/* "connectors", "edge" and "mcp" of the line that the simulator prints. */
void customer_announce(const struct customer *customer, struct json *line);
/* The sections "connectors", "tunnel_tokens" and "edge" of a configuration. */
void customer_configure(const struct customer *customer, const struct controls *controls,
                        struct buffer *out);

#endif
