#include "sim/customer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/buffer.h"
#include "sim/chronicle.h"
#include "sim/controls.h"
#include "sim/network.h"
#include "sim/scenario.h"
#include "sim/world.h"

enum { CONNECTORS_MOST = 256, PROCESS_STARTS_MS = 1200 /* scaled by fleet.pace */ };

static const char *const upstreams[] = {"wiki", "tickets"};

struct one {
    char *name, *tunnel_id;
    int64_t begin_ms; /* wall: when its next process is there; 0: nobody starts one */
};

struct customer {
    struct network *network;
    char *folder;
    char *domain; /* of the first tunnel, whose proxy is on this host; NULL: no tunnel */
    struct one connector[CONNECTORS_MOST];
    size_t n;
    bool is_touched; /* connectors are not as they were at the start */
};

static const char *
tunnel_id(const struct world *world, const char *label)
{
    for (size_t i = 0; i < world->tunnels.n; i++) {
        const struct tunnel *tunnel = world->tunnels.items[i];

        if (strcmp(tunnel->label, label) == 0)
            return tunnel->object.id;
    }
    return "";
}

static struct tunnel *
tunnel_by_domain(const struct world *world, const char *domain)
{
    for (size_t i = 0; domain && i < world->tunnels.n; i++) {
        struct tunnel *tunnel = world->tunnels.items[i];

        if (strcmp(tunnel->domain, domain) == 0)
            return tunnel;
    }
    return NULL;
}

/* The connectors that a scenario wants. */
static void
name_all(struct customer *customer, const struct scenario *scenario, const struct world *world)
{
    const struct tunnel_plan *first = scenario->tunnels.n > 0 ? scenario->tunnels.items[0] : NULL;
    const struct tunnel *tunnel =
        first ? world_find_tunnel(world, tunnel_id(world, first->name)) : NULL;

    customer->domain = tunnel ? copy_string(tunnel->domain) : NULL;
    for (size_t i = 0; i < scenario->tunnels.n; i++) {
        const struct tunnel_plan *plan = scenario->tunnels.items[i];

        for (int64_t k = 1; k <= plan->connectors && customer->n < CONNECTORS_MOST; k++) {
            struct one *one = &customer->connector[customer->n++];

            one->name = copy_printf("%s-%d", plan->name, (int)k);
            one->tunnel_id = copy_string(tunnel_id(world, plan->name));
        }
    }
}

void
customer_close(struct customer *customer)
{
    if (!customer)
        return;
    network_stop(customer->network);
    free(customer->domain);
    free(customer->folder);
    for (size_t i = 0; i < customer->n; i++) {
        free(customer->connector[i].name);
        free(customer->connector[i].tunnel_id);
    }
    free(customer);
}

/* What the edge takes for new connections of a tunnel; "" when it is no more. */
static const char *
valid_token(const struct world *world, const char *id)
{
    const struct tunnel *tunnel = world_find_tunnel(world, id);

    return tunnel && !tunnel->archived_ms ? tunnel->token : "";
}

struct customer *
customer_open(const struct scenario *scenario, const struct world *world, const char *dir,
              struct err *err)
{
    struct network_connector_plan connectors[CONNECTORS_MOST];
    struct customer *customer = zeroed(sizeof(*customer));
    struct network_plan plan = {.connectors = connectors,
                                .mcp = upstreams,
                                .n_mcp = COUNT_OF(upstreams),
                                .seed = world->seed,
                                .dir = dir};

    name_all(customer, scenario, world);
    customer->folder = copy_string(dir);
    plan.domain = customer->domain;
    for (; plan.n_connectors < customer->n; plan.n_connectors++) {
        const struct one *one = &customer->connector[plan.n_connectors];

        connectors[plan.n_connectors] = (struct network_connector_plan){
            one->name, one->tunnel_id, valid_token(world, one->tunnel_id)};
    }
    customer->network = network_start(&plan, err);
    if (customer->network)
        return customer;
    customer_close(customer);
    return NULL;
}

bool
customer_suits(const struct customer *customer, const struct scenario *scenario,
               const struct world *world)
{
    struct customer *wanted = zeroed(sizeof(*wanted));
    bool is_same;

    name_all(wanted, scenario, world);
    is_same = !customer->is_touched && wanted->n == customer->n &&
              !wanted->domain == !customer->domain &&
              (!wanted->domain || strcmp(wanted->domain, customer->domain) == 0);
    for (size_t i = 0; is_same && i < wanted->n; i++)
        is_same = strcmp(wanted->connector[i].name, customer->connector[i].name) == 0 &&
                  strcmp(wanted->connector[i].tunnel_id, customer->connector[i].tunnel_id) == 0;
    customer_close(wanted);
    return is_same;
}

void
customer_register(const struct customer *customer, struct world *world)
{
    const struct network_proxy *proxy = network_proxy(customer->network);
    struct tunnel *tunnel = tunnel_by_domain(world, customer->domain);
    struct tunnel_certificate *certificate =
        proxy && tunnel && tunnel->certificates.n > 0 ? tunnel->certificates.items[0] : NULL;

    if (certificate)
        memcpy(certificate->fingerprint, proxy->fingerprint, sizeof(certificate->fingerprint));
}

struct network *
customer_network(const struct customer *customer)
{
    return customer->network;
}

void
customer_tokens_changed(struct customer *customer, const struct world *world)
{
    customer->is_touched = true;
    for (size_t i = 0; i < customer->n; i++)
        network_set_valid_token(customer->network, i,
                                valid_token(world, customer->connector[i].tunnel_id));
}

char *
customer_token_file(const struct customer *customer, const char *id)
{
    return copy_printf("%s/%s.token", customer->folder, id);
}

/* The first line of the file. */
static bool
read_token(const struct customer *customer, const char *id, char out[SIM_TOKEN_BYTES])
{
    char *path = customer_token_file(customer, id);
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(out, SIM_TOKEN_BYTES, file);

    if (file)
        fclose(file);
    free(path);
    if (!ok)
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return *out;
}

static void
begin(struct customer *customer, struct world *world, size_t i)
{
    struct one *one = &customer->connector[i];
    char token[SIM_TOKEN_BYTES];
    struct err err = {0};

    one->begin_ms = 0;
    if (!read_token(customer, one->tunnel_id, token))
        chronicle_add(world, one->name, "exited: there is no tunnel token in its file");
    else if (network_begin_connector(customer->network, i, token, world->switches.pace, &err))
        chronicle_add(world, one->name, "started");
    else
        chronicle_add(world, one->name, "exited: %s", err.message);
}

void
customer_tick(struct customer *customer, struct world *world)
{
    for (size_t i = 0; i < customer->n; i++)
        if (customer->connector[i].begin_ms && customer->connector[i].begin_ms <= world->now_ms)
            begin(customer, world, i);
}

size_t
customer_connectors(const struct customer *customer)
{
    return customer->n;
}

const char *
customer_connector_name(const struct customer *customer, size_t i)
{
    return customer->connector[i].name;
}

const char *
customer_connector_state(const struct customer *customer, size_t i)
{
    return customer->connector[i].begin_ms ? "starting"
                                           : network_connector_state(customer->network, i);
}

void
customer_drain(struct customer *customer, struct world *world, size_t i)
{
    customer->is_touched = true;
    customer->connector[i].begin_ms = 0;
    chronicle_add(world, customer->connector[i].name, "SIGTERM");
    network_end_connector(customer->network, i);
}

void
customer_start(struct customer *customer, struct world *world, size_t i)
{
    struct one *one = &customer->connector[i];

    if (strcmp(customer_connector_state(customer, i), "down") == 0)
        one->begin_ms = world->now_ms + PROCESS_STARTS_MS * 100 / world->switches.pace;
}

void
customer_restart(struct customer *customer, struct world *world, size_t i)
{
    customer_drain(customer, world, i);
    customer_start(customer, world, i);
}

void
customer_announce(const struct customer *customer, struct json *line)
{
    const struct network *network = customer->network;
    struct json *list = json_add_array(line, "connectors"), *edge;

    for (size_t i = 0; i < customer->n; i++)
        json_add_string(list, NULL, network_connector_url(network, i));
    edge = json_add_object(line, "edge");
    json_add_string(edge, "tcp", network_edge_tcp(network));
    json_add_string(edge, "udp", network_edge_udp(network));
    list = json_add_array(line, "mcp");
    for (size_t i = 0; i < COUNT_OF(upstreams); i++)
        json_add_string(list, NULL, network_mcp_url(network, i));
}

static void
configure_proxy(const struct customer *customer, struct buffer *out)
{
    const struct network_proxy *proxy = network_proxy(customer->network);

    if (!proxy)
        return;
    buffer_addf(out, "    proxy:\n      config_file: %s\n      ca_file: %s\n", proxy->config_file,
                proxy->ca_file);
    buffer_addf(out, "      cert_file: %s\n      key_file: %s\n      log_file: %s\n",
                proxy->cert_file, proxy->key_file, proxy->log_file);
    buffer_add(out, "      waivers:\n        - {check: L1-6, who: sandwatch sim, "
                    "why: its MCP servers are on this very host}\n");
}

static void
configure_connectors(const struct customer *customer, const struct controls *controls,
                     struct buffer *out)
{
    if (customer->n > 0)
        buffer_add(out, "    connectors:\n");
    for (size_t i = 0; i < customer->n; i++) {
        const struct one *one = &customer->connector[i];

        buffer_addf(out, "      - {name: \"%s\", url: \"%s\", tunnel_id: %s, log_file: %s",
                    one->name, network_connector_url(customer->network, i), one->tunnel_id,
                    network_connector_log(customer->network, i));
        controls_write(controls, "connector", one->name, out);
        buffer_add(out, "}\n");
    }
}

/* One for each tunnel, whose connectors follow each other. */
static void
configure_tokens(const struct customer *customer, struct buffer *out)
{
    const char *before = NULL;

    if (customer->n > 0)
        buffer_add(out, "    tunnel_tokens:\n");
    for (size_t i = 0; i < customer->n; before = customer->connector[i++].tunnel_id) {
        const char *id = customer->connector[i].tunnel_id;
        char *path;

        if (before && strcmp(before, id) == 0)
            continue;
        path = customer_token_file(customer, id);
        buffer_addf(out, "      - {tunnel_id: %s, file: %s}\n", id, path);
        free(path);
    }
}

void
customer_configure(const struct customer *customer, const struct controls *controls,
                   struct buffer *out)
{
    const struct network *network = customer->network;
    const char *tcp = network_edge_tcp(network), *udp = network_edge_udp(network);

    configure_proxy(customer, out);
    configure_connectors(customer, controls, out);
    configure_tokens(customer, out);
    buffer_addf(out, "    edge:\n      ca_file: %s\n      targets:\n",
                network_edge_ca_file(network));
    buffer_addf(out, "        - {name: region1, host: %s, tcp_port: %s, udp_port: %s}\n",
                network_fault_is_on(network, "dns-broken") ? "edge.invalid" : "127.0.0.1",
                strrchr(tcp, ':') + 1, strrchr(udp, ':') + 1);
}
