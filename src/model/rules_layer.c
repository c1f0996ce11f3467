/* rules_layer.c — what in the security layers needs somebody's hand. Accepted risks do not. */
#include <string.h>

#include "core/arena.h"
#include "model/layers.h"
#include "model/say.h"

enum {
    FINGERPRINT_SHOWN = 12,
    SOON = 1, /* weight of a certificate that is still good */
};

/* The requests whose failure means that anybody is served. */
static const struct {
    enum oauth_request request;
    const char *check;
} open_doors[] = {
    {OAUTH_ASK_initialize, "L3-1"},
    {OAUTH_ASK_bad_token, "L3-2"},
    {OAUTH_ASK_stream, "L3-3"},
};

/* The only proxy whose routes are asked; rows of both slots come from one configuration. */
static const struct proxy *
only_proxy(const struct judge *judge)
{
    return judge->n_proxies > 0 ? &judge->proxies[0] : NULL;
}

static bool
is_open(const struct judge *judge, const struct upstream *upstream, size_t door)
{
    return oauth_verdict(upstream->reply[open_doors[door].request].answer) == LAYER_failed &&
           !waiver_of(only_proxy(judge), open_doors[door].check, upstream->route);
}

static void
suspect_upstream(struct judge *judge, size_t row)
{
    const struct upstream *upstream = &judge->upstreams[row];
    const char *line;

    for (size_t i = 0; i < COUNT_OF(open_doors); i++)
        if (is_open(judge, upstream, i)) {
            suspect(judge, RULE_layer_oauth_open, row, 0);
            break;
        }
    if (upstream_verdict(judge, upstream, &line) == LAYER_failed &&
        !waiver_of(only_proxy(judge), "L1-7", upstream->route))
        suspect(judge, RULE_layer_upstream_ips, row, 0);
}

/* Which check of the layers tells of a rule. */
static const char *
check_of(enum certificate_rule rule)
{
    return rule == CERTIFICATE_ca_8 ? "L2-2" : rule == CERTIFICATE_s_5 ? "L2-4" : "L2-3";
}

static bool
is_broken(const struct judge *judge, const struct proxy *proxy, enum certificate_rule rule)
{
    return certificate_proof(judge, proxy, rule).proof == PROOF_broken &&
           certificate_rule_verdict(rule) == LAYER_failed && !waiver_of(proxy, check_of(rule), "");
}

/* A server certificate is renewed a month before its end: days before it, nobody does. */
static bool
expires_soon(const struct judge *judge, const struct proxy *proxy)
{
    return certificate_proof(judge, proxy, CERTIFICATE_s_5).proof == PROOF_holds &&
           proxy->server.until_ms - judge->now_ms < judge->thresholds->ca_expiry_critical_ms &&
           !waiver_of(proxy, "L2-4", "");
}

static void
suspect_proxy(struct judge *judge, size_t row)
{
    const struct proxy *proxy = &judge->proxies[row];
    const char *line;

    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        if (is_broken(judge, proxy, (enum certificate_rule)rule)) {
            suspect(judge, RULE_layer_inner_tls, row, 0);
            break;
        }
    if (expires_soon(judge, proxy) && !is_suspected(judge, RULE_layer_inner_tls))
        suspect_as(judge, SEVERITY_warn, RULE_layer_inner_tls, row, SOON);
    if (proxy_ranges_verdict(judge, proxy, &line) == LAYER_failed && !waiver_of(proxy, "L1-6", ""))
        suspect(judge, RULE_layer_upstream_ips, judge->n_upstreams + row, 1);
}

/* What the rows of the tunnels pane are coloured by. */
static void
colour_tunnels(struct judge *judge)
{
    const struct tunnel *tunnel = only_proxy(judge) ? tunnel_of(judge, only_proxy(judge)) : NULL;

    for (size_t i = 0; tunnel && i < judge->n_suspicions; i++) {
        const struct suspicion *suspicion = &judge->suspicions[i];
        enum severity *severity = &judge->tunnel_severity[tunnel - judge->tunnels];

        if ((suspicion->rule == RULE_layer_inner_tls || suspicion->rule == RULE_layer_oauth_open ||
             suspicion->rule == RULE_layer_upstream_ips) &&
            *severity < suspicion->severity)
            *severity = suspicion->severity;
    }
}

void
suspect_layers(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_upstreams; row++)
        suspect_upstream(judge, row);
    for (size_t row = 0; row < judge->n_proxies; row++)
        suspect_proxy(judge, row);
    colour_tunnels(judge);
}

/* ---- in words ---- */

/* About the tunnel when it is known, so that its row shows it. */
static void
name_subject(const struct judge *judge, const struct proxy *proxy, struct finding *out,
             const char *otherwise)
{
    const struct tunnel *tunnel = proxy ? tunnel_of(judge, proxy) : NULL;

    out->subject = tunnel ? tunnel->name : otherwise;
    out->subject_id = tunnel ? tunnel->id : otherwise;
}

void
explain_layer_oauth_open(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    const struct upstream *upstream = &judge->upstreams[suspicion->row];
    const char *what = "";

    name_subject(judge, only_proxy(judge), out, upstream->route);
    for (size_t i = COUNT_OF(open_doors); i-- > 0;)
        if (is_open(judge, upstream, i))
            what = oauth_what(upstream->reply[open_doors[i].request].answer);
    out->summary = arena_printf(judge->arena, "MCP server %s: %s", upstream->route, what);
    for (size_t i = 0; i < COUNT_OF(open_doors); i++)
        if (upstream->reply[open_doors[i].request].seen[0])
            evidence_add(judge, out, "%s %s", open_doors[i].check,
                         upstream->reply[open_doors[i].request].seen);
    evidence_add(judge, out, "asked at %s, from this host and not through the tunnel, at %s",
                 upstream->url, say_time(judge->arena, upstream->asked_ms));
    out->next_step = arena_printf(
        judge->arena,
        "have %s demand a token and validate it (the tunnel does not); or accept the risk in "
        "proxy.waivers, with who and why",
        upstream->route);
}

static void
explain_soon(struct judge *judge, const struct proxy *proxy, struct finding *out)
{
    out->summary = arena_printf(judge->arena, "the proxy's server certificate expires in %s",
                                say_duration(judge->arena, proxy->server.until_ms - judge->now_ms));
    evidence_add(judge, out, "server certificate %s, issued by %s", proxy->server.file.path,
                 proxy->server.issuer);
    evidence_add(judge, out, "when it expires, the service refuses all MCP traffic");
    out->next_step = "renew the server certificate (renew-cert); the proxy reloads it by itself";
}

void
explain_layer_inner_tls(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct proxy *proxy = &judge->proxies[suspicion->row];
    const char *first = NULL;
    bool is_time = false;

    name_subject(judge, proxy, out, *proxy->tunnel_domain ? proxy->tunnel_domain : "proxy");
    if (suspicion->weight == SOON) {
        explain_soon(judge, proxy, out);
        return;
    }
    for (int i = 0; i < CERTIFICATE_RULES; i++) {
        enum certificate_rule rule = (enum certificate_rule)i;

        if (!is_broken(judge, proxy, rule))
            continue;
        is_time |= rule == CERTIFICATE_s_5;
        if (!first)
            first =
                arena_printf(judge->arena, "%s (%s)", certificate_proof(judge, proxy, rule).seen,
                             certificate_rule_name(rule));
        evidence_add(judge, out, "%s broken: %s: %s", certificate_rule_name(rule),
                     certificate_rule_what(rule), certificate_proof(judge, proxy, rule).seen);
    }
    out->summary =
        arena_printf(judge->arena, "the service will refuse the proxy's certificate: %s", first);
    evidence_add(judge, out, "server certificate %s, CA %.*s… in %s", proxy->server.file.path,
                 FINGERPRINT_SHOWN, proxy->ca.fingerprint, proxy->ca.file.path);
    out->next_step =
        is_time ? "renew the server certificate (renew-cert); the proxy reloads it by itself"
                : "make a server certificate that the registered CA signs, for every route's host; "
                  "or register the CA that signed this one";
}

void
explain_layer_upstream_ips(struct judge *judge, const struct suspicion *suspicion,
                           struct finding *out)
{
    bool is_route = suspicion->row < judge->n_upstreams;
    const struct proxy *proxy = only_proxy(judge);
    const char *line = "";

    if (is_route) {
        const struct upstream *upstream = &judge->upstreams[suspicion->row];

        (void)upstream_verdict(judge, upstream, &line);
        name_subject(judge, proxy, out, upstream->route);
        out->summary = arena_printf(judge->arena, "MCP server %s", line);
        for (size_t i = 0; i < upstream->n_addresses && i < 3; i++)
            evidence_add(judge, out, "%s resolves to %s here", upstream->host,
                         upstream->addresses[i]);
        out->next_step = upstream->is_ipv6_only ? "give it an IPv4 address, or route to one: the "
                                                  "proxy asks upstreams over IPv4 only"
                                                : "list the narrowest range that holds it in "
                                                  "upstream.allowed_ips, with the private "
                                                  "ranges that are needed, and restart the proxy";
    } else {
        proxy = &judge->proxies[suspicion->row - judge->n_upstreams];
        (void)proxy_ranges_verdict(judge, proxy, &line);
        name_subject(judge, proxy, out, "proxy");
        out->summary = arena_printf(judge->arena, "the proxy's guard is open: %s", line);
        out->next_step =
            "leave upstream.disable_ip_validation false and list only the addresses of "
            "the MCP servers in upstream.allowed_ips; restart the proxy";
    }
    if (proxy)
        evidence_add(judge, out, "read in %s at %s", proxy->config.path,
                     say_time(judge->arena, proxy->at_ms));
}
