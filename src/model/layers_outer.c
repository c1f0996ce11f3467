/* layers_outer.c — layer 1: registered connectors, the edge's identity, and the addresses that the
 * proxy may reach (facts/connectivity.md E1). */
#include <arpa/inet.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "model/layers.h"
#include "model/say.h"

enum { NARROWEST_WIDE = 16 }; /* a prefix shorter than this reaches too much */

void
see_mtls(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    (void)judge;
    (void)tunnel;
    out->evidence = out->what; /* nobody on the operator's side can see it */
}

static bool
is_of(const struct connector *connector, const struct tunnel *tunnel)
{
    return strcmp(connector->tunnel_id, tunnel->id) == 0;
}

/* Why it is not as it should be; "" when it is. */
static const char *
say_lack(const struct judge *judge, const struct connector *connector)
{
    if (connector->state == CONNECTOR_degraded)
        return arena_printf(judge->arena, "%s has %" PRId64 " of %" PRId64, connector->name,
                            connector->ready_connections, connector->expected_connections);
    if (connector->state != CONNECTOR_ready)
        return arena_printf(judge->arena, "%s is %s", connector->name,
                            connector_state_name(connector->state));
    if (connector_is_in_one_region(connector))
        return arena_printf(judge->arena, "all of %s lead to one region", connector->name);
    return "";
}

void
see_ready(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    size_t n_up, n = tunnel_connectors(judge, tunnel->id, &n_up);
    int64_t connections = 0;
    const char *many = say_count(judge->arena, (int64_t)n, "connector");
    TEXT(lacks, 200);

    for (size_t i = 0; i < judge->n_connectors; i++) {
        const struct connector *connector = &judge->connectors[i];
        const char *lack;

        if (!is_of(connector, tunnel) || connector->state == CONNECTOR_unknown)
            continue;
        lack = say_lack(judge, connector);
        connections += connector->ready_connections > 0 ? connector->ready_connections : 0;
        if (*lack)
            text_addf(&lacks, "%s%s", lacks.n > 0 ? ", " : ": ", lack);
    }
    if (n == 0)
        note(judge, out, LAYER_not_observable,
             "no connector of this tunnel can be asked from here");
    else if (n_up == 0)
        note(judge, out, LAYER_failed, "none of its %s is registered with the edge%s", many,
             lacks.bytes);
    else
        note(judge, out, lacks.n == 0 ? LAYER_verified : LAYER_warning,
             "%zu of %s registered with the edge, %s%s", n_up, many,
             say_count(judge->arena, connections, "connection"), lacks.bytes);
}

static bool
is_of_edge(const struct check *check)
{
    return check->kind == CHECK_EDGE_TCP_7844 || check->kind == CHECK_EDGE_UDP_7844;
}

/* Who answered as the edge? A name or an issuer that is not the edge's is interception. */
static enum layer_verdict
identity_verdict(const struct check *check)
{
    if (check->meaning == CHECK_MEANS_intercepted || check->meaning == CHECK_MEANS_other_name)
        return LAYER_failed;
    if (check->kind == CHECK_EDGE_TCP_7844 &&
        (check->verdict == CHECK_warn ||
         (check->verdict == CHECK_fail && check->failed_stage == STAGE_tls)))
        return LAYER_warning;
    return check->verdict == CHECK_pass ? LAYER_verified : LAYER_not_observable;
}

void
see_edge(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    size_t n_pass = 0, n_tried = 0;

    (void)tunnel;
    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];
        enum layer_verdict verdict;

        if (!is_of_edge(check) || check->at_ms == 0)
            continue;
        n_tried++;
        verdict = identity_verdict(check);
        n_pass += verdict == LAYER_verified;
        if (verdict == LAYER_failed || verdict == LAYER_warning)
            note(judge, out, verdict, "%s %s at %s: %s",
                 verdict == LAYER_failed ? "somebody else answers as" : "TLS with", check->target,
                 check->address,
                 check->error[0]  ? check->error
                 : check->note[0] ? check->note
                                  : "not as it should be");
    }
    if (n_pass > 0)
        note(judge, out, LAYER_verified, "the edge proved its identity in %s from this host",
             say_count(judge->arena, (int64_t)n_pass, "TLS handshake"));
    else
        note(judge, out, LAYER_not_observable, "no TLS handshake with the edge %s here",
             n_tried > 0 ? "succeeded" : "was tried");
}

/* The published ranges of the edge, facts/connectivity.md A2; the last two are FedRAMP's. */
static const struct {
    int family;
    const char *network;
    int bits;
    bool is_usual;
} edge_ranges[] = {
    {AF_INET, "198.41.192.0", 19, true},     {AF_INET6, "2606:4700:a0::", 44, true},
    {AF_INET, "162.159.234.0", 24, false},   {AF_INET, "172.64.234.0", 24, false},
    {AF_INET6, "2a06:98c1:4d::", 48, false}, {AF_INET6, "2606:4700:f6::", 48, false},
};

static bool
starts_like(const uint8_t *a, const uint8_t *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, (size_t)whole) == 0 &&
           (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* Verified: published; warning: FedRAMP's; failed: elsewhere; not observable: no address. */
static enum layer_verdict
edge_address_verdict(const char *text)
{
    uint8_t address[16], network[16];
    int family = strchr(text, ':') && strchr(text, ':') != strrchr(text, ':') ? AF_INET6 : AF_INET;
    char host[INET6_ADDRSTRLEN] = "";
    size_t skip = text[0] == '[', n = strcspn(text + skip, skip ? "]" : "");

    if (family == AF_INET)
        n = strcspn(text, ":");
    if (n >= sizeof(host))
        return LAYER_not_observable;
    memcpy(host, text + skip, n);
    if (inet_pton(family, host, address) != 1)
        return LAYER_not_observable;
    for (size_t i = 0; i < COUNT_OF(edge_ranges); i++)
        if (edge_ranges[i].family == family &&
            inet_pton(family, edge_ranges[i].network, network) == 1 &&
            starts_like(address, network, edge_ranges[i].bits))
            return edge_ranges[i].is_usual ? LAYER_verified : LAYER_warning;
    return LAYER_failed;
}

void
see_edge_addresses(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    size_t n_good = 0;

    for (size_t i = 0; i < judge->n_connectors; i++) {
        const struct connector *connector = &judge->connectors[i];

        for (size_t k = 0; is_of(connector, tunnel) && k < connector->n_connections; k++) {
            const char *address = connector->connections[k].edge_address;
            enum layer_verdict verdict = edge_address_verdict(address);

            n_good += verdict == LAYER_verified;
            if (verdict == LAYER_failed)
                note(judge, out, verdict, "%s uses %s, which is no published address of the edge",
                     connector->name, address);
            else if (verdict == LAYER_warning)
                note(judge, out, verdict, "%s uses %s, of the FedRAMP edge", connector->name,
                     address);
        }
    }
    if (n_good > 0)
        note(judge, out, LAYER_verified, "%s to published addresses",
             say_count(judge->arena, (int64_t)n_good, "connection"));
    else
        note(judge, out, LAYER_not_observable, "no connector says which addresses it uses");
}

static void
compare_domain(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out,
               const char *domain, const char *where)
{
    if (*domain && strcmp(domain, tunnel->domain) != 0)
        note(judge, out, LAYER_failed, "%s says %s, the API says %s", where, domain,
             tunnel->domain);
}

/* Only the API can say whether there is such a tunnel, and then whether this is its proxy. */
static void
note_unlisted(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct source_status *status = &judge->snapshot->source[SOURCE_tunnels];

    if (status->state == SOURCE_STATE_ok && *tunnel->domain)
        note(judge, out, LAYER_warning, "the API was read, and lists no tunnel with the domain %s",
             tunnel->domain);
    else
        note(judge, out, LAYER_not_observable, "the API's list of tunnels was not read%s%s",
             *status->error ? ": " : "", status->error);
}

void
see_record(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    bool is_compared = proxy && *proxy->tunnel_domain;

    if (is_unlisted(judge, tunnel)) {
        note_unlisted(judge, tunnel, out);
        return;
    }
    if (tunnel->is_archived)
        note(judge, out, LAYER_failed,
             "the tunnel is archived: its host name and token are void for good");
    if (proxy) {
        compare_domain(judge, tunnel, out, proxy->tunnel_domain, "the proxy's tunnel_domain");
        compare_domain(judge, tunnel, out, proxy->data_domain, "data/tunnel-domain");
    }
    note(judge, out, LAYER_verified, "the API lists the tunnel, and it is not archived%s",
         is_compared ? "; the proxy serves its domain" : "");
}

static const char *
say_stranger(const struct judge *judge, const struct stranger *stranger)
{
    return stranger->answer == STRANGER_status
               ? arena_printf(judge->arena, "HTTP %ld", stranger->status)
               : stranger->error;
}

/* Judged by arrival: what the edge answers to strangers is not documented. */
void
see_stranger(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    const struct stranger *stranger = proxy ? &proxy->stranger : NULL;

    if (!stranger || stranger->answer == STRANGER_off)
        note(judge, out, LAYER_not_observable,
             "a stranger's request was not tried (checks.stranger)");
    else if (stranger->is_in_log || stranger->is_from_server ||
             (stranger->has_moved && stranger->was_idle))
        note(judge, out, LAYER_failed, "a stranger's request arrived: %s%s", stranger->url,
             stranger->is_in_log        ? " stands in the proxy's log"
             : stranger->is_from_server ? " was answered by an MCP server"
                                        : " was counted by a connector that had been idle");
    else if (stranger->has_moved)
        note(judge, out, LAYER_not_observable,
             "a stranger's request cannot be told from the others: the connectors are not idle");
    else if (stranger->answer == STRANGER_unheard)
        note(judge, out, LAYER_not_observable,
             "a stranger's request did not get as far as the edge: %s: %s", stranger->url,
             say_stranger(judge, stranger));
    else if (stranger->answer == STRANGER_timeout ||
             (stranger->answer == STRANGER_status && stranger->status < 400))
        note(judge, out, LAYER_warning, "a stranger's request was not plainly refused: %s: %s",
             stranger->url, say_stranger(judge, stranger));
    else
        note(judge, out, LAYER_verified, "a stranger's request did not arrive: %s",
             say_stranger(judge, stranger));
}

/* ---- where the proxy may go ---- */

static bool
is_within(uint32_t address, uint32_t network, int bits)
{
    return bits == 0 || (address ^ network) >> (32 - bits) == 0;
}

static bool
overlaps(const struct proxy_range *range, uint32_t network, int bits)
{
    int fewer = range->bits < bits ? range->bits : bits;

    return is_within(range->network, network, fewer);
}

static bool
is_inside(const struct proxy_range *range, uint32_t network, int bits)
{
    return range->bits >= bits && is_within(range->network, network, bits);
}

/* RFC 1918, the proxy's default. */
static bool
is_private(const struct proxy_range *range)
{
    return is_inside(range, 0x0a000000, 8) || is_inside(range, 0xac100000, 12) ||
           is_inside(range, 0xc0a80000, 16);
}

static enum layer_verdict
range_verdict(const struct proxy_range *range, const char **why)
{
    if (range->bits == 0)
        return *why = "is everything", LAYER_failed;
    if (overlaps(range, 0xa9fe0000, 16)) /* 169.254.0.0/16 */
        return *why = "contains metadata services", LAYER_failed;
    if (is_inside(range, 0x7f000000, 8))
        return *why = "is loopback, which is for local testing only", LAYER_warning;
    if (is_private(range))
        return LAYER_verified;
    *why = range->bits < NARROWEST_WIDE ? "is wide, and not private" : "is not private";
    return LAYER_warning;
}

enum layer_verdict
proxy_ranges_verdict(const struct judge *judge, const struct proxy *proxy, const char **line)
{
    enum layer_verdict worst = LAYER_verified;

    *line =
        proxy->has_ranges ? "upstream.allowed_ips are private" : "the private ranges, by default";
    if (proxy->disables_ip_validation) {
        *line = proxy->has_ranges
                    ? "upstream.disable_ip_validation excludes upstream.allowed_ips: both are set"
                    : "upstream.disable_ip_validation is true: the proxy reaches any address";
        return LAYER_failed;
    }
    for (size_t i = 0; i < proxy->n_ranges; i++) {
        const char *why = "";
        enum layer_verdict verdict = range_verdict(&proxy->ranges[i], &why);

        if (verdict == LAYER_verified || worst == LAYER_failed ||
            (worst == LAYER_warning && verdict == LAYER_warning))
            continue;
        worst = verdict;
        *line =
            arena_printf(judge->arena, "upstream.allowed_ips: %s %s", proxy->ranges[i].text, why);
    }
    return worst;
}

static bool
has_config(const struct judge *judge, const struct proxy *proxy, struct layer_check *out)
{
    if (proxy && *proxy->config.path && !*proxy->config.error)
        return true;
    note(judge, out, LAYER_not_observable, "%s",
         !proxy                 ? "no proxy of this tunnel is configured here"
         : *proxy->config.error ? proxy->config.error
                                : "proxy.config_file is not set");
    return false;
}

/* A failure or a warning that somebody took on purpose is shown as that. */
static void
note_unless_waived(const struct judge *judge, struct layer_check *out, const struct waiver *waiver,
                   enum layer_verdict verdict, const char *line)
{
    if (waiver && (verdict == LAYER_failed || verdict == LAYER_warning))
        note(judge, out, LAYER_accepted_risk, "%s; accepted by %s: %s", line, waiver->who,
             waiver->why);
    else
        note(judge, out, verdict, "%s", line);
}

void
see_ranges(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    enum layer_verdict verdict;
    const char *line;

    if (!has_config(judge, proxy, out))
        return;
    verdict = proxy_ranges_verdict(judge, proxy, &line);
    note(judge, out, verdict, "%s", line);
    for (size_t i = 0; i < proxy->n_mistakes; i++)
        note(judge, out, LAYER_warning, "%s", proxy->mistakes[i]);
}

enum layer_verdict
upstream_verdict(const struct judge *judge, const struct upstream *upstream, const char **line)
{
    *line = "";
    if (upstream->resolved_ms == 0)
        *line = arena_printf(judge->arena, "%s: not looked up yet", upstream->route);
    else if (upstream->is_ipv6_only)
        *line = arena_printf(judge->arena, "%s: %s has IPv6 addresses only, and the proxy IPv4",
                             upstream->route, upstream->host);
    else if (*upstream->dns_error)
        *line = arena_printf(judge->arena, "%s: %s", upstream->route, upstream->dns_error);
    else if (*upstream->outside)
        *line = arena_printf(judge->arena,
                             "%s: %s is %s, which the proxy refuses: \"IP validation "
                             "failed\"",
                             upstream->route, upstream->host, upstream->outside);
    if (upstream->is_ipv6_only || *upstream->outside)
        return LAYER_failed;
    return **line ? LAYER_not_observable : LAYER_verified;
}

void
see_upstream_addresses(const struct judge *judge, const struct tunnel *tunnel,
                       struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    size_t n_good = 0;

    if (!has_config(judge, proxy, out))
        return;
    for (size_t i = 0; i < judge->n_upstreams; i++) {
        const struct upstream *upstream = &judge->upstreams[i];
        const char *line;
        enum layer_verdict verdict = upstream_verdict(judge, upstream, &line);

        n_good += verdict == LAYER_verified;
        if (verdict != LAYER_verified)
            note_unless_waived(judge, out, waiver_of(proxy, out->id, upstream->route), verdict,
                               line);
    }
    if (n_good > 0)
        note(judge, out, LAYER_verified, "%s to allowed addresses, as seen from this host",
             say_count(judge->arena, (int64_t)n_good, "route"));
    else
        note(judge, out, LAYER_not_observable, "no route was looked up");
}

/* Without other addresses nothing was tried. */
static bool
was_tried(const struct exposure *exposure)
{
    return exposure->at_ms > 0 && exposure->tried > 0;
}

/* Those that are closed are counted, and told together. */
static void
note_exposure(const struct judge *judge, struct layer_check *out, const struct exposure *exposure,
              const char *what, size_t *n_closed)
{
    if (exposure->address && *exposure->address)
        note(judge, out, LAYER_warning, "%s accepts connections at %s, not only from this host",
             what, exposure->address);
    else
        (*n_closed)++;
}

void
see_exposure(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    size_t n_closed = 0, tried = 0;

    if (proxy && was_tried(&proxy->exposure)) {
        const char *what =
            arena_printf(judge->arena, "the proxy's port (%s)", proxy->listen_address);

        note_exposure(judge, out, &proxy->exposure, what, &n_closed);
        tried = proxy->exposure.tried;
        if (proxy->exposure.is_public && out->verdict == LAYER_warning)
            out->verdict = LAYER_failed; /* whoever is on the Internet may reach it */
    }
    for (size_t i = 0; i < judge->n_connectors; i++) {
        const struct connector *connector = &judge->connectors[i];

        if (!is_of(connector, tunnel) || !was_tried(&connector->exposure))
            continue;
        note_exposure(judge, out, &connector->exposure,
                      arena_printf(judge->arena, "the metrics port of %s", connector->name),
                      &n_closed);
        tried = connector->exposure.tried;
    }
    if (n_closed > 0)
        note(judge, out, LAYER_verified,
             "%s of proxy and connectors: closed at this host's %zu other address%s",
             say_count(judge->arena, (int64_t)n_closed, "port"), tried, tried == 1 ? "" : "es");
    else if (!*out->evidence)
        note(judge, out, LAYER_not_observable,
             "no port of proxy or connector was tried at this host's other addresses");
}
