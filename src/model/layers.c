/* layers.c — the three security layers of each tunnel: what was seen, and never more than that.
 *
 * From here most of it is not observable: facts/management-api.md 8.4, facts/connectivity.md E. The
 * checks are rows of model/layer_checks.def; what each sees is in layers_*.c. */
#include "model/layers.h"

#include <stdarg.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"

enum { LONGEST_LINE = 1200 };

static const char *const layer_names[LAYERS] = {"outer mTLS + IP", "inner TLS", "OAuth"};

static const struct {
    int layer;
    const char *name, *what;
    bool is_needed;
    void (*see)(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out);
} checks[] = {
#define LAYER_CHECK(id, layer, name, needed, what) {layer, name, what, needed, see_##id},
#include "model/layer_checks.def"
#undef LAYER_CHECK
};

void
note(const struct judge *judge, struct layer_check *out, enum layer_verdict verdict,
     const char *format, ...)
{
    bool is_first = !out->evidence[0], is_more;
    TEXT(line, LONGEST_LINE);
    TEXT(this, LONGEST_LINE);
    va_list args;

    if (!is_first && layer_verdict_rank(verdict) < layer_verdict_rank(out->verdict))
        return;
    va_start(args, format);
    text_vaddf(&this, format, args);
    va_end(args);
    is_more = !is_first && layer_verdict_rank(verdict) == layer_verdict_rank(out->verdict);
    if (is_more && strstr(out->evidence, this.bytes))
        return; /* said already, as of the same address over TCP and over UDP */
    if (is_more)
        text_addf(&line, "%s; ", out->evidence);
    text_add(&line, this.bytes);
    out->verdict = verdict;
    out->evidence =
        arena_printf(judge->arena, "%s%s", line.bytes, line.is_cut || this.is_cut ? "…" : "");
}

/* ---- what belongs together ---- */

static bool
has_fingerprint(const struct tunnel *tunnel, const char *fingerprint)
{
    for (size_t i = 0; *fingerprint && i < tunnel->n_certificates; i++)
        if (strcmp(tunnel->certificates[i].fingerprint, fingerprint) == 0)
            return true;
    return false;
}

const struct tunnel *
tunnel_of(const struct judge *judge, const struct proxy *proxy)
{
    for (size_t i = 0; i < judge->n_tunnels; i++)
        if (*proxy->tunnel_domain && strcmp(judge->tunnels[i].domain, proxy->tunnel_domain) == 0)
            return &judge->tunnels[i];
    for (size_t i = 0; i < judge->n_tunnels; i++)
        if (has_fingerprint(&judge->tunnels[i], proxy->ca.fingerprint))
            return &judge->tunnels[i];
    return judge->n_tunnels == 1 && judge->n_proxies == 1 ? &judge->tunnels[0] : NULL;
}

const struct proxy *
proxy_of(const struct judge *judge, const struct tunnel *tunnel)
{
    for (size_t i = 0; i < judge->n_proxies; i++)
        if (tunnel_of(judge, &judge->proxies[i]) == tunnel || tunnel == &judge->unlisted[i])
            return &judge->proxies[i];
    return NULL;
}

bool
is_unlisted(const struct judge *judge, const struct tunnel *tunnel)
{
    for (size_t i = 0; i < judge->n_proxies; i++)
        if (tunnel == &judge->unlisted[i])
            return true;
    return false;
}

/* What all connectors say they serve; "" when they do not agree. */
static const char *
only_served(const struct judge *judge)
{
    for (size_t i = 1; i < judge->n_connectors; i++)
        if (strcmp(judge->connectors[i].tunnel_id, judge->connectors[0].tunnel_id) != 0)
            return "";
    return judge->n_connectors > 0 ? judge->connectors[0].tunnel_id : "";
}

/* Without the API a tunnel is known by the domain that its proxy serves; the connectors of this
 * host are its own when there is nothing else that they could serve. */
static void
describe_unlisted(const struct judge *judge, const struct proxy *proxy, struct tunnel *out)
{
    const char *domain = *proxy->tunnel_domain ? proxy->tunnel_domain : proxy->data_domain;
    const char *served = judge->n_tunnels == 0 && judge->n_proxies == 1 ? only_served(judge) : "";
    const char *name = *domain ? domain : "the proxy of this host";
    const char *why = judge->snapshot->source[SOURCE_tunnels].error;

    *out = (struct tunnel){
        .id = *served ? served : name,
        .name = name,
        .domain = domain,
        .certificates_error = *why ? why : "the API lists no such tunnel",
    };
}

/* Those of proxies whose tunnel the API lists stay empty, and are not shown. */
static size_t
find_unlisted(struct judge *judge)
{
    struct tunnel *tunnels = arena_array(judge->arena, judge->n_proxies, sizeof(*tunnels));
    size_t n = 0;

    for (size_t i = 0; i < judge->n_proxies; i++)
        if (!tunnel_of(judge, &judge->proxies[i])) {
            describe_unlisted(judge, &judge->proxies[i], &tunnels[i]);
            n++;
        }
    judge->unlisted = tunnels;
    return n;
}

static bool
is_meant(const char *pattern, const char *word)
{
    return !*pattern || strcmp(pattern, word) == 0;
}

const struct waiver *
waiver_of(const struct proxy *proxy, const char *check, const char *route)
{
    for (size_t i = 0; proxy && i < proxy->n_waivers; i++)
        if (is_meant(proxy->waivers[i].check, check) && is_meant(proxy->waivers[i].route, route))
            return &proxy->waivers[i];
    return NULL;
}

/* A failure or a warning that somebody took on purpose, whichever route it is about. */
static void
waive(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *row)
{
    const struct waiver *waiver = waiver_of(proxy_of(judge, tunnel), row->id, "");

    if (!waiver || (row->verdict != LAYER_failed && row->verdict != LAYER_warning))
        return;
    row->verdict = LAYER_accepted_risk;
    row->evidence = arena_printf(judge->arena, "%s; accepted by %s: %s", row->evidence, waiver->who,
                                 waiver->why);
}

/* ---- for those who read a layer ---- */

const struct layer_check *
layer_cause(const struct layer *layer)
{
    for (size_t i = 0; i < layer->n_checks; i++)
        if (layer->checks[i].verdict == layer->verdict)
            return &layer->checks[i];
    return NULL;
}

bool
finding_is_of_layer(const struct finding *finding, int number)
{
    static const struct {
        int number;
        const char *rule; /* how its name begins */
    } spoken[] = {
        {1, "tunnel.no_connectors"},
        {1, "connector."},
        {1, "edge."},
        {2, "layer.inner_tls"},
        {2, "tunnel.no_certificate"},
        {2, "certificate."},
        {3, "layer.oauth_open"},
        {1, "layer.upstream_ips"},
    };

    for (size_t i = 0; i < COUNT_OF(spoken); i++)
        if (spoken[i].number == number &&
            strncmp(finding->rule, spoken[i].rule, strlen(spoken[i].rule)) == 0)
            return true;
    return false;
}

/* ---- one layer ---- */

static void
run_checks(const struct judge *judge, const struct tunnel *tunnel, struct layer *layer)
{
    struct layer_check *rows = arena_array(judge->arena, COUNT_OF(checks), sizeof(*rows));
    enum layer_verdict worst = LAYER_verified;

    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct layer_check *row = &rows[layer->n_checks];

        if (checks[i].layer != layer->number)
            continue;
        *row = (struct layer_check){
            .id = checks[i].name, .what = checks[i].what, .verdict = LAYER_not_observable};
        row->evidence = "";
        checks[i].see(judge, tunnel, row);
        if (!row->evidence[0])
            row->evidence = row->what;
        waive(judge, tunnel, row);
        layer->n_checks++;
        if ((checks[i].is_needed || row->verdict != LAYER_not_observable) &&
            layer_verdict_rank(row->verdict) > layer_verdict_rank(worst))
            worst = row->verdict;
    }
    layer->checks = rows;
    layer->verdict = worst;
}

static bool
is_seen(const struct layer_check *check)
{
    return check->verdict != LAYER_not_observable;
}

/* Checks that could not be made for the same reason stand together: "L1-6 L1-7 no proxy". */
static void
tell_unseen(const struct layer *layer, size_t first, struct text *out)
{
    const char *why = layer->checks[first].evidence;

    for (size_t i = 0; i < first; i++)
        if (!is_seen(&layer->checks[i]) && strcmp(layer->checks[i].evidence, why) == 0)
            return; /* told with that one */
    text_add(out, out->n > 0 ? ";" : "not observable from here:");
    for (size_t i = first; i < layer->n_checks; i++)
        if (!is_seen(&layer->checks[i]) && strcmp(layer->checks[i].evidence, why) == 0)
            text_addf(out, " %s", layer->checks[i].id);
    text_addf(out, " %s", why);
}

/* In words: a line for each check that saw something, and one for all that could not. */
static void
tell(const struct judge *judge, struct layer *layer)
{
    const char **lines = arena_array(judge->arena, layer->n_checks + 1, sizeof(*lines));
    TEXT(unseen, LONGEST_LINE);

    for (size_t i = 0; i < layer->n_checks; i++)
        if (is_seen(&layer->checks[i]))
            lines[layer->n_evidence++] =
                arena_printf(judge->arena, "%s %s", layer->checks[i].id, layer->checks[i].evidence);
        else
            tell_unseen(layer, i, &unseen);
    if (unseen.n > 0)
        lines[layer->n_evidence++] = arena_strndup(judge->arena, unseen.bytes, unseen.n);
    layer->evidence = lines;
}

static struct layer *
add_layers(const struct judge *judge, const struct tunnel *tunnel, struct layer *layers)
{
    for (size_t i = 0; i < LAYERS; i++) {
        layers[i] = (struct layer){
            .tunnel_id = tunnel->id,
            .tunnel_name = tunnel->name,
            .name = layer_names[i],
            .number = (int)i + 1,
        };
        run_checks(judge, tunnel, &layers[i]);
        tell(judge, &layers[i]);
    }
    return layers + LAYERS;
}

/* Where a layer failed the tunnel is not shown as well, wherever it is shown. */
static enum severity
severity_of(const struct layer *layers)
{
    for (size_t i = 0; i < LAYERS; i++)
        if (layers[i].verdict == LAYER_failed)
            return SEVERITY_critical;
    return SEVERITY_info;
}

void
judge_layers(struct judge *judge, struct assessment *out)
{
    size_t n = (judge->n_tunnels + find_unlisted(judge)) * LAYERS;
    struct layer *layers = arena_array(judge->arena, n, sizeof(*layers)), *next = layers;

    for (size_t i = 0; i < judge->n_tunnels; i++) {
        next = add_layers(judge, &judge->tunnels[i], next);
        judge->tunnel_severity[i] = severity_of(next - LAYERS);
    }
    for (size_t i = 0; i < judge->n_proxies; i++)
        if (!tunnel_of(judge, &judge->proxies[i]))
            next = add_layers(judge, &judge->unlisted[i], next);
    out->layers = layers;
    out->n_layers = n;
}
