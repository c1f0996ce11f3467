/* rules_api.c — is it the service, the network between, or our credential? In words. */
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/judge.h"
#include "model/say.h"

static const char *
base_url(const struct judge *judge)
{
    return judge->service && judge->service->base_url[0] ? judge->service->base_url
                                                         : "the API's address";
}

static void
explain_broken_path(struct judge *judge, struct finding *out, const struct check *broken)
{
    const char *step = check_next_step(broken);
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
    out->next_step = *step ? step : stages[broken->failed_stage].next_step;
    if (broken->cause && *broken->cause)
        evidence_add(judge, out, "likely cause: %s", broken->cause);
}

/* Says which side of the wire is at fault: what answered, and what this host's own check saw. */
static void
explain_silence(struct judge *judge, const struct source_status *status, struct finding *out)
{
    struct path api = path_of(judge, CHECK_API_443, NULL), edge = path_of_edge(judge);

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
    } else if (api.broken && path_is_dead(edge)) {
        out->summary = "this host reaches neither the management API nor the tunnel edge: its own "
                       "network is the likely cause";
        out->next_step = "check this host's link, default route and resolver";
    } else if (path_is_dead(api)) {
        explain_broken_path(judge, out, api.broken);
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
    struct path edge = path_of_edge(judge);
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

/* Environment keys are credentials of their own, and the workers' ones: do they still work? */
static void
add_environment_keys(struct judge *judge, struct finding *out)
{
    size_t n_keys = 0;
    uint32_t live = 0;

    for (size_t i = 0; i < judge->n_pools; i++) {
        n_keys += judge->pools[i].work_access == WORK_LISTED;
        live += judge->pool_jobs[i].live;
    }
    if (n_keys > 0)
        evidence_add(judge, out, "%s still %s: workers go on, %s at work",
                     say_count(judge->arena, (int64_t)n_keys, "environment key"),
                     n_keys == 1 ? "works" : "work", say_count(judge->arena, live, "job"));
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
    add_environment_keys(judge, out);
    evidence_add(judge, out, "a 401 is never retried: this credential was put aside");
    out->next_step = is_tunnels
                         ? "get a new token with the scope workspace:manage_tunnels, then restart "
                           "sandwatch"
                         : "make a new key in the workspace, put it where the old one is, and "
                           "restart sandwatch";
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
    struct path api = path_of(judge, CHECK_API_443, NULL);
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
