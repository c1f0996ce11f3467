#include "sim/network.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/die.h"
#include "core/log.h"
#include "sim/buffer.h"
#include "sim/connector.h"
#include "sim/edge.h"
#include "sim/mcp.h"
#include "sim/network_faults.h"
#include "sim/pki.h"
#include "sim/proxy_files.h"

static const char *const fault_names[] = {
#define FAULT(id, name, what) name,
#include "sim/network_faults.def"
#undef FAULT
    NULL,
};

static const char *const fault_meanings[] = {
#define FAULT(id, name, what) what,
#include "sim/network_faults.def"
#undef FAULT
};

struct network {
    struct network_faults faults;
    pthread_mutex_t lock; /* one fault is switched, one connector ended or begun at a time */
    struct connector **connector;
    size_t n_connectors;
    struct mcp **mcp;
    size_t n_mcp;
    struct pki *pki;
    struct edge *edge;
    char edge_address[32], ca_file[512];
    struct proxy_files *proxy; /* NULL: none */
};

static void *
zeroed_array(size_t count, size_t bytes_each)
{
    void *memory = calloc(count + 1, bytes_each);

    if (!memory)
        die("out of memory");
    return memory;
}

static bool
edge_begin(struct network *network, const struct network_plan *plan, struct err *err)
{
    int n = snprintf(network->ca_file, sizeof(network->ca_file), "%s/edge-ca.pem", plan->dir);

    if (n < 0 || (size_t)n >= sizeof(network->ca_file)) {
        *network->ca_file = '\0';
        return err_set(err, ERR_IO, "edge: the folder's name is too long");
    }
    network->pki = pki_new(err);
    if (!network->pki || !pki_write_authority(network->pki, network->ca_file, err))
        return false;
    network->edge = edge_start(network->pki, &network->faults, err);
    if (!network->edge)
        return false;
    snprintf(network->edge_address, sizeof(network->edge_address), "127.0.0.1:%u",
             (unsigned)edge_port(network->edge));
    return true;
}

static bool
mcp_begin(struct network *network, const struct network_plan *plan, struct err *err)
{
    network->mcp = zeroed_array(plan->n_mcp, sizeof(struct mcp *));
    for (size_t i = 0; i < plan->n_mcp; i++) {
        struct mcp *mcp = mcp_start(plan->mcp[i], plan->domain, &network->faults, err);

        if (!mcp)
            return false;
        network->mcp[network->n_mcp++] = mcp;
    }
    return true;
}

static bool
proxy_begin(struct network *network, const struct network_plan *plan, struct err *err)
{
    const char **urls = zeroed_array(plan->n_mcp, sizeof(*urls));

    for (size_t i = 0; i < plan->n_mcp; i++)
        urls[i] = mcp_url(network->mcp[i]);
    if (plan->domain)
        network->proxy = proxy_files_open(
            &(struct proxy_files_plan){plan->dir, plan->domain, plan->mcp, urls, plan->n_mcp},
            network->pki, err);
    free(urls);
    return network->proxy || !plan->domain;
}

static bool
connectors_begin(struct network *network, const struct network_plan *plan, struct err *err)
{
    network->connector = zeroed_array(plan->n_connectors, sizeof(struct connector *));
    for (size_t i = 0; i < plan->n_connectors; i++) {
        const struct network_connector_plan *what = &plan->connectors[i];
        bool is_proxied = /* the proxy here stands behind the first tunnel */
            network->proxy && strcmp(what->tunnel_id, plan->connectors->tunnel_id) == 0;
        char *log_file = copy_printf("%s/cloudflared-%zu.log", plan->dir, i);
        struct connector_plan one = {
            .name = what->name,
            .tunnel_id = what->tunnel_id,
            .token = what->token,
            .place = i,
            .seed = plan->seed,
            .log_file = log_file,
            .proxy_diary = is_proxied ? proxy_files_diary(network->proxy) : NULL,
        };
        struct connector *connector = connector_start(&one, &network->faults, err);

        free(log_file);
        if (!connector)
            return false;
        network->connector[network->n_connectors++] = connector;
    }
    return true;
}

struct network *
network_start(const struct network_plan *plan, struct err *err)
{
    struct network *network = zeroed_array(1, sizeof(*network));

    if (pthread_mutex_init(&network->lock, NULL) != 0)
        die("out of memory");
    if (!edge_begin(network, plan, err) || !mcp_begin(network, plan, err) ||
        !proxy_begin(network, plan, err) || !connectors_begin(network, plan, err)) {
        network_stop(network);
        return NULL;
    }
    return network;
}

void
network_stop(struct network *network)
{
    if (!network)
        return;
    for (size_t i = 0; i < network->n_connectors; i++)
        connector_stop(network->connector[i]);
    for (size_t i = 0; i < network->n_mcp; i++)
        mcp_stop(network->mcp[i]);
    edge_stop(network->edge);
    proxy_files_close(network->proxy);
    pki_free(network->pki);
    if (*network->ca_file)
        unlink(network->ca_file);
    pthread_mutex_destroy(&network->lock);
    free(network->connector);
    free(network->mcp);
    free(network);
}

const char *
network_connector_url(const struct network *network, size_t i)
{
    return connector_url(network->connector[i]);
}

void
network_end_connector(struct network *network, size_t i)
{
    pthread_mutex_lock(&network->lock);
    connector_end(network->connector[i]);
    pthread_mutex_unlock(&network->lock);
}

bool
network_begin_connector(struct network *network, size_t i, const char *token, int64_t pace,
                        struct err *err)
{
    bool ok;

    pthread_mutex_lock(&network->lock);
    ok = connector_begin(network->connector[i], token, pace, err);
    pthread_mutex_unlock(&network->lock);
    return ok;
}

void
network_set_valid_token(struct network *network, size_t i, const char *token)
{
    connector_set_valid_token(network->connector[i], token);
}

const char *
network_connector_state(struct network *network, size_t i)
{
    const char *state;

    pthread_mutex_lock(&network->lock);
    state = connector_state(network->connector[i]);
    pthread_mutex_unlock(&network->lock);
    return state;
}

const char *
network_connector_log(const struct network *network, size_t i)
{
    return connector_log_file(network->connector[i]);
}

const char *
network_mcp_url(const struct network *network, size_t i)
{
    return mcp_url(network->mcp[i]);
}

const char *
network_edge_tcp(const struct network *network)
{
    return network->edge_address;
}

const char *
network_edge_udp(const struct network *network)
{
    return network->edge_address;
}

void
network_edge_handshakes(const struct network *network, unsigned *over_tcp, unsigned *over_udp)
{
    edge_handshakes(network->edge, over_tcp, over_udp);
}

const char *
network_edge_ca_file(const struct network *network)
{
    return network->ca_file;
}

const struct network_proxy *
network_proxy(const struct network *network)
{
    return network->proxy ? proxy_files_names(network->proxy) : NULL;
}

static size_t
fault_find(const char *name)
{
    size_t i = 0;

    while (i < NETWORK_FAULT_COUNT && strcmp(fault_names[i], name) != 0)
        i++;
    return i;
}

static void
connectors_listen(struct network *network, bool is_reachable)
{
    struct err err;

    for (size_t i = 0; i < network->n_connectors; i++)
        if (!connector_listen(network->connector[i], is_reachable, &err))
            log_line("sim", "%s", err.message);
}

bool
network_fault(struct network *network, const char *name, bool on)
{
    size_t i = fault_find(name);

    if (i == NETWORK_FAULT_COUNT)
        return false;
    pthread_mutex_lock(&network->lock);
    atomic_store(&network->faults.on[i], on);
    if (i == FAULT_connectors_unreachable)
        connectors_listen(network, !on);
    if (network->proxy && (i == FAULT_cert_wrong_ca || i == FAULT_cert_expired))
        proxy_files_renew(network->proxy, &network->faults);
    for (size_t k = 0; k < network->n_connectors; k++)
        connector_go_on(network->connector[k]);
    pthread_mutex_unlock(&network->lock);
    edge_wake(network->edge);
    return true;
}

bool
network_fault_is_on(const struct network *network, const char *name)
{
    size_t i = fault_find(name);

    return i < NETWORK_FAULT_COUNT && fault_on(&network->faults, (enum network_fault)i);
}

const char *const *
network_fault_names(void)
{
    return fault_names;
}

const char *
network_fault_meaning(const char *name)
{
    size_t i = fault_find(name);

    return i < NETWORK_FAULT_COUNT ? fault_meanings[i] : "";
}
