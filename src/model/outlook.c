#include "model/outlook.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"

/* All that is known, while it is judged. */
struct view {
    const struct snapshot *snapshot;
    const struct assessment *assessment;
    const struct check *checks;
    size_t n_checks;
    struct arena *arena;
};

/* How the checks of some kinds and one family came out; kinds: bits 1u << kind; family 0: any;
 * target NULL: any. */
struct tally {
    size_t usable, warn, failed, unmeasured; /* usable: pass or warn */
    const struct check *worst;               /* the first that fails, else that warns */
};

enum {
    KINDS_API = 1u << CHECK_API_443,
    KINDS_TCP = 1u << CHECK_EDGE_TCP_7844,
    KINDS_UDP = 1u << CHECK_EDGE_UDP_7844,
    KINDS_EDGE = KINDS_TCP | KINDS_UDP,
    KINDS_ALL = KINDS_API | KINDS_EDGE,
};

static void
count(struct tally *tally, const struct check *check)
{
    if (check->at_ms == 0) {
        tally->unmeasured++;
        return;
    }
    switch (check->verdict) {
    case CHECK_warn:
        tally->warn++;
        if (!tally->worst)
            tally->worst = check;
        tally->usable += check->kind != CHECK_API_443 || check->failed_stage != STAGE_tcp;
        return; /* an API that is only reached through a proxy is not usable by itself */
    case CHECK_pass:
        tally->usable++;
        return;
    case CHECK_fail:
        if (!tally->worst || tally->worst->verdict != CHECK_fail)
            tally->worst = check;
        tally->failed++;
        return;
    case CHECK_skip:
    case CHECK_unsupported:
        return;
    }
}

static struct tally
tally_of(const struct view *view, unsigned kinds, int family, const char *target)
{
    struct tally tally = {0};

    for (size_t i = 0; i < view->n_checks; i++) {
        const struct check *check = &view->checks[i];

        if ((kinds & 1u << check->kind) && (family == 0 || check->family == family) &&
            (!target || strcmp(check->target, target) == 0))
            count(&tally, check);
    }
    return tally;
}

static bool
has_rows(const struct view *view, int family)
{
    for (size_t i = 0; i < view->n_checks; i++)
        if (view->checks[i].family == family && view->checks[i].kind != CHECK_API_443)
            return true;
    return false;
}

static bool
is_dead(struct tally tally)
{
    return tally.failed > 0 && tally.usable == 0 && tally.unmeasured == 0;
}

static void PRINTF_LIKE(4, 5)
    add(const struct view *view, const char **lines, size_t *n, const char *format, ...)
{
    char line[512];
    va_list args;

    if (*n == OUTLOOK_MOST_LINES)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    lines[(*n)++] = arena_strdup(view->arena, line);
}

/* ---- advice for the connector ---- */

/* Of the regions that a protocol was tried in, how many it reaches. */
struct reach {
    size_t regions, reached;
};

static bool
is_first_of_target(const struct view *view, unsigned kinds, size_t i)
{
    if (!(kinds & 1u << view->checks[i].kind))
        return false;
    for (size_t k = 0; k < i; k++)
        if ((kinds & 1u << view->checks[k].kind) &&
            strcmp(view->checks[k].target, view->checks[i].target) == 0)
            return false;
    return true;
}

/* family 0: any. */
static struct reach
reach_of(const struct view *view, unsigned kinds, int family)
{
    struct reach reach = {0};

    for (size_t i = 0; i < view->n_checks; i++) {
        struct tally tally;

        if (!is_first_of_target(view, kinds, i))
            continue;
        tally = tally_of(view, kinds, family, view->checks[i].target);
        reach.regions += tally.usable + tally.failed > 0;
        reach.reached += tally.usable > 0;
    }
    return reach;
}

/* Nothing was sent to port 7844, because no name of the edge resolves. */
static bool
is_before_the_edge(const struct view *view)
{
    for (size_t i = 0; i < view->n_checks; i++)
        if (view->checks[i].kind != CHECK_API_443 && view->checks[i].verdict != CHECK_skip &&
            (view->checks[i].verdict != CHECK_fail || view->checks[i].failed_stage != STAGE_dns))
            return false;
    return true;
}

/* All that fails, fails in the handshake. */
static bool
is_port_open(const struct view *view)
{
    for (size_t i = 0; i < view->n_checks; i++)
        if (view->checks[i].kind != CHECK_API_443 && view->checks[i].verdict == CHECK_fail &&
            view->checks[i].failed_stage != STAGE_tls)
            return false;
    return true;
}

/* QUIC only where every region is reached by it: cloudflared spreads its connections over both. */
static void
advise_protocol(const struct view *view, struct outlook *out)
{
    struct reach udp = reach_of(view, KINDS_UDP, 0), tcp = reach_of(view, KINDS_TCP, 0);

    if (udp.regions == 0 || tally_of(view, KINDS_EDGE, 0, NULL).unmeasured > 0)
        return;
    if (is_before_the_edge(view))
        add(view, out->advice, &out->n_advice,
            "protocol: cannot be told before the names of the edge resolve");
    else if (udp.reached == udp.regions)
        add(view, out->advice, &out->n_advice,
            "protocol: leave it at auto; QUIC reaches every region");
    else if (tcp.reached > 0 && tcp.reached == tcp.regions)
        add(view, out->advice, &out->n_advice,
            "protocol: http2, because QUIC does not reach every region and TCP works; auto would "
            "take minutes to fall back");
    else if (tcp.reached > udp.reached)
        add(view, out->advice, &out->n_advice,
            "protocol: http2, because it reaches %zu of %zu regions, and QUIC %zu", tcp.reached,
            tcp.regions, udp.reached);
    else if (udp.reached > 0)
        add(view, out->advice, &out->n_advice,
            "protocol: leave it at auto; QUIC reaches %zu of %zu regions, and TCP no more",
            udp.reached, udp.regions);
    else if (tcp.regions == 0)
        add(view, out->advice, &out->n_advice,
            "protocol: not quic, which reaches no region; TCP was not measured");
    else if (is_port_open(view))
        add(view, out->advice, &out->n_advice,
            "protocol: none works from here, and it is not the port that is closed");
    else
        add(view, out->advice, &out->n_advice,
            "protocol: none works from here; port 7844 needs direct egress, which a proxy cannot "
            "replace");
}

/* The protocol that the connector will use, as advised: the family must fit it. */
static unsigned
kinds_in_use(const struct view *view)
{
    struct reach udp = reach_of(view, KINDS_UDP, 0), tcp = reach_of(view, KINDS_TCP, 0);

    return udp.regions > 0 && (udp.reached == udp.regions || udp.reached >= tcp.reached)
               ? KINDS_UDP
               : KINDS_TCP;
}

/* With auto cloudflared falls back from one family to the other by itself, region by region, and
 * each time it takes seconds (facts/connectivity.md A3, A4). */
static void
advise_family(const struct view *view, struct outlook *out)
{
    unsigned kinds = kinds_in_use(view);
    size_t any = reach_of(view, kinds, 0).reached, regions = reach_of(view, kinds, 0).regions;
    size_t four = reach_of(view, kinds, 4).reached, six = reach_of(view, kinds, 6).reached;
    const char *advice = NULL;

    if (any == 0 || tally_of(view, KINDS_EDGE, 0, NULL).unmeasured > 0)
        return;
    if (any > four && any > six)
        advice = "leave it at auto; some region is reached over IPv4 only, another over IPv6 only";
    else if (four > six && reach_of(view, kinds, 6).regions > 0)
        advice = "4, because IPv6 fails here and every attempt costs seconds";
    else if (six > four)
        advice = four == 0 ? "6, because IPv4 does not work"
                           : "6, because IPv4 fails here where IPv6 passes";
    else if (four == six)
        advice = any < regions ? "leave it at auto; both families fail alike"
                               : "leave it at auto; both families work";
    else if (has_rows(view, 6))
        advice = "4 saves the attempts over IPv6, which this host does not have";
    if (advice)
        add(view, out->advice, &out->n_advice, "edge-ip-version: %s", advice);
}

/* ---- what could not be judged ---- */

static void
list_unmeasured(const struct view *view, struct outlook *out)
{
    for (size_t i = 0; i < view->n_checks; i++) {
        const struct check *check = &view->checks[i];

        if (check->at_ms == 0)
            add(view, out->unjudged, &out->n_unjudged, "%s %s IPv%d: not measured in time%s%s",
                check->target, check->protocol, check->family,
                check->cause && *check->cause ? ": " : "", check->cause ? check->cause : "");
        else if (check->verdict == CHECK_skip || check->verdict == CHECK_unsupported)
            add(view, out->unjudged, &out->n_unjudged, "%s %s IPv%d: %s", check->target,
                check->protocol, check->family,
                check->note && *check->note ? check->note : "skipped");
    }
}

static void
list_layers(const struct view *view, struct outlook *out)
{
    const struct source_status *tunnels = &view->snapshot->source[SOURCE_tunnels];
    bool is_late = tunnels->rounds == 0 && tunnels->state != SOURCE_STATE_disabled;
    const char *why =
        !*tunnels->error && is_late ? "the management API did not answer in time" : tunnels->error;
    size_t n_before = out->n_unjudged;

    for (size_t i = 0; i < view->assessment->n_layers; i++) {
        const struct layer *layer = &view->assessment->layers[i];

        if (layer->verdict == LAYER_not_observable)
            add(view, out->unjudged, &out->n_unjudged, "layer %d (%s) of %s: %s", layer->number,
                layer->name, layer->tunnel_name,
                layer->n_evidence > 0 ? layer->evidence[layer->n_evidence - 1]
                                      : "not observable from here");
    }
    out->n_unjudged_layers = out->n_unjudged - n_before;
    if (view->assessment->n_layers == 0)
        add(view, out->unjudged, &out->n_unjudged, "security layers: no tunnel is known%s%s",
            *why ? ": " : "", why);
}

/* ---- the verdict ---- */

static const struct layer *
worst_layer(const struct view *view, enum layer_verdict verdict)
{
    for (size_t i = 0; i < view->assessment->n_layers; i++)
        if (view->assessment->layers[i].verdict == verdict)
            return &view->assessment->layers[i];
    return NULL;
}

static const char *
say(const struct view *view, const char *what, const struct check *check)
{
    return arena_printf(view->arena, "%s: %s %s IPv%d, %s: %s", what, check->target,
                        check->protocol, check->family, check_stage_name(check->failed_stage),
                        check->error && *check->error ? check->error : "no more is known");
}

/* Did any check of any layer see something, good or bad? */
static bool
has_seen_layers(const struct view *view)
{
    for (size_t i = 0; i < view->assessment->n_layers; i++)
        for (size_t k = 0; k < view->assessment->layers[i].n_checks; k++)
            if (view->assessment->layers[i].checks[k].verdict != LAYER_not_observable)
                return true;
    return false;
}

static const struct check *
first_that_bars_start(const struct view *view)
{
    for (size_t i = 0; i < view->n_checks; i++)
        if (view->checks[i].at_ms > 0 && view->checks[i].meaning == CHECK_MEANS_no_start)
            return &view->checks[i];
    return NULL;
}

/* What to do about it, when the diagnosis knows; "". */
static const char *
next_step_of(const struct view *view, const struct layer *layer)
{
    for (size_t i = 0; i < view->assessment->n_findings; i++) {
        const struct finding *finding = &view->assessment->findings[i];

        if (strcmp(finding->subject_id, layer->tunnel_id) == 0 &&
            finding_is_of_layer(finding, layer->number) && finding->next_step)
            return finding->next_step;
    }
    return "";
}

static const char *
say_layer(const struct view *view, const struct layer *layer, const char *verb)
{
    const struct layer_check *cause = layer_cause(layer);
    const char *next = next_step_of(view, layer);

    return arena_printf(view->arena, "layer %d (%s) of %s%s: %s %s%s%s", layer->number, layer->name,
                        layer->tunnel_name, verb, cause ? cause->id : "see",
                        cause ? cause->evidence : "above", *next ? " — " : "", next);
}

/* Nothing works without one of these. */
static bool
judge_critical(const struct view *view, struct outlook *out)
{
    struct tally api = tally_of(view, KINDS_API, 0, NULL);
    struct tally edge = tally_of(view, KINDS_EDGE, 0, NULL);
    const struct check *barred = first_that_bars_start(view);
    const struct layer *layer = worst_layer(view, LAYER_failed);

    if (is_dead(api))
        out->summary = say(view, "this host cannot work", api.worst);
    else if (is_dead(edge))
        out->summary = say(view, "no connector can work here", edge.worst);
    else if (barred)
        out->summary = say(view, "no connector can start here", barred);
    else if (layer)
        out->summary = say_layer(view, layer, " failed");
    else
        return false;
    out->verdict = OUTLOOK_critical;
    return true;
}

static bool
judge_unknown(const struct view *view, const struct outlook_scope *scope, struct outlook *out)
{
    struct tally all = tally_of(view, KINDS_ALL, 0, NULL);
    bool is_nothing = all.usable + all.failed == 0;

    if (all.unmeasured > 0)
        out->summary = arena_printf(view->arena, "%zu of %zu checks did not end in time",
                                    all.unmeasured, view->n_checks);
    else if (is_nothing && view->n_checks > 0)
        out->summary = "nothing could be measured from here";
    else if (is_nothing && (!scope->has_layers || view->assessment->n_layers == 0))
        out->summary = "nothing was there to be judged";
    else if (is_nothing && !has_seen_layers(view))
        out->summary = "nothing of the security layers can be seen from here";
    else
        return false;
    out->verdict = OUTLOOK_unknown;
    return true;
}

static void
judge_rest(const struct view *view, const struct outlook_scope *scope, struct outlook *out)
{
    struct tally all = tally_of(view, KINDS_ALL, 0, NULL);
    const struct layer *layer = worst_layer(view, LAYER_warning);

    out->verdict = all.failed + all.warn > 0 || layer ? OUTLOOK_warning : OUTLOOK_ok;
    if (all.worst)
        out->summary = say(view, "this host can work, but not as it should", all.worst);
    else if (layer)
        out->summary = say_layer(view, layer, "");
    else
        out->summary = scope->is_part ? "what was asked for passes; the rest was not looked at"
                                      : "this host can work: everything that was measured passes";
}

void
outlook_of(const struct snapshot *snapshot, const struct assessment *assessment,
           const struct outlook_scope *scope, struct arena *arena, struct outlook *out)
{
    struct view view = {.snapshot = snapshot, .assessment = assessment, .arena = arena};

    *out = (struct outlook){0};
    view.checks = snapshot_checks(snapshot, &view.n_checks);
    advise_protocol(&view, out);
    advise_family(&view, out);
    list_unmeasured(&view, out);
    if (scope->has_layers)
        list_layers(&view, out);
    if (!judge_critical(&view, out) && !judge_unknown(&view, scope, out))
        judge_rest(&view, scope, out);
}

const char *
outlook_verdict_name(enum outlook_verdict verdict)
{
    static const char *const names[] = {
        [OUTLOOK_ok] = "ok",
        [OUTLOOK_warning] = "warning",
        [OUTLOOK_critical] = "critical",
        [OUTLOOK_unknown] = "unknown",
    };

    return names[verdict];
}
