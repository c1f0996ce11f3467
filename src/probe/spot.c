#include "probe/spot.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "probe/attempt.h"

enum { RESOLVE_AGAIN_MS = 60000 };

static void ask_page(struct spot *spot);

/* --- what a page says --- */

static bool
take_ready(struct spot *spot, const struct http_get *get, struct err *err)
{
    struct cloudflared_ready ready;

    if (get->status != 200 && get->status != 503)
        return err_set(err, ERR_REFUSED, "HTTP %ld", get->status);
    if (!cloudflared_read_ready(get->body ? get->body : "", get->body_bytes, &ready, err))
        return false;
    spot->is_news |= ready.connections != spot->ready.connections || spot->at_ms == 0 ||
                     spot->state == CONNECTOR_unreachable ||
                     strcmp(ready.connector_id, spot->ready.connector_id) != 0;
    spot->ready = ready;
    spot->at_ms = clock_wall_ms();
    if (spot->is_tentative) {
        spot->is_tentative = false;
        spot->is_discovered = true;
    }
    return true;
}

static double
rate(int64_t before, int64_t now, int64_t us, double per_us)
{
    return before >= 0 && now >= before && us > 0 ? (double)(now - before) * per_us / (double)us
                                                  : -1;
}

static bool
take_metrics(struct spot *spot, const struct http_get *get, struct err *err)
{
    struct cloudflared_metrics fresh;
    const struct cloudflared_metrics *old = &spot->metrics;
    int64_t now_us = clock_mono_us(), us = now_us - spot->metrics_at_us;
    bool is_same_process;

    if (get->status != 200)
        return err_set(err, ERR_REFUSED, "HTTP %ld", get->status);
    if (!cloudflared_read_metrics(get->body ? get->body : "", get->body_bytes, &fresh, err))
        return false;
    is_same_process = spot->has_metrics && old->started_ms == fresh.started_ms;
    spot->requests_per_s = is_same_process ? rate(old->requests, fresh.requests, us, 1e6) : -1;
    spot->errors_per_min =
        is_same_process ? rate(old->request_errors, fresh.request_errors, us, 60e6) : -1;
    spot->is_news |= spot->has_metrics && !is_same_process; /* restarted */
    spot->metrics = fresh;
    trend_add(&spot->trend, &fresh, now_us / 1000);
    spot->metrics_at_us = now_us;
    spot->has_metrics = true;
    return true;
}

static void
lose_metrics(struct spot *spot)
{
    spot->has_metrics = false;
    spot->requests_per_s = spot->errors_per_min = -1;
}

static bool
take_tunnel(struct spot *spot, const struct http_get *get, struct err *err)
{
    struct cloudflared_tunnel fresh;

    if (get->status != 200)
        return err_set(err, ERR_REFUSED, "HTTP %ld", get->status);
    if (!cloudflared_read_tunnel(get->body ? get->body : "", get->body_bytes, &fresh, err))
        return false;
    spot->tunnel = fresh;
    spot->has_tunnel = true;
    return true;
}

/* Whose it is does not change; where its connections lead does. */
static void
lose_connections(struct spot *spot)
{
    spot->tunnel.n_connections = 0;
}

static bool
take_config(struct spot *spot, const struct http_get *get, struct err *err)
{
    if (get->status != 200)
        return err_set(err, ERR_REFUSED, "HTTP %ld", get->status);
    spot->has_config =
        cloudflared_read_config(get->body ? get->body : "", get->body_bytes, &spot->config, err);
    return spot->has_config;
}

/* Older versions lack this page, and then the default holds. */
static bool
take_expected(struct spot *spot, const struct http_get *get, struct err *err)
{
    (void)err;
    if (get->status != 200 || !cloudflared_read_expected(get->body ? get->body : "",
                                                         get->body_bytes, &spot->expected, NULL))
        spot->expected = -1;
    return true;
}

/* Every page, in the order in which they are asked for. Without the first there is no sense in the
 * others. lose: when it is not had from one that answers; what it said before is not live. */
static const struct {
    const char *path;
    size_t most_bytes;
    bool is_rare;
    bool (*take)(struct spot *spot, const struct http_get *get, struct err *err);
    void (*lose)(struct spot *spot);
} pages[] = {
    {"/ready", 4 << 10, false, take_ready, NULL},
    {"/metrics", 2 << 20, false, take_metrics, lose_metrics},
    {"/diag/tunnel", 64 << 10, true, take_tunnel, lose_connections},
    {"/config", 1 << 20, true, take_config, NULL},
    {"/diag/configuration", 64 << 10, true, take_expected, NULL},
};

/* --- a pass --- */

static enum connector_state
judge(const struct spot *spot)
{
    int64_t expected = spot->expected > 0 ? spot->expected : CONNECTOR_EXPECTED_CONNECTIONS;

    if (spot->ready.connections == 0)
        return CONNECTOR_down;
    return spot->ready.connections < expected ? CONNECTOR_degraded : CONNECTOR_ready;
}

static void
pass_over(void *context)
{
    struct spot *spot = context;

    spot->is_asking = false;
    spot->over(spot->context);
}

/* Whether the pass has to wait for what comes of it. */
static bool
tries_exposure(struct spot *spot)
{
    if (!spot->tries_exposure || !address_is_loopback(&spot->address))
        return false;
    spot->exposure.loop = spot->tools->loop;
    spot->exposure.done = pass_over;
    spot->exposure.context = spot;
    exposure_ask(&spot->exposure, spot->parts.port);
    return spot->exposure.is_running;
}

static void
end_pass(struct spot *spot, bool is_reached)
{
    if (is_reached && spot->is_news) {
        spot->rare_at_ms = clock_mono_ms();
        spot->is_news = false;
    }
    if (is_reached && spot->has_metrics && spot->has_tunnel && spot->ready.connections > 0)
        trend_add_rtts(&spot->trend, &spot->metrics, &spot->tunnel, clock_mono_ms());
    spot->state = is_reached ? judge(spot) : CONNECTOR_unreachable;
    if (!is_reached || !tries_exposure(spot))
        pass_over(spot);
}

static void
set_error(struct spot *spot, const char *path, const char *why)
{
    struct text text = {.bytes = spot->error, .size = sizeof(spot->error)};

    text_clear(&text);
    text_addf(&text, "%s: %s", path, why);
}

static void
page_came(void *context)
{
    struct spot *spot = context;
    struct err err = {ERR_NONE, ""};
    bool is_good;

    if (spot->get.fault.signal)
        is_good = err_set(&err, ERR_NET, "%s", spot->get.fault.text);
    else
        is_good = pages[spot->page].take(spot, &spot->get, &err);
    if (!is_good)
        set_error(spot, pages[spot->page].path, err.message);
    if (!is_good && spot->page == 0) {
        end_pass(spot, false);
        return;
    }
    if (!is_good && pages[spot->page].lose)
        pages[spot->page].lose(spot);
    spot->page++;
    ask_page(spot);
}

static void
ask_page(struct spot *spot)
{
    struct text url = {.bytes = spot->page_url, .size = sizeof(spot->page_url)};

    while (spot->page < COUNT_OF(pages) && pages[spot->page].is_rare && !spot->is_news)
        spot->page++;
    if (spot->page == COUNT_OF(pages)) {
        end_pass(spot, true);
        return;
    }
    text_clear(&url);
    text_addf(&url, "%s%s", spot->url, pages[spot->page].path);
    memset(&spot->get, 0, sizeof(spot->get));
    spot->get.url = spot->page_url;
    spot->get.address = &spot->address;
    spot->get.deadline_ms = spot->is_tentative ? SPOT_DISCOVERY_DEADLINE_MS : SPOT_DEADLINE_MS;
    spot->get.most_bytes = pages[spot->page].most_bytes;
    spot->get.done = page_came;
    spot->get.context = spot;
    http_start(spot->tools->http, &spot->get);
}

/* IPv4 first, as the containers' bridges do; IPv6 when there is none. */
static void
name_came(void *context)
{
    struct spot *spot = context;
    bool was_ipv4 = spot->page == 0;

    if (spot->query.fault.signal == SIGNAL_none) {
        spot->address = spot->query.addresses[0];
        address_set_port(&spot->address, spot->parts.port);
        spot->has_address = true;
        spot->resolved_at_ms = clock_mono_ms();
        spot->page = 0;
        ask_page(spot);
    } else if (was_ipv4) {
        spot->page = 1; /* only until the other family has answered */
        dns_lookup(spot->tools->dns, &spot->query, spot->parts.host, 6);
    } else {
        set_error(spot, spot->parts.host, spot->query.fault.text);
        end_pass(spot, false);
    }
}

void
spot_ask(struct spot *spot, bool is_everything)
{
    int64_t now_ms = clock_mono_ms();
    bool is_literal = address_parse(spot->parts.host, spot->parts.port, &spot->address);

    if (spot->is_asking)
        return;
    spot->is_asking = true;
    spot->is_news = is_everything || now_ms - spot->rare_at_ms >= SPOT_RARE_MS;
    spot->error[0] = '\0';
    spot->page = 0;
    if (is_literal || (spot->has_address && spot->state != CONNECTOR_unreachable &&
                       now_ms - spot->resolved_at_ms < RESOLVE_AGAIN_MS)) {
        ask_page(spot);
        return;
    }
    spot->query.done = name_came;
    spot->query.context = spot;
    dns_lookup(spot->tools->dns, &spot->query, spot->parts.host, 4);
}

void
spot_cancel(struct spot *spot)
{
    dns_cancel(&spot->query);
    http_cancel(&spot->get);
    exposure_cancel(&spot->exposure);
    spot->is_asking = false;
}

bool
spot_set(struct spot *spot, const char *name, const char *url, struct err *err)
{
    size_t n = strlen(url);

    if (!http_url_read(url, &spot->parts, err))
        return err_context(err, "connector %s", name);
    while (n > 0 && url[n - 1] == '/')
        n--;
    text_clean(spot->name, sizeof(spot->name), name, strlen(name));
    text_clean(spot->url, sizeof(spot->url), url, n);
    spot->expected = -1;
    spot->requests_per_s = spot->errors_per_min = -1;
    return true;
}

/* --- the row --- */

static void
show_connections(const struct spot *spot, struct arena *arena, struct connector *out)
{
    size_t n = spot->has_tunnel && out->ready_connections > 0 ? spot->tunnel.n_connections : 0;
    struct edge_connection *rows = arena_array(arena, n, sizeof(*rows));

    for (size_t i = 0; i < n; i++) {
        int index = spot->tunnel.connections[i].index;
        bool is_quic = spot->tunnel.connections[i].is_quic;
        bool is_measured = spot->has_metrics && index < CLOUDFLARED_CONNECTIONS;

        rows[i] = (struct edge_connection){
            .index = index,
            .protocol = is_quic ? "quic" : "http2",
            .edge_address = arena_strdup(arena, spot->tunnel.connections[i].edge_address),
            .location =
                is_measured ? arena_strdup(arena, spot->metrics.connections[index].location) : "",
            .rtt_us =
                is_measured && is_quic ? spot->metrics.connections[index].smoothed_rtt_us : -1,
            .median_rtt_us = is_measured && is_quic ? trend_median_rtt_us(&spot->trend, index) : -1,
            .mtu = is_measured && is_quic ? spot->metrics.connections[index].mtu : -1,
        };
    }
    out->connections = rows;
    out->n_connections = n;
}

void
spot_show(const struct spot *spot, struct arena *arena, struct connector *out)
{
    const struct cloudflared_metrics *metrics = spot->has_metrics ? &spot->metrics : NULL;
    bool is_reached = spot->state != CONNECTOR_unknown && spot->state != CONNECTOR_unreachable;
    int64_t expected = spot->expected > 0 ? spot->expected : CONNECTOR_EXPECTED_CONNECTIONS;
    int64_t now_ms = clock_wall_ms();

    *out = (struct connector){
        .name = arena_strdup(arena, spot->name),
        .url = arena_strdup(arena, spot->url),
        .connector_id = arena_strdup(arena, spot->ready.connector_id),
        .tunnel_id = arena_strdup(arena, spot->has_tunnel ? spot->tunnel.tunnel_id
                                                          : spot->configured_tunnel_id),
        .state = spot->state,
        .is_discovered = spot->is_discovered,
        .ready_connections = is_reached ? spot->ready.connections : -1,
        .expected_connections = expected,
        .version = arena_strdup(arena, metrics ? metrics->version : ""),
        .requests = metrics ? metrics->requests : -1,
        .request_errors = metrics ? metrics->request_errors : -1,
        .register_failures = metrics ? metrics->register_failures : -1,
        .registrations_10min =
            metrics ? trend_registrations(&spot->trend, metrics, expected, now_ms) : -1,
        .new_register_failures = metrics ? trend_failures(&spot->trend, metrics, now_ms) : -1,
        .request_errors_10min = metrics ? trend_request_errors(&spot->trend) : -1,
        .loss = metrics ? trend_loss(&spot->trend) : -1,
        .restarts = metrics ? spot->trend.restarts : -1,
        .requests_per_s = is_reached ? spot->requests_per_s : -1,
        .errors_per_min = is_reached ? spot->errors_per_min : -1,
        .started_ms = metrics ? metrics->started_ms : 0,
        .service = arena_strdup(arena, spot->has_config ? spot->config.service : ""),
        .error = arena_strdup(arena, spot->error),
        .at_ms = spot->at_ms,
    };
    log_watch_show(spot->log, arena, &out->log);
    exposure_show(&spot->exposure, arena, &out->exposure);
    show_connections(spot, arena, out);
}
