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
#include "sim/customer.h"
#include "sim/handout.h"
#include "sim/ledger.h"

#include "sim/service.h"
#include "sim/web.h"

enum { TICK_MS = 100, LARGE_TICK_MS = 250, LARGE_SESSIONS = 2000 };

/* One running simulator. */
struct sim {
    struct service service;
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

static bool
open_all(struct sim *sim, const struct sim_options *options, struct err *err)
{
    struct service *service = &sim->service;
    struct web_site site = {service, &service->lock, service_serve, service_read, service_done};

    bool ok;

    service->ledger = ledger_new();
    if (!open_signals(sim, err)) /* first: from here on no signal can leave the folder behind */
        return false;
    service->handout = handout_open(err);
    if (!service->handout || !service_set_scenario(service, options->scenario, err))
        return false;
    service->web = web_start(options->listen, &site, err);
    if (!service->web)
        return false;
    pthread_mutex_lock(&service->lock);
    ok = service_hand_out(service, err);
    pthread_mutex_unlock(&service->lock);
    return ok;
}

static void
close_all(struct sim *sim)
{
    struct service *service = &sim->service;
    struct timespec none = {0};
    sigset_t pipe_only;

    web_stop(service->web);
    customer_close(service->customer);
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
    struct json *json = json_new_object();
    struct buffer line = {0};
    char *text;
    bool ok;

    json_add_string(json, "api", web_url(service->web));
    json_add_string(json, "config", handout_config(service->handout));
    customer_announce(service->customer, json);
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
    sim.service.program = options->program;
    ok = open_all(&sim, options, err) && announce(&sim, options->ready_fd, err);
    if (ok)
        run(&sim, options->stop_fd);
    close_all(&sim);
    return ok ? 0 : 1;
}
