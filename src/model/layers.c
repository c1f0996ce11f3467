/* layers.c — the three security layers of each tunnel: what was seen, and never more than that.
 *
 * From here most of it is not observable: facts/management-api.md 8.4, facts/connectivity.md E. */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

enum { MOST_LINES = 8, LAYERS = 3, FINGERPRINT_SHOWN = 12 };

/* Lines of evidence under construction. */
struct lines {
    const char **line;
    size_t n;
};

static void
add(struct lines *lines, const char *line)
{
    if (lines->n < MOST_LINES)
        lines->line[lines->n++] = line;
}

static void
worsen(struct layer *layer, enum layer_verdict verdict)
{
    bool is_seen = layer->verdict == LAYER_warning || layer->verdict == LAYER_failed;

    if (!is_seen || verdict == LAYER_failed)
        layer->verdict = verdict;
}

/* Who answered as the edge? A name or an issuer that is not the edge's is interception. */
static void
see_edge(const struct judge *judge, struct layer *layer, struct lines *lines)
{
    size_t n_pass = 0;

    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if (check->kind != CHECK_EDGE_TCP_7844 || check->at_ms == 0)
            continue;
        if (check->verdict == CHECK_pass)
            n_pass++;
        if (check->verdict != CHECK_warn &&
            !(check->verdict == CHECK_fail && check->failed_stage == STAGE_tls))
            continue;
        worsen(layer, LAYER_warning);
        add(lines, arena_printf(judge->arena, "TLS with %s: %s", check->target,
                                check->error[0]  ? check->error
                                : check->note[0] ? check->note
                                                 : "not as it should be"));
    }
    if (n_pass > 0)
        add(lines, arena_printf(judge->arena, "the edge proved its identity in %s from this host",
                                say_count(judge->arena, (int64_t)n_pass, "TLS handshake")));
}

static void
see_connectors(const struct judge *judge, const struct tunnel *tunnel, struct layer *layer,
               struct lines *lines)
{
    size_t n_up, n = tunnel_connectors(judge, tunnel->id, &n_up);
    int64_t connections = 0;

    for (size_t i = 0; i < judge->n_connectors; i++)
        if (strcmp(judge->connectors[i].tunnel_id, tunnel->id) == 0 &&
            judge->connectors[i].ready_connections > 0)
            connections += judge->connectors[i].ready_connections;
    if (n == 0) {
        add(lines, "no connector of this tunnel can be asked from here");
    } else if (n_up == 0) {
        worsen(layer, LAYER_warning);
        add(lines, arena_printf(judge->arena, "none of its %s is registered with the edge",
                                say_count(judge->arena, (int64_t)n, "connector")));
    } else {
        add(lines, arena_printf(judge->arena, "%zu of %s registered with the edge, %s", n_up,
                                say_count(judge->arena, (int64_t)n, "connector"),
                                say_count(judge->arena, connections, "connection")));
    }
}

static void
see_outer(const struct judge *judge, const struct tunnel *tunnel, struct layer *layer,
          struct lines *lines)
{
    layer->name = "outer mTLS + IP";
    if (tunnel->is_archived) {
        worsen(layer, LAYER_failed);
        add(lines, "the tunnel is archived: its host name and token are void for good");
    } else {
        add(lines, "the API lists the tunnel, and it is not archived");
    }
    see_connectors(judge, tunnel, layer, lines);
    see_edge(judge, layer, lines);
    add(lines, "not observable from here: the mutual TLS between the service and the edge, and "
               "its check of source addresses");
}

static void
see_certificate(const struct judge *judge, const struct certificate *certificate,
                struct layer *layer, struct lines *lines)
{
    int64_t left_ms = certificate->expires_ms - judge->now_ms;
    const char *when;

    if (certificate->is_archived)
        return;
    if (certificate->expires_ms == 0)
        when = "does not expire";
    else if (left_ms <= 0)
        when = arena_printf(judge->arena, "expired %s ago", say_duration(judge->arena, -left_ms));
    else
        when = arena_printf(judge->arena, "expires in %s", say_duration(judge->arena, left_ms));
    if (certificate->expires_ms > 0 && left_ms < judge->thresholds->ca_expiry_warn_ms)
        worsen(layer, LAYER_warning);
    add(lines, arena_printf(judge->arena, "CA %.*s… %s", FINGERPRINT_SHOWN,
                            certificate->fingerprint, when));
}

static void
see_inner(const struct judge *judge, const struct tunnel *tunnel, struct layer *layer,
          struct lines *lines)
{
    size_t n_valid = 0;

    layer->name = "inner TLS";
    for (size_t i = 0; i < tunnel->n_certificates; i++)
        n_valid += certificate_is_valid(&tunnel->certificates[i], judge->now_ms);
    if (tunnel->certificates_at_ms == 0) {
        add(lines, tunnel->certificates_error[0]
                       ? arena_printf(judge->arena, "its certificates could not be read: %s",
                                      tunnel->certificates_error)
                       : "its certificates were not read yet");
    } else if (n_valid == 0) {
        worsen(layer, LAYER_failed);
        add(lines, "no valid CA certificate is registered: the service refuses all traffic");
    } else {
        add(lines, arena_printf(judge->arena, "%s registered",
                                say_count(judge->arena, (int64_t)n_valid, "valid CA certificate")));
    }
    for (size_t i = 0; i < tunnel->n_certificates; i++)
        see_certificate(judge, &tunnel->certificates[i], layer, lines);
    add(lines, "not observable from here: the certificate that the proxy really serves");
}

/* Sessions complain about MCP servers, not about tunnels: it is this tunnel's when its domain is
 * named, or when there is no other. */
static bool
is_about(const struct judge *judge, const struct tunnel *tunnel, const char *error)
{
    return judge->n_tunnels == 1 || (tunnel->domain[0] && strstr(error, tunnel->domain));
}

static void
see_oauth(const struct judge *judge, const struct tunnel *tunnel, struct layer *layer,
          struct lines *lines)
{
    size_t n_refused = 0;
    const char *example = "";

    layer->name = "OAuth";
    for (size_t i = 0; i < judge->n_jobs; i++) {
        const char *error = judge->jobs[i].last_error;

        if (!error[0] || !strstr(error, "mcp_authentication_failed_error") ||
            !is_about(judge, tunnel, error))
            continue;
        n_refused++;
        example = error;
    }
    if (n_refused > 0) {
        worsen(layer, LAYER_warning);
        add(lines, arena_printf(judge->arena, "%s could not log in to an MCP server: %s",
                                say_count(judge->arena, (int64_t)n_refused, "session"), example));
    } else {
        add(lines, "no session reports a refused login to an MCP server");
    }
    add(lines, "not observable from here: whether each MCP server asks for a token and checks it");
}

static void (*const seers[LAYERS])(const struct judge *judge, const struct tunnel *tunnel,
                                   struct layer *layer, struct lines *lines) = {
    see_outer,
    see_inner,
    see_oauth,
};

void
judge_layers(struct judge *judge, struct assessment *out)
{
    struct layer *layers = arena_array(judge->arena, judge->n_tunnels * LAYERS, sizeof(*layers));

    for (size_t i = 0; i < judge->n_tunnels * LAYERS; i++) {
        const struct tunnel *tunnel = &judge->tunnels[i / LAYERS];
        struct lines lines = {.line = arena_array(judge->arena, MOST_LINES, sizeof(char *))};

        layers[i] = (struct layer){
            .tunnel_id = tunnel->id,
            .tunnel_name = tunnel->name,
            .number = (int)(i % LAYERS) + 1,
            .verdict = LAYER_not_observable,
        };
        seers[i % LAYERS](judge, tunnel, &layers[i], &lines);
        layers[i].evidence = lines.line;
        layers[i].n_evidence = lines.n;
    }
    out->layers = layers;
    out->n_layers = judge->n_tunnels * LAYERS;
}
