/* rules_api.c — is it the service, the network between, or our credential? */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/judge.h"
#include "model/say.h"

enum {
    FAILURES_WARN = 3,
    TROUBLE_WARN_MS = 60 * 1000,
    TROUBLE_CRITICAL_MS = 5 * 60 * 1000,
    RATE_LIMITS_CRITICAL = 3,
    SKEW_WARN_MS = 60 * 1000,
    SKEW_CRITICAL_MS = 5 * 60 * 1000,
};

#define API_SOURCES                                                                                \
    (1u << SOURCE_environments | 1u << SOURCE_stats | 1u << SOURCE_work | 1u << SOURCE_sessions |  \
     1u << SOURCE_tunnels | 1u << SOURCE_certificates)
#define TUNNEL_SOURCES (1u << SOURCE_tunnels | 1u << SOURCE_certificates)

bool
source_is_api(enum source source)
{
    return (API_SOURCES >> source & 1u) != 0;
}

/* Nothing that could be the API spoke. */
static bool
is_silence(enum err_code code)
{
    return code == ERR_NET || code == ERR_TIMEOUT || code == ERR_SERVER || code == ERR_FORMAT ||
           code == ERR_LIMIT;
}

/* The last moment at which this source proved that the API is there. */
static int64_t
contact_of(const struct source_status *status)
{
    bool is_answered = status->state == SOURCE_STATE_ok || status->parts_ok > 0 ||
                       (status->code != ERR_NONE && !is_silence(status->code) &&
                        status->code != ERR_CONFIG && status->code != ERR_CANCELLED);

    return is_answered && status->tried_at_ms > status->ok_at_ms ? status->tried_at_ms
                                                                 : status->ok_at_ms;
}

static void
note_silence(struct judge *judge)
{
    struct api_state *api = &judge->api;
    uint32_t failures = 0;

    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &judge->snapshot->source[i];

        if (!source_is_api((enum source)i) || status->state != SOURCE_STATE_error ||
            !is_silence(status->code) || status->tried_at_ms < api->contact_ms)
            continue;
        if (api->worst == SOURCE_COUNT)
            api->worst = (enum source)i;
        if (api->since_ms == 0 ||
            (status->failing_since_ms > 0 && status->failing_since_ms < api->since_ms))
            api->since_ms = status->failing_since_ms;
        failures += status->failures > 0 ? status->failures : 1;
    }
    if (failures == 0)
        return;
    api->is_unreachable = api->contact_ms == 0 || failures >= FAILURES_WARN ||
                          (api->since_ms > 0 && judge->now_ms - api->since_ms >= TROUBLE_WARN_MS);
}

void
judge_api(struct judge *judge)
{
    struct api_state *api = &judge->api;

    api->worst = SOURCE_COUNT;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &judge->snapshot->source[i];

        if (!source_is_api((enum source)i))
            continue;
        if (contact_of(status) > api->contact_ms)
            api->contact_ms = contact_of(status);
        api->is_rate_limited |= status->code == ERR_RATE;
        api->is_spend_capped |= status->code == ERR_SPEND;
        if (i == SOURCE_work)
            continue; /* an environment key's affair: pool.no_environment_key */
        api->unauthorized |= status->code == ERR_AUTH ? 1u << i : 0;
        api->forbidden |= status->code == ERR_FORBIDDEN ? 1u << i : 0;
    }
    if (judge->service && judge->service->rate_limited_until_ms > judge->now_ms)
        api->is_rate_limited = true;
    note_silence(judge);
}

static enum severity
silence_severity(const struct judge *judge)
{
    const struct api_state *api = &judge->api;
    bool is_long = api->since_ms > 0 && judge->now_ms - api->since_ms >= TROUBLE_CRITICAL_MS;

    return api->contact_ms == 0 || is_long ? SEVERITY_critical : SEVERITY_warn;
}

static void
suspect_clock(struct judge *judge)
{
    int64_t skew_ms = judge->service && judge->service->has_clock_offset
                          ? llabs(judge->service->clock_offset_ms)
                          : 0;

    if (skew_ms >= SKEW_WARN_MS)
        suspect_as(judge, skew_ms >= SKEW_CRITICAL_MS ? SEVERITY_critical : SEVERITY_warn,
                   RULE_host_clock, 0, skew_ms);
}

void
suspect_api(struct judge *judge)
{
    const struct api_state *api = &judge->api;

    suspect_clock(judge);
    if (api->is_unreachable) {
        suspect_as(judge, silence_severity(judge), RULE_api_unreachable, 0, 0);
        return;
    }
    if (api->unauthorized)
        suspect(judge, RULE_api_unauthorized, 0, 0);
    if (api->forbidden & ~TUNNEL_SOURCES)
        suspect(judge, RULE_api_forbidden, 0, 1);
    if (api->forbidden & TUNNEL_SOURCES)
        suspect(judge, RULE_api_forbidden, SOURCE_tunnels, 0);
    if (api->is_spend_capped)
        suspect(judge, RULE_api_spend_capped, 0, 0);
    else if (api->is_rate_limited)
        suspect_as(judge,
                   judge->service && judge->service->rate_limited_count >= RATE_LIMITS_CRITICAL
                       ? SEVERITY_critical
                       : SEVERITY_warn,
                   RULE_api_rate_limited, 0, 0);
    if (judge->service && judge->service->latency_us > judge->thresholds->api_slow_ms * 1000)
        suspect(judge, RULE_api_slow, 0, judge->service->latency_us);
}

/* ---- in words ---- */

static const char *
base_url(const struct judge *judge)
{
    return judge->service && judge->service->base_url[0] ? judge->service->base_url
                                                         : "the API's address";
}

/* How this host's own checks of one kind do. */
struct path {
    size_t n, failed;
    const struct check *broken; /* the first that fails */
};

static struct path
path_of(const struct judge *judge, bool is_api)
{
    struct path path = {0};

    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if ((check->kind == CHECK_API_443) != is_api || check->at_ms == 0 ||
            check->verdict == CHECK_skip || check->verdict == CHECK_unsupported)
            continue;
        path.n++;
        if (check->verdict != CHECK_fail)
            continue;
        path.failed++;
        if (!path.broken)
            path.broken = check;
    }
    return path;
}

static void
explain_broken_path(struct finding *out, const struct check *broken)
{
    static const struct {
        const char *summary, *next_step;
    } stages[STAGE_COUNT] = {
        [STAGE_dns] = {"the API's name cannot be resolved from this host",
                       "check this host's resolver: getent hosts, /etc/resolv.conf, port 53"},
        [STAGE_tcp] = {"no connection to the management API: TCP fails before anything is asked",
                       "find what drops or refuses port 443 on the way: firewall, proxy, routing"},
        [STAGE_tls] = {"the API's port answers, but TLS with it fails",
                       "look at the certificate that answers: a TLS-inspecting proxy is likely"},
        [STAGE_http] = {"the API takes connections and does not answer requests",
                        "the network is fine up to the service: see its status page; workers keep "
                        "their running jobs"},
        [STAGE_quic] = {"the management API cannot be reached", "check the network of this host"},
    };

    out->summary = stages[broken->failed_stage].summary;
    out->next_step = broken->hint[0] ? broken->hint : stages[broken->failed_stage].next_step;
}

/* Says which side of the wire is at fault: what answered, and what this host's own check saw. */
static void
explain_silence(struct judge *judge, const struct source_status *status, struct finding *out)
{
    struct path api = path_of(judge, true), edge = path_of(judge, false);

    if (status->code == ERR_FORMAT || status->code == ERR_LIMIT) {
        out->summary = arena_printf(judge->arena,
                                    "what answers at %s is not the management API: 200 but not the "
                                    "management API's JSON",
                                    base_url(judge));
        out->next_step = "check api.base_url, and any proxy or login portal on the way to it";
    } else if (status->code == ERR_SERVER) {
        out->summary = "the management API answers with errors: the fault is on the service's side";
        out->next_step = "nothing to repair here: see the service's status page; workers keep "
                         "their running jobs";
    } else if (api.broken && edge.n > 0 && edge.failed == edge.n) {
        out->summary = "this host reaches neither the management API nor the tunnel edge: its own "
                       "network is the likely cause";
        out->next_step = "check this host's link, default route and resolver";
    } else if (api.n > 0 && api.failed == api.n) {
        explain_broken_path(out, api.broken);
    } else if (api.n > 0) {
        out->summary = "requests to the management API fail, although its port answers this host";
        out->next_step = "check api.base_url and proxy settings; then the service's status page";
    } else {
        out->summary = "the management API cannot be reached";
        out->next_step = arena_printf(
            judge->arena, "try from this host: curl -sv %s/v1/environments", base_url(judge));
    }
}

void
explain_api_unreachable(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct api_state *api = &judge->api;
    const struct source_status *status = &judge->snapshot->source[api->worst];
    struct path edge = path_of(judge, false);
    size_t n = 0;

    (void)suspicion;
    out->subject = "management API";
    out->subject_id = source_name(api->worst);
    out->since_ms = api->since_ms;
    explain_silence(judge, status, out);
    if (api->contact_ms > 0)
        out->summary = arena_printf(
            judge->arena, "%s (since %s)", out->summary,
            say_time(judge->arena, api->since_ms > 0 ? api->since_ms : api->contact_ms));
    evidence_add(judge, out, "%s: %s%s%s", source_name(api->worst), status->error,
                 status->request_id[0] ? ", " : "", status->request_id);
    evidence_add(judge, out, "last good answer: %s", say_time(judge->arena, api->contact_ms));
    for (size_t i = 0; i < judge->n_checks && n < 2; i++)
        if (judge->checks[i].kind == CHECK_API_443 && judge->checks[i].at_ms > 0) {
            evidence_add(judge, out, "our own check, %s",
                         say_check(judge->arena, &judge->checks[i]));
            n++;
        }
    if (edge.n > 0)
        evidence_add(judge, out, "tunnel edge on port 7844: %s",
                     edge.failed == edge.n ? "does not answer either"
                     : edge.failed > 0     ? "answers in part"
                                           : "answers, so this host has a network");
    if (judge->n_connectors > 0) {
        size_t up = 0;

        for (size_t i = 0; i < judge->n_connectors; i++)
            up += connector_is_up(&judge->connectors[i]);
        evidence_add(judge, out, "connectors: %zu of %zu carry traffic", up, judge->n_connectors);
    }
}

/* "environments, stats, sessions". */
static const char *
say_sources(struct judge *judge, uint32_t bits)
{
    TEXT(names, 160);

    for (int i = 0; i < SOURCE_COUNT; i++)
        if (bits >> i & 1u)
            text_addf(&names, "%s%s", names.n > 0 ? ", " : "", source_name((enum source)i));
    return arena_strndup(judge->arena, names.bytes, names.n);
}

static enum source
first_source(uint32_t bits)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (bits >> i & 1u)
            return (enum source)i;
    return SOURCE_COUNT;
}

static void
add_source_error(struct judge *judge, struct finding *out, enum source source)
{
    const struct source_status *status = &judge->snapshot->source[source];

    evidence_add(judge, out, "%s: %s%s%s", source_name(source), status->error,
                 status->request_id[0] ? ", " : "", status->request_id);
    if (status->ok_at_ms > 0)
        evidence_add(judge, out, "%s last worked at %s", source_name(source),
                     say_time(judge->arena, status->ok_at_ms));
    out->since_ms = status->failing_since_ms;
}

void
explain_api_unauthorized(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    uint32_t bits = judge->api.unauthorized;
    bool is_tunnels = (bits & ~TUNNEL_SOURCES) == 0;

    (void)suspicion;
    out->subject = is_tunnels ? "tunnel credential" : "API credential";
    out->subject_id = source_name(first_source(bits));
    out->summary =
        arena_printf(judge->arena,
                     "the service refuses our %s (401): it was revoked, expired, or is another "
                     "workspace's; %s cannot be read",
                     is_tunnels ? "tunnel token" : "credential", say_sources(judge, bits));
    add_source_error(judge, out, first_source(bits));
    if (judge->service && judge->service->credential[0])
        evidence_add(judge, out, "in use: %s", judge->service->credential);
    evidence_add(judge, out, "the API itself answers: neither the network nor the service is down");
    evidence_add(judge, out, "a 401 is never retried: this credential was put aside");
    out->next_step = is_tunnels
                         ? "get a new token with the scope workspace:manage_tunnels, then restart "
                           "sandwatch"
                         : "make a new key in the workspace and restart sandwatch; if workers "
                           "share the cause, they have stopped as well";
}

void
explain_api_forbidden(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    bool is_tunnels = suspicion->row == SOURCE_tunnels;
    uint32_t bits =
        judge->api.forbidden & (is_tunnels ? TUNNEL_SOURCES : ~(uint32_t)TUNNEL_SOURCES);

    out->subject = say_sources(judge, bits);
    out->subject_id = source_name(first_source(bits));
    out->summary = arena_printf(judge->arena,
                                "our credential is good, but may not read %s (403): it lacks a "
                                "scope",
                                out->subject);
    add_source_error(judge, out, first_source(bits));
    if (judge->service && judge->service->credential[0])
        evidence_add(judge, out, "in use: %s", judge->service->credential);
    out->next_step = is_tunnels
                         ? "use a token with the scope workspace:manage_tunnels, of a service "
                           "account that is a member of the tunnels' workspace"
                         : "use a key of the workspace that owns these pools, with the developer "
                           "role or better";
}

static enum source
source_with(const struct judge *judge, enum err_code code)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (source_is_api((enum source)i) && judge->snapshot->source[i].code == code)
            return (enum source)i;
    return SOURCE_COUNT;
}

void
explain_api_spend_capped(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    (void)suspicion;
    out->subject = "spend limit";
    out->summary = "the organization's spend limit is reached: the API refuses work, and jobs "
                   "will stop one after another";
    add_source_error(judge, out, source_with(judge, ERR_SPEND));
    evidence_add(judge, out,
                 "waiting does not help: it ends when the limit is raised, or with "
                 "the next billing month");
    out->next_step = "have the owner of the billing account raise the spend limit";
}

void
explain_api_rate_limited(struct judge *judge, const struct suspicion *suspicion,
                         struct finding *out)
{
    const struct service *service = judge->service;
    enum source source = source_with(judge, ERR_RATE);
    int64_t wait_ms = service ? service->rate_limited_until_ms - judge->now_ms : 0;

    (void)suspicion;
    out->subject = "management API";
    out->summary = wait_ms > 0
                       ? arena_printf(judge->arena,
                                      "the API limits our rate (429): we ask again in %s, and "
                                      "what is shown is older than usual",
                                      say_duration(judge->arena, wait_ms))
                       : "the API limits our rate (429): what is shown is older than usual";
    if (source < SOURCE_COUNT)
        add_source_error(judge, out, source);
    if (service) {
        evidence_add(judge, out, "limited %" PRIu32 " time%s in the last five minutes",
                     service->rate_limited_count, service->rate_limited_count == 1 ? "" : "s");
        if (service->used_last_minute >= 0)
            evidence_add(judge, out,
                         "we sent %" PRId64 " requests in the last minute, of a budget of %" PRId64,
                         service->used_last_minute, service->budget_per_minute);
    }
    evidence_add(judge, out, "the limit is shared by everything in the organization");
    out->next_step = "lower api.requests_per_minute here, or find who else in the organization "
                     "spends the limit";
}

void
explain_api_slow(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    struct path api = path_of(judge, true);
    TEXT(median, 32);
    const struct check *check = NULL;

    latency_add(&median, suspicion->weight);
    for (size_t i = 0; i < judge->n_checks && !check; i++)
        if (judge->checks[i].kind == CHECK_API_443 && judge->checks[i].stage_us[STAGE_tcp] >= 0)
            check = &judge->checks[i];
    out->subject = "management API";
    out->summary = arena_printf(
        judge->arena, "the management API is slow: half of its answers take longer than %s",
        median.bytes);
    evidence_add(judge, out, "median of the last answers: %s", median.bytes);
    out->next_step = "see the service's status page; nothing on this host is known to be wrong";
    if (!check)
        return;
    evidence_add(judge, out, "our own check, %s", say_check(judge->arena, check));
    if (check->stage_us[STAGE_tcp] * 4 > suspicion->weight) {
        evidence_add(judge, out,
                     "connecting alone takes long: the way there is slow, not the service");
        out->next_step = "look at the network between this host and the service: loss, proxy, VPN";
    } else if (api.failed == 0) {
        evidence_add(judge, out,
                     "connecting is quick: the time is spent in the service, not on the way");
    }
}

void
explain_host_clock(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    bool is_behind = judge->service->clock_offset_ms > 0;

    out->subject = "this host";
    out->summary = arena_printf(judge->arena, "this host's clock is %s %s the service's",
                                say_duration(judge->arena, suspicion->weight),
                                is_behind ? "behind" : "ahead of");
    evidence_add(judge, out,
                 "measured from the Date of the API's answers; ages on the screen are "
                 "corrected for it");
    evidence_add(judge, out,
                 "short-lived tokens allow a difference of 30 s and are refused beyond it");
    out->next_step = "set the clock: chronyc tracking, or timedatectl";
}
