#include "probe/upstreams.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "model/store.h"
#include "probe/oauth.h"
#include "probe/proxyconf.h"

enum {
    EVERY_MS = 10 * 60000, /* facts/connectivity.md E3 */
    AT_ONCE = 8,           /* servers asked at the same time */
};

struct upstreams {
    struct tools *tools;
    struct store *store;
    const char *const *paths;
    struct arena *arena; /* owns proxy and asks; NULL before the first upstreams_set */
    struct proxy proxy;  /* domain, routes and ranges only */
    struct oauth *asks;  /* one for each route */
    int64_t *asked_ms;   /* wall; 0: never */
    size_t n_begun, n_over;
    bool is_running;
    struct timer pass;
    struct source_status status;
};

static const char *const default_paths[] = {"/mcp", "/", NULL};

/* ---- publishing ---- */

static bool
is_outside(const struct upstreams *upstreams, const struct address *address)
{
    const struct sockaddr_in *in = (const void *)&address->bytes;

    return address_family(address) == 4 &&
           !proxyconf_allows(&upstreams->proxy, ntohl(in->sin_addr.s_addr));
}

static void
show_addresses(const struct upstreams *upstreams, const struct oauth *ask, struct arena *arena,
               struct upstream *out)
{
    const char **addresses = arena_array(arena, ask->n_addresses, sizeof(*addresses));

    for (size_t i = 0; i < ask->n_addresses; i++) {
        TEXT(text, ADDRESS_TEXT_BYTES);

        address_add_host(&text, &ask->addresses[i]);
        addresses[i] = arena_strndup(arena, text.bytes, text.n);
        if (!*out->outside && is_outside(upstreams, &ask->addresses[i]))
            out->outside = addresses[i];
    }
    out->addresses = addresses;
    out->n_addresses = ask->n_addresses;
}

static void
show(const struct upstreams *upstreams, size_t i, struct arena *arena, struct upstream *out)
{
    const struct oauth *ask = &upstreams->asks[i];
    bool is_known = upstreams->asked_ms[i] > 0 && !ask->is_running;

    *out = (struct upstream){
        .route = arena_strdup(arena, upstreams->proxy.routes[i].name),
        .host = arena_strdup(arena, is_known ? ask->host : ""),
        .url = arena_strdup(arena, is_known ? ask->url : ""),
        .outside = "",
        .dns_error = arena_strdup(arena, is_known ? ask->dns_error : ""),
        .is_ipv6_only = is_known && ask->is_ipv6_only,
        .resolved_ms = is_known ? upstreams->asked_ms[i] : 0,
        .asked_ms = is_known ? upstreams->asked_ms[i] : 0,
    };
    for (int k = 0; k < OAUTH_REQUESTS; k++)
        out->reply[k] = (struct oauth_reply){
            is_known ? ask->reply[k].answer : OAUTH_none,
            arena_strdup(arena, is_known ? ask->reply[k].seen : ""),
        };
    if (is_known)
        show_addresses(upstreams, ask, arena, out);
}

static void
publish(struct upstreams *upstreams)
{
    struct arena *arena = arena_new();
    size_t n = upstreams->proxy.n_routes;
    struct upstream *rows = arena_array(arena, n, sizeof(*rows));

    for (size_t i = 0; i < n; i++)
        show(upstreams, i, arena, &rows[i]);
    store_publish(upstreams->store, SLOT_upstreams, arena, rows, n);
}

static void
set_status(struct upstreams *upstreams)
{
    struct source_status *status = &upstreams->status;
    struct text error = {.bytes = status->error, .size = sizeof(status->error)};

    text_clear(&error);
    status->rounds++;
    status->interval_ms = EVERY_MS;
    status->tried_at_ms = clock_wall_ms();
    status->parts = status->parts_ok = (uint32_t)upstreams->proxy.n_routes;
    if (upstreams->proxy.n_routes > 0) { /* a server that does not answer is a fact about it */
        status->state = SOURCE_STATE_ok;
        status->code = ERR_NONE;
        status->ok_at_ms = status->tried_at_ms;
    } else {
        status->state = SOURCE_STATE_disabled;
        status->code = ERR_CONFIG;
        text_add(&error, "no route of a proxy is known (proxy.config_file)");
    }
    store_source(upstreams->store, SOURCE_upstreams, status);
}

/* ---- passes ---- */

static void begin_more(struct upstreams *upstreams);

static void
ask_over(void *context)
{
    struct upstreams *upstreams = context;

    upstreams->n_over++;
    begin_more(upstreams);
}

static void
end_pass(struct upstreams *upstreams)
{
    upstreams->is_running = false;
    publish(upstreams);
    set_status(upstreams);
    if (upstreams->proxy.n_routes > 0)
        timer_set(upstreams->tools->loop, &upstreams->pass,
                  clock_mono_us() + EVERY_MS * INT64_C(1000));
}

static void
begin_more(struct upstreams *upstreams)
{
    size_t n = upstreams->proxy.n_routes;

    while (upstreams->is_running && upstreams->n_begun < n &&
           upstreams->n_begun - upstreams->n_over < AT_ONCE) {
        size_t i = upstreams->n_begun++;

        upstreams->asked_ms[i] = clock_wall_ms();
        oauth_start(&upstreams->asks[i]); /* may end at once, and come back here */
    }
    if (upstreams->is_running && upstreams->n_over == n)
        end_pass(upstreams);
}

static void
begin_pass(void *context)
{
    struct upstreams *upstreams = context;

    if (upstreams->is_running)
        return;
    upstreams->is_running = true;
    upstreams->n_begun = upstreams->n_over = 0;
    begin_more(upstreams);
}

void
upstreams_refresh(struct upstreams *upstreams)
{
    if (!upstreams->is_running && upstreams->arena)
        timer_set(upstreams->tools->loop, &upstreams->pass, 0);
}

/* ---- the routes ---- */

static bool
is_same(const struct proxy *a, const struct proxy *b)
{
    if (a->n_routes != b->n_routes || a->n_ranges != b->n_ranges ||
        a->disables_ip_validation != b->disables_ip_validation ||
        strcmp(a->tunnel_domain, b->tunnel_domain) != 0)
        return false;
    for (size_t i = 0; i < a->n_routes; i++)
        if (strcmp(a->routes[i].name, b->routes[i].name) != 0 ||
            strcmp(a->routes[i].upstream, b->routes[i].upstream) != 0)
            return false;
    for (size_t i = 0; i < a->n_ranges; i++)
        if (strcmp(a->ranges[i].text, b->ranges[i].text) != 0)
            return false;
    return true;
}

static void
copy(struct upstreams *upstreams, const struct proxy *from)
{
    struct arena *arena = upstreams->arena;
    struct proxy_route *routes = arena_array(arena, from->n_routes, sizeof(*routes));
    struct proxy_range *ranges = arena_array(arena, from->n_ranges, sizeof(*ranges));

    for (size_t i = 0; i < from->n_routes; i++)
        routes[i] = (struct proxy_route){
            .name = arena_strdup(arena, from->routes[i].name),
            .host = arena_strdup(arena, from->routes[i].host),
            .upstream = arena_strdup(arena, from->routes[i].upstream),
        };
    for (size_t i = 0; i < from->n_ranges; i++) {
        ranges[i] = from->ranges[i];
        ranges[i].text = arena_strdup(arena, from->ranges[i].text);
    }
    upstreams->proxy = (struct proxy){
        .tunnel_domain = arena_strdup(arena, from->tunnel_domain),
        .disables_ip_validation = from->disables_ip_validation,
        .routes = routes,
        .n_routes = from->n_routes,
        .ranges = ranges,
        .n_ranges = from->n_ranges,
    };
}

static void
forget(struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->proxy.n_routes; i++)
        oauth_cancel(&upstreams->asks[i]);
    timer_clear(upstreams->tools->loop, &upstreams->pass);
    upstreams->is_running = false;
    arena_free(upstreams->arena);
    upstreams->arena = NULL;
}

void
upstreams_set(struct upstreams *upstreams, const struct proxy *proxy)
{
    size_t n = proxy->n_routes;

    if (upstreams->arena && is_same(&upstreams->proxy, proxy))
        return;
    forget(upstreams);
    upstreams->arena = arena_new();
    copy(upstreams, proxy);
    upstreams->asks = arena_array(upstreams->arena, n, sizeof(*upstreams->asks));
    upstreams->asked_ms = arena_array(upstreams->arena, n, sizeof(*upstreams->asked_ms));
    for (size_t i = 0; i < n; i++) {
        struct oauth *ask = &upstreams->asks[i];

        ask->tools = upstreams->tools;
        ask->proxy = &upstreams->proxy;
        ask->route = i;
        ask->paths = upstreams->paths;
        ask->done = ask_over;
        ask->context = upstreams;
    }
    timer_set(upstreams->tools->loop, &upstreams->pass, 0);
}

struct upstreams *
upstreams_open(struct tools *tools, struct store *store, const char *const *paths)
{
    struct upstreams *upstreams = calloc(1, sizeof(*upstreams));

    if (!upstreams)
        die("out of memory");
    upstreams->tools = tools;
    upstreams->store = store;
    upstreams->paths = paths && paths[0] ? paths : default_paths;
    upstreams->pass = (struct timer){.due = begin_pass, .context = upstreams};
    return upstreams;
}

void
upstreams_close(struct upstreams *upstreams)
{
    if (!upstreams)
        return;
    forget(upstreams);
    free(upstreams);
}
