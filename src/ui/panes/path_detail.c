/* path_detail.c — the way of a request through a tunnel, hop by hop, with what is known of each. */
#include <string.h>

#include "core/text.h"
#include "ui/panes/rows.h"

enum { MOST_CHECKS = 8, FACT_BYTES = 400 };

/* ---- who stands there ---- */

static const struct tunnel *
find_tunnel(const struct frame *frame, const char *tunnel_id)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(tunnels[i].id, tunnel_id) == 0)
            return &tunnels[i];
    return NULL;
}

static void
add_service(const struct frame *frame, const char *tunnel_id, struct text *out)
{
    const struct tunnel *tunnel = find_tunnel(frame, tunnel_id);

    if (tunnel)
        text_add(out, tunnel->domain);
}

/* The places that the connectors' connections lead to, each once. */
static void
add_edge(const struct frame *frame, const char *tunnel_id, struct text *out)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0;
             strcmp(connectors[i].tunnel_id, tunnel_id) == 0 && k < connectors[i].n_connections;
             k++) {
            const char *location = connectors[i].connections[k].location;

            if (*location && !strstr(out->bytes, location))
                text_addf(out, "%s%s by %s", out->n > 0 ? ", " : "", location,
                          connectors[i].connections[k].protocol);
        }
}

static void
add_connectors(const struct frame *frame, const char *tunnel_id, struct text *out)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(connectors[i].tunnel_id, tunnel_id) == 0)
            text_addf(out, "%s%s to %s", out->n > 0 ? ", " : "", connectors[i].name,
                      *connectors[i].service ? connectors[i].service : "an unknown target");
}

/* The one whose domain is the tunnel's, or the only one of the only tunnel. */
static const struct proxy *
find_proxy(const struct frame *frame, const char *tunnel_id)
{
    const struct tunnel *tunnel = find_tunnel(frame, tunnel_id);
    size_t n, n_tunnels;
    const struct proxy *proxies = snapshot_proxies(frame->snapshot, &n);

    (void)snapshot_tunnels(frame->snapshot, &n_tunnels);
    if (n == 1 && tunnel && (n_tunnels == 1 || strcmp(proxies->tunnel_domain, tunnel->domain) == 0))
        return proxies;
    return NULL;
}

static void
add_proxy(const struct frame *frame, const char *tunnel_id, struct text *out)
{
    const struct proxy *proxy = find_proxy(frame, tunnel_id);

    if (proxy && *proxy->listen_address)
        text_addf(out, "listens on %s, %s", proxy->listen_address, proxy->config.path);
}

static void
add_upstreams(const struct frame *frame, const char *tunnel_id, struct text *out)
{
    const struct proxy *proxy = find_proxy(frame, tunnel_id);

    for (size_t i = 0; proxy && i < proxy->n_routes; i++)
        text_addf(out, "%s%s at %s", i > 0 ? ", " : "", proxy->routes[i].name,
                  proxy->routes[i].upstream);
}

/* In the order of a request; which checks of the layers speak of which hop. */
static const struct hop {
    const char *name;
    void (*add)(const struct frame *frame, const char *tunnel_id, struct text *out);
    const char *checks[MOST_CHECKS];
} hops[] = {
    {"service", add_service, {"L1-4", "L2-1", "L2-5"}},
    {"edge", add_edge, {"L1-2", "L1-3", "L1-5", "L1-0"}},
    {"connector", add_connectors, {"L1-1"}},
    {"proxy", add_proxy, {"L2-2", "L2-3", "L2-4", "L2-6", "L2-7", "L1-6", "L1-8"}},
    {"upstream", add_upstreams, {"L3-1", "L3-2", "L3-3", "L3-4", "L3-5", "L3-6", "L3-7", "L1-7"}},
};

/* ---- what the checks say of a hop ---- */

struct view {
    const struct layer_check *checks[MOST_CHECKS];
    size_t n;
    enum layer_verdict verdict; /* the loudest */
};

static const struct layer_check *
find_check(const struct frame *frame, const char *tunnel_id, const char *id)
{
    const struct assessment *assessment = frame->assessment;

    for (size_t i = 0; i < assessment->n_layers; i++) {
        const struct layer *layer = &assessment->layers[i];

        for (size_t k = 0; k < layer->n_checks && strcmp(layer->tunnel_id, tunnel_id) == 0; k++)
            if (strcmp(layer->checks[k].id, id) == 0)
                return &layer->checks[k];
    }
    return NULL;
}

/* A fault before an accepted risk, before what was seen to be good; what nobody can see says
 * nothing when something was seen. */
static int
loudness(enum layer_verdict verdict)
{
    static const int loud[] = {
        [LAYER_failed] = 4,   [LAYER_warning] = 3,        [LAYER_accepted_risk] = 2,
        [LAYER_verified] = 1, [LAYER_not_observable] = 0,
    };

    return loud[verdict];
}

static struct view
look_at(const struct frame *frame, const char *tunnel_id, const struct hop *hop)
{
    struct view view = {.verdict = LAYER_not_observable};

    for (size_t i = 0; i < MOST_CHECKS && hop->checks[i]; i++) {
        const struct layer_check *check = find_check(frame, tunnel_id, hop->checks[i]);

        if (!check)
            continue;
        view.checks[view.n++] = check;
        if (loudness(check->verdict) > loudness(view.verdict))
            view.verdict = check->verdict;
    }
    return view;
}

/* " L2-1 L2-5" of all checks with that verdict. */
static void
add_ids(struct text *out, const struct view *view, enum layer_verdict verdict, const char *word)
{
    bool is_first = true;

    for (size_t i = 0; i < view->n; i++) {
        if (view->checks[i]->verdict != verdict)
            continue;
        if (is_first)
            text_addf(out, "%s%s", out->n > 0 ? "; " : "", word);
        is_first = false;
        text_addf(out, " %s", view->checks[i]->id);
    }
}

/* What is not well in full; the rest by number, because the layers below say it all. */
static void
page_view(struct page *page, const struct view *view)
{
    TEXT(rest, 200);

    for (size_t i = 0; i < view->n; i++) {
        const struct layer_check *check = view->checks[i];
        TEXT(line, 600);

        if (loudness(check->verdict) <= loudness(LAYER_verified))
            continue;
        text_addf(&line, "%s %s", check->id, check->evidence);
        page_point(page, ROLE_text, "", layer_role(check->verdict), line.bytes);
    }
    add_ids(&rest, view, LAYER_verified, "verified:");
    add_ids(&rest, view, LAYER_not_observable, "not observable from here:");
    if (rest.n > 0)
        page_point(page, ROLE_text, "", ROLE_dim, rest.bytes);
}

void
page_path_of(struct page *page, const char *tunnel_id)
{
    bool is_stopped = false;

    for (size_t i = 0; i < COUNT_OF(hops); i++) {
        struct view view = look_at(page->frame, tunnel_id, &hops[i]);
        bool stops = view.verdict == LAYER_failed && !is_stopped;
        TEXT(fact, FACT_BYTES);

        if (view.n == 0)
            continue;
        hops[i].add(page->frame, tunnel_id, &fact);
        if (fact.n == 0)
            text_add(&fact, view.verdict == LAYER_not_observable ? view.checks[0]->evidence
                                                                 : "not known here");
        page_point(page, layer_role(view.verdict), hops[i].name, is_stopped ? ROLE_dim : ROLE_text,
                   fact.bytes);
        if (stops)
            page_point(page, ROLE_text, "", ROLE_fail, "the first broken hop");
        page_view(page, &view);
        is_stopped |= stops;
    }
}
