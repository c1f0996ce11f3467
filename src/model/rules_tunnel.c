/* rules_tunnel.c — tunnels, their certificates, and the connectors that carry them. */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

enum { FINGERPRINT_SHOWN = 12 };

bool
connector_is_up(const struct connector *connector)
{
    return connector->state == CONNECTOR_ready || connector->state == CONNECTOR_degraded;
}

bool
certificate_is_valid(const struct certificate *certificate, int64_t now_ms)
{
    return !certificate->is_archived &&
           (certificate->expires_ms == 0 || certificate->expires_ms > now_ms);
}

size_t
tunnel_connectors(const struct judge *judge, const char *tunnel_id, size_t *n_up)
{
    size_t n = 0;

    *n_up = 0;
    for (size_t i = 0; i < judge->n_connectors; i++) {
        if (strcmp(judge->connectors[i].tunnel_id, tunnel_id) != 0 ||
            judge->connectors[i].state == CONNECTOR_unknown)
            continue;
        n++;
        *n_up += connector_is_up(&judge->connectors[i]);
    }
    return n;
}

/* When the last of its valid certificates expires, 0 when one never does; false without any. */
static bool
last_expiry(const struct judge *judge, const struct tunnel *tunnel, int64_t *out)
{
    bool is_found = false;

    *out = 0;
    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        const struct certificate *certificate = &tunnel->certificates[i];

        if (!certificate_is_valid(certificate, judge->now_ms))
            continue;
        if (certificate->expires_ms == 0)
            *out = INT64_MAX;
        else if (certificate->expires_ms > *out)
            *out = certificate->expires_ms;
        is_found = true;
    }
    return is_found;
}

static void
suspect_certificates(struct judge *judge, size_t row)
{
    const struct tunnel *tunnel = &judge->tunnels[row];
    int64_t last_ms, left_ms;

    if (tunnel->is_archived || tunnel->certificates_at_ms == 0)
        return;
    if (!last_expiry(judge, tunnel, &last_ms)) {
        suspect(judge, RULE_tunnel_no_certificate, row, 0);
        return;
    }
    left_ms = last_ms - judge->now_ms;
    if (left_ms < judge->thresholds->ca_expiry_warn_ms)
        suspect_as(judge,
                   left_ms < judge->thresholds->ca_expiry_critical_ms ? SEVERITY_critical
                                                                      : SEVERITY_warn,
                   RULE_certificate_expiring, row, -left_ms);
}

/* Has an earlier connector the same tunnel? Each tunnel is judged once, at its first connector. */
static bool
is_first_of_tunnel(const struct judge *judge, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(judge->connectors[i].tunnel_id, judge->connectors[row].tunnel_id) == 0)
            return false;
    return true;
}

/* One without a target carries nothing; one that lost connections and is refused will lose all. */
static enum severity
severity_of(const struct judge *judge, const struct connector *connector)
{
    return (connector_is_up(connector) && connector_has(judge, connector, CONNECTOR_aimless)) ||
                   (connector->state == CONNECTOR_degraded &&
                    connector_has(judge, connector, CONNECTOR_refused))
               ? SEVERITY_critical
               : SEVERITY_warn;
}

static void
suspect_connectors(struct judge *judge)
{
    bool is_edge_gone = is_suspected(judge, RULE_edge_unreachable) || path_is_gone(judge);

    for (size_t row = 0; row < judge->n_connectors; row++) {
        const struct connector *connector = &judge->connectors[row];
        size_t n_up, n = tunnel_connectors(judge, connector->tunnel_id, &n_up);

        if (n > 0 && n_up == 0 && !is_edge_gone) {
            if (is_first_of_tunnel(judge, row))
                suspect(judge, RULE_tunnel_no_connectors, row, (int64_t)n);
        } else if (connector->state == CONNECTOR_degraded ||
                   (connector->state == CONNECTOR_ready &&
                    connector_is_troubled(judge, connector)) ||
                   ((connector->state == CONNECTOR_down ||
                     connector->state == CONNECTOR_unreachable) &&
                    n_up > 0)) {
            suspect_as(judge, severity_of(judge, connector), RULE_connector_degraded, row,
                       connector->state == CONNECTOR_degraded ? 0 : 1);
        }
    }
}

static const struct tunnel *
tunnel_by_id(const struct judge *judge, const char *id, size_t *row)
{
    for (size_t i = 0; i < judge->n_tunnels; i++)
        if (strcmp(judge->tunnels[i].id, id) == 0) {
            *row = i;
            return &judge->tunnels[i];
        }
    return NULL;
}

static void
raise_severity(enum severity *severity, enum severity at_least)
{
    if (*severity < at_least)
        *severity = at_least;
}

/* What the rows of the pane are coloured by. */
static void
colour_rows(struct judge *judge)
{
    for (size_t i = 0; i < judge->n_suspicions; i++) {
        const struct suspicion *suspicion = &judge->suspicions[i];

        if (suspicion->rule == RULE_tunnel_no_certificate ||
            suspicion->rule == RULE_certificate_expiring)
            raise_severity(&judge->tunnel_severity[suspicion->row], suspicion->severity);
    }
    for (size_t i = 0; i < judge->n_connectors; i++) {
        const struct connector *connector = &judge->connectors[i];
        size_t n_up, n = tunnel_connectors(judge, connector->tunnel_id, &n_up), row;
        enum severity severity = SEVERITY_info;

        if (n > 0 && n_up == 0)
            severity = SEVERITY_critical;
        else if ((connector->state != CONNECTOR_ready && connector->state != CONNECTOR_unknown) ||
                 (connector->state == CONNECTOR_ready && connector_is_troubled(judge, connector)))
            severity = severity_of(judge, connector);
        judge->connector_severity[i] =
            connector->state == CONNECTOR_unknown ? SEVERITY_info : severity;
        if (tunnel_by_id(judge, connector->tunnel_id, &row))
            raise_severity(&judge->tunnel_severity[row], severity);
    }
}

void
suspect_tunnels(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_tunnels; row++)
        suspect_certificates(judge, row);
    suspect_connectors(judge);
    colour_rows(judge);
}

/* ---- in words ---- */

static const struct tunnel *
subject(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct tunnel *tunnel = &judge->tunnels[suspicion->row];

    out->subject = tunnel->name;
    out->subject_id = tunnel->id;
    return tunnel;
}

static void
add_connectors(struct judge *judge, const char *tunnel_id, struct finding *out)
{
    size_t n_up, n = tunnel_connectors(judge, tunnel_id, &n_up);

    if (n > 0)
        evidence_add(judge, out, "%zu of its %s here carr%s traffic", n_up,
                     say_count(judge->arena, (int64_t)n, "connector"), n_up == 1 ? "ies" : "y");
}

void
explain_tunnel_no_certificate(struct judge *judge, const struct suspicion *suspicion,
                              struct finding *out)
{
    const struct tunnel *tunnel = subject(judge, suspicion, out);
    size_t archived = 0, expired = 0;

    for (size_t i = 0; i < tunnel->n_certificates; i++)
        if (tunnel->certificates[i].is_archived)
            archived++;
        else
            expired++;
    out->summary = arena_printf(judge->arena,
                                "tunnel %s has no valid CA certificate: it refuses all MCP traffic",
                                tunnel->name);
    evidence_add(judge, out,
                 "certificates registered: %zu valid, %zu expired, %zu archived (read %s)",
                 (size_t)0, expired, archived, say_time(judge->arena, tunnel->certificates_at_ms));
    add_connectors(judge, tunnel->id, out);
    evidence_add(judge, out, "connectors stay up without a certificate: only requests fail");
    out->next_step = arena_printf(
        judge->arena, "register the CA that signed the proxy's certificate on tunnel %s (%s)",
        tunnel->name, tunnel->id);
}

void
explain_certificate_expiring(struct judge *judge, const struct suspicion *suspicion,
                             struct finding *out)
{
    const struct tunnel *tunnel = subject(judge, suspicion, out);
    size_t n_valid = 0;

    out->summary = arena_printf(judge->arena, "tunnel %s: its last CA certificate expires in %s",
                                tunnel->name, say_duration(judge->arena, -suspicion->weight));
    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        const struct certificate *certificate = &tunnel->certificates[i];

        if (!certificate_is_valid(certificate, judge->now_ms))
            continue;
        n_valid++;
        evidence_add(judge, out, "%s (fingerprint %.*s…) expires in %s", certificate->id,
                     FINGERPRINT_SHOWN, certificate->fingerprint,
                     say_duration(judge->arena, certificate->expires_ms - judge->now_ms));
    }
    evidence_add(judge, out, "when it expires, the tunnel refuses all MCP traffic");
    out->next_step = arena_printf(
        judge->arena,
        n_valid < 2 ? "make a new CA and register it on %s beside the old one (two fit); then have "
                      "the proxy serve a certificate from it, and archive the old one"
                    : "both certificate slots of %s are used: archive the one that is no longer "
                      "served, then register a new CA",
        tunnel->name);
}

static const char *
say_connector(struct judge *judge, const struct connector *connector)
{
    static const char *const words[] = {
        [CONNECTOR_unknown] = "was not asked yet",
        [CONNECTOR_ready] = "is ready",
        [CONNECTOR_degraded] = "is degraded",
        [CONNECTOR_down] = "runs, but has no connection to the edge",
        [CONNECTOR_unreachable] = "does not answer",
    };

    return arena_printf(judge->arena, "%s (%s) %s%s%s", connector->name, connector->url,
                        words[connector->state], connector->error[0] ? ": " : "", connector->error);
}

/* Why would it be down? What this host's own checks of the edge say decides where to look. */
static void
add_edge(struct judge *judge, struct finding *out)
{
    struct path edge = path_of_edge(judge);

    if (edge.n > 0)
        evidence_add(judge, out,
                     edge.failed == 0
                         ? "the edge answers this host on port 7844: it is not the network"
                         : "%zu of %zu checks of the edge on port 7844 fail from here",
                     edge.failed, edge.n);
}

/* Facts/connectivity.md H, rows 12, 13, 35 and 39: who answers decides who is to blame. */
static const char *
how_to_connect(const struct judge *judge, bool is_silent, int64_t refused)
{
    struct path edge = path_of_edge(judge);

    if (is_silent)
        return "start cloudflared on its host (systemctl status cloudflared), or correct the URL "
               "of its metrics server";
    if (path_is_dead(edge))
        return "allow port 7844, TCP and UDP, to 198.41.192.0/19 and 2606:4700:a0::/44 from the "
               "connectors' hosts";
    if (refused > 0)
        return "the token was probably rotated: give the tunnel's current token to cloudflared and "
               "restart it";
    if (edge.n > 0 && edge.failed == 0)
        return "this host reaches the edge: run `sandwatch check` where cloudflared runs, in its "
               "network namespace (nsenter -t PID -n) or container; then read its log";
    return "read cloudflared's log for the reason: \"Register tunnel error\" means a rotated "
           "token, \"failed to dial\" the network on port 7844";
}

void
explain_tunnel_no_connectors(struct judge *judge, const struct suspicion *suspicion,
                             struct finding *out)
{
    const char *tunnel_id = judge->connectors[suspicion->row].tunnel_id;
    const struct connector *first = &judge->connectors[suspicion->row];
    size_t row, n_up, n = tunnel_connectors(judge, tunnel_id, &n_up), silent = 0;
    const struct tunnel *tunnel = tunnel_by_id(judge, tunnel_id, &row);
    const struct log_sighting *complaint;
    int64_t refused = 0;

    out->subject = tunnel ? tunnel->name : tunnel_id[0] ? tunnel_id : "connectors";
    out->subject_id = tunnel_id[0] ? tunnel_id : first->name;
    out->summary =
        tunnel_id[0]
            ? arena_printf(judge->arena, "tunnel %s has no working connector: %s", out->subject,
                           n == 1 ? "its only one is down"
                                  : arena_printf(judge->arena, "all %zu are down", n))
            : arena_printf(judge->arena, "no connector works: %s of no known tunnel %s down",
                           say_count(judge->arena, (int64_t)n, "connector"), n == 1 ? "is" : "are");
    for (size_t i = 0; i < judge->n_connectors; i++) {
        if (strcmp(judge->connectors[i].tunnel_id, tunnel_id) != 0)
            continue;
        silent += judge->connectors[i].state == CONNECTOR_unreachable;
        if (judge->connectors[i].register_failures > 0)
            refused += judge->connectors[i].register_failures;
        if (out->n_evidence < 3)
            evidence_add(judge, out, "%s", say_connector(judge, &judge->connectors[i]));
    }
    if (refused > 0)
        evidence_add(judge, out, "the edge refused %s of theirs",
                     say_count(judge->arena, refused, "registration"));
    complaint = add_complaints(judge, tunnel_id, out);
    add_edge(judge, out);
    if (tunnel)
        evidence_add(judge, out, "the API knows the tunnel, and it is %s",
                     tunnel->is_archived ? "archived: its token is void for good" : "not archived");
    out->next_step = complaint ? log_signal_next(complaint->signal)
                               : how_to_connect(judge, silent == n, refused);
}

/* The first becomes the summary of a connector with nothing worse. */
static void
add_troubles(struct judge *judge, const struct connector *connector, struct finding *out)
{
    for (int i = 0; connector_is_up(connector) && i < CONNECTOR_TROUBLES; i++) {
        enum connector_trouble trouble = (enum connector_trouble)i;

        if (!connector_has(judge, connector, trouble))
            continue;
        if (!*out->summary)
            out->summary = arena_printf(judge->arena, "connector %s: %s", connector->name,
                                        connector_say(judge, connector, trouble));
        evidence_add(judge, out, "%s", connector_say(judge, connector, trouble));
    }
}

void
explain_connector_degraded(struct judge *judge, const struct suspicion *suspicion,
                           struct finding *out)
{
    const struct connector *connector = &judge->connectors[suspicion->row];
    const struct log_sighting *complaint = log_complaint(&connector->log);

    out->subject = connector->name;
    out->subject_id = connector->name;
    if (connector->state == CONNECTOR_degraded)
        out->summary = arena_printf(
            judge->arena, "connector %s: %" PRId64 " of %" PRId64 " connections to the edge",
            connector->name, connector->ready_connections, connector->expected_connections);
    else if (connector->state != CONNECTOR_ready)
        out->summary = arena_printf(judge->arena, "connector %s; the tunnel runs on its others",
                                    say_connector(judge, connector));
    add_troubles(judge, connector, out);
    if (complaint)
        evidence_add(judge, out, "%s", say_log(judge->arena, complaint));
    for (size_t i = 0; i < connector->n_connections && i < 4; i++)
        evidence_add(judge, out, "connection %d: %s by %s to %s", connector->connections[i].index,
                     connector->connections[i].location[0] ? connector->connections[i].location
                                                           : "location not told",
                     connector->connections[i].protocol, connector->connections[i].edge_address);
    add_connectors(judge, connector->tunnel_id, out);
    add_edge(judge, out);
    if (connector_is_up(connector) && connector_is_troubled(judge, connector))
        out->next_step = connector_cure(judge, connector);
    else if (complaint)
        out->next_step = log_signal_next(complaint->signal);
    else
        out->next_step =
            connector->state == CONNECTOR_degraded
                ? "wait two minutes, it reconnects by itself; then see its log for the "
                  "connections that are missing"
                : "see that cloudflared runs on its host, and its log";
}
