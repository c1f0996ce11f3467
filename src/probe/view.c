#include "probe/view.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "probe/api_answer.h"
#include "probe/doubt.h"
#include "probe/naming.h"

/* All that a verdict may depend on. */
struct scene {
    const struct target *targets; /* the API is the first */
    size_t n_targets;
    const struct view_facts *facts;
    struct arena *arena;
};

/* What a row says before its neighbours were heard: its worst fault. */
struct finding {
    const struct place *place; /* the one to show; NULL: none was tried */
    struct fault fault;
};

static bool
has_passed(const struct row *row)
{
    size_t n_known, n_failing = row_failing(row, &n_known);

    return n_known > n_failing;
}

static bool
has_connected(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (row->places[i].is_known && row->places[i].last.stage_us[STAGE_tcp] >= 0)
            return true;
    return false;
}

static bool
is_a_row(const struct row *row)
{
    (void)row;
    return true;
}

static bool
resolves(const struct row *row)
{
    return row->n_places > 0;
}

/* Over UDP there is no connection, but there may be an answer. */
static bool
may_pass(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (row->places[i].is_known && row->places[i].last.rtt_us >= 0)
            return true;
    return row->at_ms == 0;
}

/* Whether `is_so` holds for a row of these kinds; family 0: any. */
static bool
any_row(const struct target *target, unsigned kinds, int family,
        bool (*is_so)(const struct row *row))
{
    for (size_t i = 0; i < target->n_rows; i++) {
        const struct row *row = target->rows[i];

        if ((kinds & 1u << row->kind) && (family == 0 || row->family == family) && is_so(row))
            return true;
    }
    return false;
}

static unsigned
opinion_bit(const struct lookup *lookup)
{
    static const unsigned bits[] = {
        [OPINION_none] = 0,
        [OPINION_silent] = WHEN_OPINION_SILENT,
        [OPINION_agrees] = WHEN_OPINION_AGREES,
        [OPINION_differs] = WHEN_OPINION_DIFFERS,
    };

    return bits[lookup->opinion];
}

static bool
knows_clock_is(const struct row *row, enum api_clock clock)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (row->places[i].is_known && row->places[i].last.knows_clock &&
            api_answer_clock_is(row->places[i].last.clock_off_ms) == clock)
            return true;
    return false;
}

static bool
is_clock_wrong(const struct row *row)
{
    return knows_clock_is(row, API_CLOCK_far);
}

static bool
is_clock_right(const struct row *row)
{
    return knows_clock_is(row, API_CLOCK_right);
}

/* What the API's Date says about our clock, straight or through a proxy. */
static unsigned
clock_bit(const struct scene *scene)
{
    unsigned when = 0;

    for (size_t i = 0; i < scene->n_targets; i++) {
        when |= any_row(&scene->targets[i], KIND_API, 0, is_clock_right) ? WHEN_CLOCK_IS_RIGHT : 0;
        when |= any_row(&scene->targets[i], KIND_API, 0, is_clock_wrong) ? WHEN_CLOCK_IS_WRONG : 0;
    }
    return when;
}

/* What was heard about the row's name. */
static unsigned
heard(const struct scene *scene, const struct target *target, const struct row *row,
      const struct fault *fault)
{
    const struct lookup *discovery = scene->facts->discovery;
    bool is_about_discovery = fault->signal == SIGNAL_discovery;
    unsigned when =
        opinion_bit(is_about_discovery ? discovery : &target->lookups[row->family == 6]);

    when |= scene->facts->is_in_docker ? WHEN_IN_DOCKER : 0;
    when |= target->is_discovered && discovery->query.n_services > 0 ? WHEN_SRV_WORKS : 0;
    return when;
}

static bool
reaches_all(const struct scene *scene, unsigned kinds, int family)
{
    for (size_t i = 0; i < scene->n_targets; i++)
        if (any_row(&scene->targets[i], kinds, 0, is_a_row) &&
            !any_row(&scene->targets[i], kinds, family, has_passed))
            return false;
    return true;
}

static unsigned
circumstances(const struct scene *scene, const struct target *target, const struct row *row,
              const struct fault *fault)
{
    int other = row->family == 4 ? 6 : 4;
    unsigned kind = 1u << row->kind, when = heard(scene, target, row, fault) | clock_bit(scene);

    when |= row->family == 6 ? WHEN_IS_IPV6 : 0;
    when |= scene->facts->has_proxy && !target->proxy ? WHEN_PROXY_IS_SET : 0;
    when |= target->proxy ? WHEN_VIA_PROXY : 0;
    when |= any_row(target, kind, other, has_passed) ? WHEN_OTHER_FAMILY_PASSES : 0;
    when |= reaches_all(scene, kind, other) ? WHEN_OTHER_FAMILY_REACHES_ALL : 0;
    when |= any_row(target, kind, other, resolves) ? WHEN_OTHER_FAMILY_RESOLVES : 0;
    when |= any_row(target, KIND_TCP, row->family, has_connected) ? WHEN_TCP_PASSES : 0;
    when |= any_row(target, KIND_EDGE, row->family, may_pass) ? 0 : WHEN_PORT_FAILS;
    when |= any_row(&scene->targets[0], KIND_API, 0, has_connected) ? WHEN_API_PASSES : 0;
    return when;
}

/* --- the worst of a row --- */

static bool
is_weak(const struct place *place)
{
    return place->is_known && fault_is_weakness(&place->last.fault);
}

static bool
is_unmeasured(const struct place *place)
{
    return place->is_known && !place_is_measured(place);
}

static const struct place *
first_place(const struct row *row, bool (*is_so)(const struct place *place))
{
    for (size_t i = 0; i < row->n_places; i++)
        if (is_so(&row->places[i]))
            return &row->places[i];
    return NULL;
}

/* Somebody rewrites the names, when this is false. */
static bool
is_published(const struct target *target, const struct address *address)
{
    return address_is_published(address, target->is_api ? RANGE_OF_API : RANGE_OF_EDGE);
}

static bool
is_where_published(const struct target *target, const struct place *place)
{
    return !target->has_published_ranges || is_published(target, &place->attempt.address);
}

/* An address that is not published, unless it is one that is in the clothes of NAT64. */
static void
tell_stranger(const struct target *target, const struct address *address, struct fault *fault)
{
    struct address inside;
    TEXT(found, ADDRESS_TEXT_BYTES);
    TEXT(translated, ADDRESS_TEXT_BYTES);

    address_add_host(&found, address);
    if (!address_inside_nat64(address, &inside) || !is_published(target, &inside)) {
        fault_set(fault, STAGE_dns, SIGNAL_range, 0, "%s is outside the published ranges",
                  found.bytes);
        return;
    }
    address_add_host(&translated, &inside);
    fault_set(fault, STAGE_dns, SIGNAL_nat64, 0, "%s is %s behind NAT64 (64:ff9b::/96)",
              found.bytes, translated.bytes);
}

static void
find_in_passing(const struct target *target, const struct row *row, const struct view_facts *facts,
                struct finding *out)
{
    meter_judge(&row->metered, &out->fault);
    naming_judge(target, row->family, &out->fault);
    if (target->is_discovered && facts->discovery->query.fault.signal != SIGNAL_none)
        fault_set(&out->fault, STAGE_dns, SIGNAL_discovery, 0, "SRV: %s",
                  facts->discovery->query.fault.text);
    else if (target->is_discovered && facts->discovery->query.n_services < REGIONS)
        fault_set(&out->fault, STAGE_dns, SIGNAL_few_regions,
                  (int)facts->discovery->query.n_services, "SRV: %zu of %d regions",
                  facts->discovery->query.n_services, REGIONS);
    for (size_t i = 0; i < row->n_places; i++) {
        if (is_where_published(target, &row->places[i]))
            continue;
        tell_stranger(target, &row->places[i].attempt.address, &out->fault);
        return;
    }
}

static bool
has_shaken_hands(const struct place *place)
{
    return place_is_measured(place) && place->last.stage_us[STAGE_quic] >= 0;
}

/* Of those that pass. The one that was left out of the last sweep has only the half to tell. */
static const struct place *
measured_last(const struct row *row)
{
    const struct place *latest = &row->places[row->latest], *any;

    if (row->kind == CHECK_EDGE_UDP_7844 && !has_shaken_hands(latest) &&
        (any = first_place(row, has_shaken_hands)))
        return any;
    if (place_is_measured(latest))
        return latest;
    any = first_place(row, place_is_measured);
    return any ? any : latest;
}

static struct finding
find(const struct target *target, const struct row *row, const struct view_facts *facts)
{
    struct finding finding = {0};
    size_t n_known, n_failing = row_failing(row, &n_known);
    TEXT(address, ADDRESS_TEXT_BYTES);

    finding.fault = row->dns_fault;
    if (row->n_places == 0)
        return finding;
    finding.place = n_failing == 0 ? doubt_judge(row, &finding.fault) : NULL;
    if (finding.place)
        return finding;
    finding.place = first_place(row, n_failing > 0 ? place_is_failing : is_weak);
    if (!finding.place && n_known == 0)
        finding.place = first_place(row, is_unmeasured);
    if (!finding.place) {
        finding.place = measured_last(row);
        find_in_passing(target, row, facts, &finding);
        return finding;
    }
    finding.fault = finding.place->last.fault;
    if (n_failing > 0 && n_failing < n_known) {
        address_add_host(&address, &finding.place->attempt.address);
        fault_set(&finding.fault, finding.fault.stage, SIGNAL_some_addresses, (int)n_failing,
                  "%zu of %zu addresses fail, among them %s: %s", n_failing, n_known, address.bytes,
                  finding.place->last.fault.text);
    }
    return finding;
}

/* --- the row as it is shown --- */

/* What the transport told of the path, beside the times. */
static void
set_path(struct check *out, const struct row *row, const struct attempt_result *last)
{
    out->retransmits = last ? last->retransmits : -1;
    out->path_mtu = last ? last->path_mtu : -1;
    out->datagram_bytes = -1;
    for (size_t i = 0; i < row->n_places; i++) /* only one of them was asked for it */
        if (row->places[i].is_known && row->places[i].last.datagram_bytes > 0)
            out->datagram_bytes = row->places[i].last.datagram_bytes;
    out->burst = row->burst;
}

static void
set_addresses(struct check *out, const struct row *row, struct arena *arena)
{
    struct check_address *addresses = arena_array(arena, row->n_places, sizeof(*addresses));

    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[i];
        bool has_failed = place_is_failing(place);
        TEXT(address, ADDRESS_TEXT_BYTES);

        address_add(&address, &place->attempt.address);
        addresses[i].address = arena_strdup(arena, address.bytes);
        addresses[i].is_known = place_is_measured(place);
        addresses[i].error = has_failed ? arena_strdup(arena, place->last.fault.text) : "";
        addresses[i].rtt_us = place->is_known ? place->last.rtt_us : -1;
    }
    out->addresses = addresses;
    out->n_addresses = row->n_places;
}

static void
set_measured(struct check *out, const struct row *row, const struct finding *finding,
             struct arena *arena)
{
    const struct attempt_result *last = finding->place ? &finding->place->last : NULL;
    TEXT(address, ADDRESS_TEXT_BYTES);

    for (int i = 0; i < STAGE_COUNT; i++)
        out->stage_us[i] = last && finding->place->is_known ? last->stage_us[i] : -1;
    if (row->dns_fault.signal == SIGNAL_none)
        out->stage_us[STAGE_dns] = row->dns_us;
    out->rtt_us = last && finding->place->is_known ? last->rtt_us : -1;
    set_path(out, row, last && finding->place->is_known ? last : NULL);
    if (finding->place)
        address_add(&address, &finding->place->attempt.address);
    out->address = arena_strdup(arena, address.bytes);
    out->note = last && finding->place->is_known
                    ? text_clean_dup(arena, last->note, ATTEMPT_NOTE_BYTES)
                    : "";
    out->rtt_trend = row->rtt_trend;
    for (size_t i = 0; i < row->rtt_trend.n; i++) {
        out->sent += row->sent[i];
        out->lost += row->lost[i];
    }
    out->at_ms = row->at_ms;
}

static enum check_meaning
meaning_of(const struct fault *fault)
{
    if (fault->stage == STAGE_tls && fault->signal == SIGNAL_untrusted)
        return CHECK_MEANS_intercepted;
    if (fault->stage == STAGE_tls && fault->signal == SIGNAL_wrong_name)
        return CHECK_MEANS_other_name;
    if (fault->signal == SIGNAL_mtu || fault->signal == SIGNAL_mtu_fatal ||
        fault->signal == SIGNAL_path_mtu)
        return CHECK_MEANS_mtu;
    return CHECK_MEANS_nothing;
}

/* cloudflared starts with the SRV record of two regions, from the system's resolver or else from a
 * public one, and with an address for every name in it (facts/connectivity.md A3). */
static bool
prevents_start(const struct scene *scene, const struct target *target, const struct fault *fault)
{
    const struct lookup *four = &target->lookups[0], *six = &target->lookups[1];

    if (!target->is_discovered)
        return false;
    if (fault->signal == SIGNAL_few_regions)
        return true;
    if (fault->signal == SIGNAL_discovery)
        return scene->facts->discovery->opinion == OPINION_silent;
    return four->is_settled && six->is_settled &&
           four->query.n_addresses + six->query.n_addresses == 0;
}

static void
set_verdict(struct check *out, const struct finding *finding, const struct fault_rule *rule,
            struct arena *arena)
{
    bool is_quiet = rule->verdict == CHECK_skip || rule->verdict == CHECK_pass;

    out->verdict = rule->verdict;
    out->failed_stage = finding->fault.stage;
    out->meaning = meaning_of(&finding->fault);
    out->error = is_quiet ? "" : arena_strdup(arena, finding->fault.text);
    out->hint = is_quiet ? "" : arena_printf(arena, "%s: %s", rule->cause, rule->next_step);
    out->cause = is_quiet ? "" : rule->cause;
    out->next_step = is_quiet ? "" : rule->next_step;
    if (rule->verdict == CHECK_skip) {
        out->sent = out->lost = 0; /* nothing was lost on a way that does not exist */
        out->note = arena_printf(arena, "%s (%s)", rule->cause, finding->fault.text);
    }
}

/* The public resolver's word about what the fault is about. */
static void
add_opinion(struct text *note, const struct scene *scene, const struct target *target,
            const struct row *row, const struct fault *fault)
{
    if (fault->signal == SIGNAL_discovery)
        naming_add_opinion(note, scene->facts->discovery);
    else if (fault->stage == STAGE_dns && fault->signal != SIGNAL_none)
        naming_add_opinion(note, &target->lookups[row->family == 6]);
}

/* All of them, so that a list of rules can be compared with it (H 14). */
static void
add_failing(struct text *note, const struct row *row)
{
    const char *between = note->n > 0 ? "; failing: " : "failing: ";

    for (size_t i = 0; i < row->n_places; i++) {
        if (!place_is_failing(&row->places[i]))
            continue;
        text_add(note, between);
        address_add_host(note, &row->places[i].attempt.address);
        between = ", ";
    }
}

/* A proxy that is set here, or for a connector, makes nobody reach the edge (G5). */
static void
add_proxy(struct text *note, const struct view_facts *facts)
{
    const char *between = note->n > 0 ? "; " : "";

    if (facts->proxied.pid > 0)
        text_addf(note,
                  "%s%s is set for cloudflared (process %" PRId64
                  "), which does not use it for the edge: direct egress or a transparent proxy is "
                  "needed",
                  between, facts->proxied.variable, facts->proxied.pid);
    else if (facts->has_proxy)
        text_addf(note,
                  "%sthe proxy that is set here cannot carry it: direct egress or a transparent "
                  "proxy is needed",
                  between);
}

/* Nothing of that kind gets out, whatever the peer would say. */
static bool
is_egress(const struct row *row, const struct fault *fault)
{
    return row->kind != CHECK_API_443 &&
           (fault->stage == STAGE_tcp || fault->stage == STAGE_quic) &&
           (fault->signal == SIGNAL_timeout || fault->signal == SIGNAL_errno ||
            fault->signal == SIGNAL_icmp);
}

/* What helps to understand a failure beyond its signal. */
static void
add_note(struct check *out, const struct scene *scene, const struct target *target,
         const struct row *row, const struct finding *finding)
{
    size_t n_known, n_failing = row_failing(row, &n_known);
    TEXT(note, ATTEMPT_NOTE_BYTES + DNS_ADDRESSES * ADDRESS_TEXT_BYTES);

    if (out->verdict != CHECK_fail && out->verdict != CHECK_warn)
        return;
    text_add(&note, out->note);
    add_opinion(&note, scene, target, row, &finding->fault);
    if (finding->fault.signal == SIGNAL_some_addresses)
        add_failing(&note, row);
    if (out->verdict == CHECK_fail && n_known > 1)
        text_addf(&note, "%snone of %zu addresses works", note.n ? "; " : "", n_failing);
    if (out->verdict == CHECK_fail && finding->place && !is_where_published(target, finding->place))
        text_addf(&note, "%sthe address is outside the published ranges", note.n ? "; " : "");
    if (out->verdict == CHECK_fail && is_egress(row, &finding->fault))
        add_proxy(&note, scene->facts);
    out->note = arena_strdup(scene->arena, note.bytes);
}

/* Since when it fails, and when it did last; a family that this host does not have never failed. */
static void
note_failure(struct row *row, const struct check *check)
{
    if (check->verdict == CHECK_skip)
        row->last_failure_ms = 0;
    if (check->verdict != CHECK_fail)
        row->failing_since_ms = 0;
    else if (row->failing_since_ms == 0)
        row->failing_since_ms = row->at_ms;
}

static bool
is_in_queue(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (row->places[i].attempt.berth.is_waiting)
            return true;
    return false;
}

static void
show(struct check *out, const struct scene *scene, const struct target *target, struct row *row)
{
    struct arena *arena = scene->arena;
    struct finding finding = find(target, row, scene->facts);
    const struct fault_rule *rule =
        fault_judge(&finding.fault, row->kind, circumstances(scene, target, row, &finding.fault));
    TEXT(protocol, 16);

    out->target = arena_strdup(arena, target->name);
    target_add_protocol(&protocol, target, row);
    out->protocol = arena_strdup(arena, protocol.bytes);
    out->kind = row->kind;
    out->family = row->family;
    out->host = arena_strdup(arena, target->host);
    set_measured(out, row, &finding, arena);
    naming_show(target, row->family, arena, out);
    set_addresses(out, row, arena);
    out->error = out->hint = out->cause = out->next_step = "";
    if (row->at_ms == 0) {
        out->verdict = CHECK_skip;
        out->note = "not measured yet";
        if (is_in_queue(row))
            out->cause = "checks wait for each other, as this program may open few files "
                         "(ulimit -n)";
        return;
    }
    set_verdict(out, &finding, rule, arena);
    if ((out->verdict == CHECK_fail || out->verdict == CHECK_warn) &&
        prevents_start(scene, target, &finding.fault))
        out->meaning = CHECK_MEANS_no_start;
    add_note(out, scene, target, row, &finding);
    note_failure(row, out);
    out->failing_since_ms = row->failing_since_ms;
    out->last_failure_ms = row->last_failure_ms;
}

struct check *
view_checks(struct target *targets, size_t n_targets, const struct view_facts *facts,
            struct arena *arena, size_t *n_checks)
{
    struct scene scene = {
        .targets = targets, .n_targets = n_targets, .facts = facts, .arena = arena};
    size_t n = 0, next = 0;
    struct check *checks;

    for (size_t i = 0; i < n_targets; i++)
        n += targets[i].n_rows;
    checks = arena_array(arena, n, sizeof(*checks));
    for (size_t i = 0; i < n_targets; i++)
        for (size_t k = 0; k < targets[i].n_rows; k++)
            show(&checks[next++], &scene, &targets[i], targets[i].rows[k]);
    *n_checks = n;
    return checks;
}
