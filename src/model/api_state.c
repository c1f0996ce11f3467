/* api_state.c — how the management API does, over all of its sources together. */
#include <stdlib.h>

#include "model/judge.h"

enum {
    FAILURES_WARN = 3,
    TROUBLE_WARN_MS = 60 * 1000,
    TROUBLE_CRITICAL_MS = 5 * 60 * 1000,
    RATE_LIMITS_CRITICAL = 3,
    SKEW_WARN_MS = 60 * 1000,
    SKEW_CRITICAL_MS = 5 * 60 * 1000,
};

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

/* Our own checks leave no doubt where nothing at all is reached. */
static enum severity
silence_severity(const struct judge *judge)
{
    const struct api_state *api = &judge->api;
    bool is_long = api->since_ms > 0 && judge->now_ms - api->since_ms >= TROUBLE_CRITICAL_MS;

    return api->contact_ms == 0 || is_long || path_is_gone(judge) ? SEVERITY_critical
                                                                  : SEVERITY_warn;
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
