/* rules_edge.c — can a connector on this host reach the tunnel edge at all? */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

static bool
is_first_of_target(const struct judge *judge, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (judge->checks[i].kind != CHECK_API_443 &&
            strcmp(judge->checks[i].target, judge->checks[row].target) == 0)
            return false;
    return true;
}

/* Every check of the edge that fails, fails there; and none passes. */
static bool
is_all_dns(const struct judge *judge)
{
    size_t n = 0;

    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if (check->kind == CHECK_API_443 || !check_is_measured(check))
            continue;
        if (check->verdict != CHECK_fail || check->failed_stage != STAGE_dns)
            return false;
        n++;
    }
    return n > 0;
}

/* NULL when none of this target's checks means that. */
static const struct check *
check_that_means(const struct judge *judge, const char *target, enum check_meaning meaning)
{
    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if (check->kind != CHECK_API_443 && check_is_measured(check) && check->meaning == meaning &&
            check->verdict != CHECK_pass && strcmp(check->target, target) == 0)
            return check;
    }
    return NULL;
}

static size_t
count_up(const struct judge *judge)
{
    size_t up = 0;

    for (size_t i = 0; i < judge->n_connectors; i++)
        up += connector_is_up(&judge->connectors[i]);
    return up;
}

/* What runs goes on; what starts now, or again, would not find the edge. */
static void
suspect_start(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_checks; row++) {
        const struct check *check = &judge->checks[row];

        if (!check_is_measured(check) || check->meaning != CHECK_MEANS_no_start)
            continue;
        suspect_as(judge, count_up(judge) > 0 ? SEVERITY_warn : SEVERITY_critical, RULE_dns_broken,
                   row, 1);
        return;
    }
}

void
suspect_edge(struct judge *judge)
{
    struct path tcp = path_of(judge, CHECK_EDGE_TCP_7844, NULL);
    struct path udp = path_of(judge, CHECK_EDGE_UDP_7844, NULL);
    bool is_all =
        (path_is_dead(tcp) || tcp.n == 0) && (path_is_dead(udp) || udp.n == 0) && tcp.n + udp.n > 0;

    if (path_is_gone(judge))
        return;
    if (is_all_dns(judge)) {
        suspect(judge, RULE_dns_broken, 0, 0);
        return;
    }
    suspect_start(judge);
    for (size_t row = 0; row < judge->n_checks; row++) {
        const struct check *check = &judge->checks[row];
        struct path target_tcp, target_udp;

        if (check->kind == CHECK_API_443 || !is_first_of_target(judge, row))
            continue;
        if (check_that_means(judge, check->target, CHECK_MEANS_intercepted)) {
            suspect(judge, RULE_edge_tls_intercepted, row, 0);
            continue;
        }
        if (check_that_means(judge, check->target, CHECK_MEANS_mtu))
            suspect(judge, RULE_edge_mtu, row, 0);
        target_tcp = path_of(judge, CHECK_EDGE_TCP_7844, check->target);
        target_udp = path_of(judge, CHECK_EDGE_UDP_7844, check->target);
        if (path_is_dead(target_tcp) && (path_is_dead(target_udp) || target_udp.n == 0)) {
            if (check_that_means(judge, check->target, CHECK_MEANS_no_start))
                continue; /* it is the name, and said already */
            suspect_as(judge, is_all ? SEVERITY_critical : SEVERITY_warn, RULE_edge_unreachable,
                       row, is_all);
            if (is_all)
                return;
        } else if (path_is_dead(target_udp) &&
                   !check_that_means(judge, check->target, CHECK_MEANS_mtu)) {
            suspect(judge, RULE_edge_udp_blocked, row, 0);
        }
    }
}

/* ---- in words ---- */

static void
add_checks(struct judge *judge, const char *target, struct finding *out)
{
    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if (check->kind != CHECK_API_443 && check_is_measured(check) &&
            (!target || strcmp(check->target, target) == 0))
            evidence_add(judge, out, "%s %s, %s", check->target, check->protocol,
                         say_check(judge->arena, check));
    }
}

static void
add_connectors(struct judge *judge, struct finding *out)
{
    if (judge->n_connectors > 0)
        evidence_add(judge, out, "connectors: %zu of %zu carry traffic", count_up(judge),
                     judge->n_connectors);
    (void)add_complaints(judge, NULL, out);
}

/* What the check itself says of cause and cure; `otherwise` when it says nothing. */
static void
advise(struct judge *judge, const struct check *check, const char *otherwise, struct finding *out)
{
    const char *step = check_next_step(check);

    if (check->cause && *check->cause)
        evidence_add(judge, out, "likely cause: %s", check->cause);
    out->next_step = *step ? step : otherwise;
}

void
explain_edge_unreachable(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    const struct check *check = &judge->checks[suspicion->row];
    bool is_all = suspicion->weight > 0;
    struct path tcp = path_of(judge, CHECK_EDGE_TCP_7844, is_all ? NULL : check->target);
    const struct check *broken = tcp.broken ? tcp.broken : check;
    struct path api = path_of(judge, CHECK_API_443, NULL);

    out->subject = is_all ? "tunnel edge" : check->target;
    out->subject_id = check->target;
    out->since_ms = broken->failing_since_ms;
    out->summary = arena_printf(
        judge->arena, "%s cannot be reached from this host on port 7844: %s fails%s%s",
        is_all ? "the tunnel edge" : check->target, check_stage_name(broken->failed_stage),
        broken->error[0] ? ": " : "", broken->error);
    advise(judge, broken,
           "allow port 7844, TCP and UDP, to 198.41.192.0/19 and 2606:4700:a0::/44 from this host",
           out);
    add_connectors(judge, out);
    if (api.n > 0)
        evidence_add(judge, out, "the API on port 443: %s",
                     path_is_dead(api) ? "fails as well" : "answers, so this host has a network");
    add_checks(judge, is_all ? NULL : check->target, out);
}

void
explain_edge_udp_blocked(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    const struct check *check = &judge->checks[suspicion->row];
    struct path udp = path_of(judge, CHECK_EDGE_UDP_7844, check->target);
    const struct check *broken = udp.broken ? udp.broken : check;

    out->subject = check->target;
    out->subject_id = check->target;
    out->since_ms = broken->failing_since_ms;
    out->summary = arena_printf(judge->arena,
                                "%s does not answer over UDP 7844, while TCP 7844 works: QUIC is "
                                "blocked on the way",
                                check->target);
    advise(judge, broken,
           "allow UDP 7844 to 198.41.192.0/19 and 2606:4700:a0::/44; until then run cloudflared "
           "with protocol http2",
           out);
    add_connectors(judge, out);
    add_checks(judge, check->target, out);
}

void
explain_dns_broken(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    bool is_partly = suspicion->weight > 0;
    const struct check *broken =
        is_partly ? &judge->checks[suspicion->row] : path_of_edge(judge).broken;
    struct path api = path_of(judge, CHECK_API_443, NULL);

    out->subject = "resolver";
    out->subject_id = broken->target;
    out->since_ms = broken->failing_since_ms;
    out->summary = arena_printf(judge->arena, "%s: %s",
                                is_partly ? "a connector that starts now would not find the edge"
                                          : "the tunnel edge's names do not resolve here",
                                broken->error);
    advise(judge, broken, "allow argotunnel.com and cftunnel.com in the resolver", out);
    if (api.n > 0)
        evidence_add(judge, out, "the API on port 443: %s",
                     path_is_dead(api) ? "fails as well" : "answers, so this host has a network");
    add_connectors(judge, out);
    add_checks(judge, NULL, out);
}

/* One check of a target, and what it broke. */
static const struct check *
explain_meaning(struct judge *judge, const struct suspicion *suspicion, enum check_meaning meaning,
                struct finding *out)
{
    const char *target = judge->checks[suspicion->row].target;
    const struct check *check = check_that_means(judge, target, meaning);

    out->subject = out->subject_id = target;
    out->since_ms = check->failing_since_ms;
    advise(judge, check, "", out);
    add_connectors(judge, out);
    add_checks(judge, target, out);
    return check;
}

void
explain_edge_tls_intercepted(struct judge *judge, const struct suspicion *suspicion,
                             struct finding *out)
{
    const struct check *check = explain_meaning(judge, suspicion, CHECK_MEANS_intercepted, out);
    const char *issuer = strstr(check->error, "; issuer ");

    if (issuer) /* who it is comes before how one knows, which a narrow screen cuts off */
        out->summary =
            arena_printf(judge->arena, "somebody else answers for %s: %s (%.*s)", check->target,
                         issuer + 2, (int)(issuer - check->error), check->error);
    else
        out->summary = arena_printf(judge->arena, "somebody else answers for %s: %s", check->target,
                                    check->error);
}

void
explain_edge_mtu(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct check *check = explain_meaning(judge, suspicion, CHECK_MEANS_mtu, out);

    out->summary = arena_printf(judge->arena, "the path to %s carries small packets only: %s",
                                check->target, check->error);
}
