#include "probe/probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/thread.h"
#include "model/store.h"
#include "probe/checks.h"
#include "probe/connectors.h"
#include "probe/dns.h"
#include "probe/dot.h"
#include "probe/proxy.h"
#include "probe/quic.h"
#include "probe/survey.h"
#include "probe/tls.h"
#include "probe/upstreams.h"

#define DEFAULT_DOT_NAME "cloudflare-dns.com" /* as cloudflared asks for (facts A3) */

enum { DEFAULT_INTERVAL_MS = 10000, SHORTEST_INTERVAL_MS = 200 };

struct probe {
    struct arena *arena; /* owns the copy of the options */
    struct probe_options options;
    struct store *store;
    struct tools tools;
    struct dot_server dot;
    struct tls_trust *dot_trust;
    struct checks *checks; /* NULL: off */
    struct connectors *connectors;
    struct upstreams *upstreams;
    struct proxy_watch *proxy;
    struct watch wishes, stop;
    int stop_fd;
    bool is_ending; /* of the thread's own */
    bool has_thread;
    pthread_t thread;
};

/* --- the thread --- */

static void
wishes_came(void *context, unsigned events)
{
    struct probe *probe = context;
    struct wish wish;

    (void)events;
    while (store_take_wish(probe->store, WISH_FOR_probe, &wish))
        if (wish.kind == WISH_check && probe->checks) {
            checks_check(probe->checks, wish.id);
        } else if (wish.kind == WISH_refresh) {
            connectors_refresh(probe->connectors);
            proxy_refresh(probe->proxy);
            upstreams_refresh(probe->upstreams);
            if (probe->checks)
                checks_refresh(probe->checks);
        }
}

static void
stop_came(void *context, unsigned events)
{
    struct probe *probe = context;

    (void)events;
    probe->is_ending = true;
}

static void *
run(void *argument)
{
    struct probe *probe = argument;

    if (probe->checks) { /* now, rather than between two stages that are being timed */
        tls_trust_load(probe->tools.trust);
        tls_trust_load(probe->tools.edge_trust);
        quic_load(); /* while there are files to open */
    }
    while (!probe->is_ending)
        loop_turn(probe->tools.loop);
    return NULL;
}

/* --- starting --- */

static const char *
keep(struct arena *arena, const char *s)
{
    return s ? arena_strdup(arena, s) : NULL;
}

static const char *const *
keep_words(struct arena *arena, const char *const *words)
{
    const char **copy;
    size_t n = 0;

    while (words && words[n])
        n++;
    if (n == 0)
        return NULL;
    copy = arena_array(arena, n + 1, sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(arena, words[i]);
    return copy;
}

static struct log_place
keep_log(struct arena *arena, const struct log_place *from)
{
    return (struct log_place){
        .file = keep(arena, from->file),
        .command = keep_words(arena, from->command),
    };
}

static struct probe_proxy
copy_proxy(const struct probe_proxy *from, struct arena *arena)
{
    struct probe_waiver *waivers = arena_array(arena, from->n_waivers, sizeof(*waivers));

    for (size_t i = 0; i < from->n_waivers; i++)
        waivers[i] = (struct probe_waiver){
            .route = keep(arena, from->waivers[i].route),
            .check = keep(arena, from->waivers[i].check),
            .who = keep(arena, from->waivers[i].who),
            .why = keep(arena, from->waivers[i].why),
        };
    return (struct probe_proxy){
        .config_file = keep(arena, from->config_file),
        .ca_file = keep(arena, from->ca_file),
        .cert_file = keep(arena, from->cert_file),
        .ca_command = keep_words(arena, from->ca_command),
        .cert_command = keep_words(arena, from->cert_command),
        .key_file = keep(arena, from->key_file),
        .data_dir = keep(arena, from->data_dir),
        .mcp_paths = keep_words(arena, from->mcp_paths),
        .log = keep_log(arena, &from->log),
        .address = keep(arena, from->address),
        .skips_exposure = from->skips_exposure,
        .tries_stranger = from->tries_stranger,
        .stranger_port = from->stranger_port,
        .probes_inner_tls = from->probes_inner_tls,
        .waivers = waivers,
        .n_waivers = from->n_waivers,
    };
}

static struct probe_options
copy_options(const struct probe_options *from, struct arena *arena)
{
    struct probe_options to = *from;
    struct probe_edge *edges = arena_array(arena, from->n_edges, sizeof(*edges));
    struct probe_connector *connectors =
        arena_array(arena, from->n_connectors, sizeof(*connectors));

    to.api_url = keep(arena, from->api_url);
    to.api_ca_file = keep(arena, from->api_ca_file);
    to.proxy_url = keep(arena, from->proxy_url);
    to.region = keep(arena, from->region);
    to.edge_ca_file = keep(arena, from->edge_ca_file);
    to.dns_servers = keep(arena, from->dns_servers);
    to.dot_server = keep(arena, from->dot_server);
    to.dot_name = keep(arena, from->dot_name);
    to.dot_ca_file = keep(arena, from->dot_ca_file);
    for (size_t i = 0; i < from->n_edges; i++) {
        edges[i] = from->edges[i];
        edges[i].name = keep(arena, from->edges[i].name);
        edges[i].host = keep(arena, from->edges[i].host);
    }
    for (size_t i = 0; i < from->n_connectors; i++) {
        connectors[i].name = keep(arena, from->connectors[i].name);
        connectors[i].url = keep(arena, from->connectors[i].url);
        connectors[i].tunnel_id = keep(arena, from->connectors[i].tunnel_id);
        connectors[i].log = keep_log(arena, &from->connectors[i].log);
    }
    to.proxy = copy_proxy(&from->proxy, arena);
    to.edges = edges;
    to.connectors = connectors;
    if (to.interval_ms <= 0)
        to.interval_ms = DEFAULT_INTERVAL_MS;
    if (to.interval_ms < SHORTEST_INTERVAL_MS)
        to.interval_ms = SHORTEST_INTERVAL_MS;
    return to;
}

static void
say_that_checks_are_off(struct probe *probe)
{
    struct source_status status = {.state = SOURCE_STATE_disabled,
                                   .code = ERR_CONFIG,
                                   .error = "switched off (checks.enabled: false)",
                                   .interval_ms = probe->options.interval_ms,
                                   .tried_at_ms = clock_wall_ms(),
                                   .rounds = 1};

    store_publish(probe->store, SLOT_checks, arena_new(), NULL, 0);
    store_source(probe->store, SOURCE_checks, &status);
}

/* Nothing when none is wanted. */
static bool
open_dot(struct probe *probe, struct err *err)
{
    const struct probe_options *options = &probe->options;

    if (!options->dot_server || !*options->dot_server)
        return true;
    if (!address_read(options->dot_server, DOT_PORT, &probe->dot.address))
        return err_set(err, ERR_CONFIG,
                       "checks.dns_over_tls: expected ADDRESS:PORT, found \"%.60s\"",
                       options->dot_server);
    probe->dot_trust = tls_trust_open(options->dot_ca_file, probe->tools.trust, err);
    if (!probe->dot_trust)
        return false;
    probe->dot.name = options->dot_name ? options->dot_name : DEFAULT_DOT_NAME;
    probe->dot.trust = probe->dot_trust;
    probe->tools.dot = &probe->dot;
    return true;
}

static bool
open_tools(struct probe *probe, struct err *err)
{
    struct tools *tools = &probe->tools;

    return (tools->loop = loop_open(err)) &&
           (tools->trust = tls_trust_open(probe->options.api_ca_file, NULL, err)) &&
           (tools->edge_trust = tls_trust_open(probe->options.edge_ca_file, tools->trust, err)) &&
           (tools->dns = dns_open(tools->loop, probe->options.dns_servers, err)) &&
           (tools->resolvers = resolvers_open(tools->loop, tools->dns)) &&
           (tools->berths = berths_open(tools->loop)) && open_dot(probe, err) &&
           (tools->http = http_open(tools->loop, tools->trust, err));
}

static bool
open_all(struct probe *probe, struct err *err)
{
    probe->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (probe->stop_fd < 0)
        return err_set(err, ERR_IO, "cannot make an eventfd: %s", strerror(errno));
    if (!open_tools(probe, err))
        return false;
    probe->connectors = connectors_open(&probe->options, &probe->tools, probe->store, err);
    if (!probe->connectors)
        return false;
    probe->upstreams = upstreams_open(&probe->tools, probe->store, probe->options.proxy.mcp_paths);
    probe->proxy = proxy_open(&probe->options.proxy, &probe->tools, probe->store, probe->upstreams);
    connectors_tell(probe->connectors, proxy_stranger(probe->proxy));
    if (probe->options.is_off)
        say_that_checks_are_off(probe);
    else if (!(probe->checks = checks_open(&probe->options, &probe->tools, probe->store, err)))
        return false;
    probe->wishes = (struct watch){.ready = wishes_came, .context = probe};
    probe->stop = (struct watch){.ready = stop_came, .context = probe};
    loop_watch(probe->tools.loop, &probe->wishes, store_wish_fd(probe->store, WISH_FOR_probe),
               LOOP_READ);
    loop_watch(probe->tools.loop, &probe->stop, probe->stop_fd, LOOP_READ);
    return true;
}

struct probe *
probe_start(const struct probe_options *options, struct store *store, struct err *err)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    if (!probe)
        die("out of memory");
    probe->arena = arena_new();
    probe->options = copy_options(options, probe->arena);
    probe->store = store;
    probe->stop_fd = -1;
    if (open_all(probe, err) && thread_start(&probe->thread, "probe", run, probe, err)) {
        probe->has_thread = true;
        return probe;
    }
    err_context(err, "probe");
    probe_stop(probe);
    return NULL;
}

void
probe_stop(struct probe *probe)
{
    uint64_t one = 1;

    if (!probe)
        return;
    if (probe->has_thread) {
        (void)!write(probe->stop_fd, &one, sizeof(one));
        pthread_join(probe->thread, NULL);
    }
    checks_close(probe->checks);
    proxy_close(probe->proxy);
    upstreams_close(probe->upstreams);
    connectors_close(probe->connectors);
    http_close(probe->tools.http);
    berths_close(probe->tools.berths);
    resolvers_close(probe->tools.resolvers);
    dns_close(probe->tools.dns);
    tls_trust_close(probe->dot_trust);
    tls_trust_close(probe->tools.edge_trust);
    tls_trust_close(probe->tools.trust);
    if (probe->tools.loop) {
        loop_unwatch(probe->tools.loop, &probe->wishes);
        loop_unwatch(probe->tools.loop, &probe->stop);
    }
    loop_close(probe->tools.loop);
    if (probe->stop_fd >= 0)
        close(probe->stop_fd);
    arena_free(probe->arena);
    free(probe);
}
