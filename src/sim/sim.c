#include "sim/sim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "sim/canned.h"
#include "sim/handout.h"
#include "sim/ledger.h"
#include "sim/network.h"
#include "sim/service.h"
#include "sim/web.h"

enum { TICK_MS = 100, LARGE_TICK_MS = 250, LARGE_SESSIONS = 2000 };

/* One running simulator. */
struct sim {
    struct service service;
    size_t n_connectors, n_mcp;
    int signals; /* a signalfd, -1 */
    sigset_t mask_before;
};

/* Signals are read, not caught, so that the end is an event like any other. */
static bool
open_signals(struct sim *sim, struct err *err)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGPIPE); /* blocked: a peer that is gone is an error of write */
    pthread_sigmask(SIG_BLOCK, &mask, &sim->mask_before);
    sigdelset(&mask, SIGPIPE);
    sim->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return sim->signals >= 0 || err_set(err, ERR_IO, "signalfd: %s", strerror(errno));
}

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

/* The customer's network that goes with the scenario. */
static bool
open_network(struct sim *sim, struct err *err)
{
    struct service *service = &sim->service;
    struct network_connector_plan connectors[64];
    const char *const mcp[] = {"wiki", "tickets"};
    struct network_plan plan = {.connectors = connectors,
                                .mcp = mcp,
                                .n_mcp = COUNT_OF(mcp),
                                .seed = service->seed,
                                .dir = handout_folder(service->handout)};
    char *names[COUNT_OF(connectors)];

    for (size_t i = 0; i < service->scenario->tunnels.n; i++) {
        const struct tunnel_plan *tunnel = service->scenario->tunnels.items[i];

        for (int64_t k = 1; k <= tunnel->connectors && plan.n_connectors < COUNT_OF(names); k++) {
            names[plan.n_connectors] = copy_printf("%s-%d", tunnel->name, (int)k);
            connectors[plan.n_connectors].name = names[plan.n_connectors];
            connectors[plan.n_connectors++].tunnel_id = tunnel_id(service->world, tunnel->name);
        }
    }
    service->network = network_start(&plan, err);
    sim->n_connectors = plan.n_connectors;
    sim->n_mcp = plan.n_mcp;
    for (size_t i = 0; i < plan.n_connectors; i++)
        free(names[i]);
    return service->network;
}

static bool
open_all(struct sim *sim, const struct sim_options *options, struct err *err)
{
    struct service *service = &sim->service;
    struct web_site site = {service, &service->lock, service_serve, service_read, service_done};
    struct handout_world of;

    service->ledger = ledger_new();
    service->handout = handout_open(err);
    if (!service->handout || !open_signals(sim, err) ||
        !service_set_scenario(service, options->scenario, err) || !open_network(sim, err))
        return false;
    service->web = web_start(options->listen, &site, err);
    if (!service->web)
        return false;
    for (size_t i = 0; i < service->scenario->faults.n; i++)
        service_fault(service, service->scenario->faults.items[i], true);
    of = (struct handout_world){service->world, service->scenario, service->network,
                                web_url(service->web)};
    return handout_write(service->handout, &of, err);
}

static void
close_all(struct sim *sim)
{
    struct service *service = &sim->service;
    struct timespec none = {0};
    sigset_t pipe_only;

    web_stop(service->web);
    network_stop(service->network);
    handout_close(service->handout);
    canned_clear(&service->answers);
    world_end(service->world);
    scenario_free(service->scenario);
    ledger_free(service->ledger);
    if (sim->signals >= 0) {
        struct signalfd_siginfo seen;

        while (read(sim->signals, &seen, sizeof(seen)) > 0)
            continue; /* what was obeyed must not strike when the mask is lifted */
        close(sim->signals);
        sigemptyset(&pipe_only);
        sigaddset(&pipe_only, SIGPIPE);
        sigtimedwait(&pipe_only, NULL, &none);
        pthread_sigmask(SIG_SETMASK, &sim->mask_before, NULL);
    }
    pthread_mutex_destroy(&service->lock);
}

static bool
write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = write(fd, bytes, n);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* The line of DESIGN 5. */
static bool
announce(const struct sim *sim, int fd, struct err *err)
{
    const struct service *service = &sim->service;
    struct json *json = json_new_object(), *list, *edge;
    struct buffer line = {0};
    char *text;
    bool ok;

    json_add_string(json, "api", web_url(service->web));
    json_add_string(json, "config", handout_config(service->handout));
    list = json_add_array(json, "connectors");
    for (size_t i = 0; i < sim->n_connectors; i++)
        json_add_string(list, NULL, network_connector_url(service->network, i));
    edge = json_add_object(json, "edge");
    json_add_string(edge, "tcp", network_edge_tcp(service->network));
    json_add_string(edge, "udp", network_edge_udp(service->network));
    list = json_add_array(json, "mcp");
    for (size_t i = 0; i < sim->n_mcp; i++)
        json_add_string(list, NULL, network_mcp_url(service->network, i));
    json_add_int(json, "pid", getpid());
    text = json_print(json, false);
    buffer_addf(&line, "%s\n", text);
    ok = write_all(fd, line.bytes, line.n) ||
         err_set(err, ERR_IO, "cannot say where it listens: %s", strerror(errno));
    free(text);
    buffer_free(&line);
    json_free(json);
    return ok;
}

/* Tick until a signal or the other end of stop_fd says so. */
static void
run(struct sim *sim, int stop_fd)
{
    struct service *service = &sim->service;
    struct pollfd fds[] = {{.fd = sim->signals, .events = POLLIN},
                           {.fd = stop_fd, .events = POLLIN}};

    for (;;) {
        int64_t begun_ms = clock_mono_ms(), tick_ms;

        pthread_mutex_lock(&service->lock);
        service_tick(service);
        tick_ms = service->world->sessions.n > LARGE_SESSIONS ? LARGE_TICK_MS : TICK_MS;
        pthread_mutex_unlock(&service->lock);
        tick_ms -= clock_mono_ms() - begun_ms;
        if (poll(fds, stop_fd >= 0 ? 2 : 1, tick_ms > 10 ? (int)tick_ms : 10) > 0)
            return;
    }
}

int
sim_run(const struct sim_options *options, struct err *err)
{
    struct sim sim = {.signals = -1};
    bool ok;

    pthread_mutex_init(&sim.service.lock, NULL);
    sim.service.seed = options->seed;
    sim.service.scenario_folders = options->scenario_folders;
    ok = open_all(&sim, options, err) && announce(&sim, options->ready_fd, err);
    if (ok)
        run(&sim, options->stop_fd);
    close_all(&sim);
    return ok ? 0 : 1;
}
