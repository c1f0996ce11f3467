/* rules_source.c — is what the screen shows still the present? Unless something else explains it.
 */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

enum { STALE_INTERVALS = 3 }; /* facts/management-api.md 13: marked at two, a finding at three */

/* Some finding already says why this source has nothing new. */
static bool
is_explained(const struct judge *judge, enum source source)
{
    const struct api_state *api = &judge->api;
    enum err_code code = judge->snapshot->source[source].code;

    if (source == SOURCE_connectors)
        return is_suspected(judge, RULE_tunnel_no_connectors) ||
               is_suspected(judge, RULE_connector_degraded) ||
               is_suspected(judge, RULE_edge_unreachable) || path_is_gone(judge);
    if (!source_is_api(source))
        return false;
    return api->is_unreachable || api->is_rate_limited || api->is_spend_capped ||
           api->unauthorized != 0 || code == ERR_AUTH || code == ERR_FORBIDDEN ||
           code == ERR_BETA || is_suspected(judge, RULE_api_slow);
}

static bool
is_too_old(const struct judge *judge, const struct source_status *status)
{
    return status->ok_at_ms > 0 && status->interval_ms > 0 &&
           judge->now_ms - status->ok_at_ms > STALE_INTERVALS * status->interval_ms;
}

/* Tried, failed, and never once read. */
static bool
is_missing(const struct source_status *status)
{
    return status->state == SOURCE_STATE_error && status->ok_at_ms == 0;
}

void
suspect_sources(struct judge *judge)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &judge->snapshot->source[i];

        if (status->state == SOURCE_STATE_disabled || status->state == SOURCE_STATE_waiting ||
            is_explained(judge, (enum source)i))
            continue;
        if (is_too_old(judge, status) || is_missing(status))
            suspect(judge, RULE_source_stale, (size_t)i,
                    status->ok_at_ms > 0 ? judge->now_ms - status->ok_at_ms : INT64_MAX);
    }
}

void
explain_source_stale(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    enum source source = (enum source)suspicion->row;
    const struct source_status *status = &judge->snapshot->source[source];

    out->subject = source_name(source);
    out->subject_id = source_name(source);
    out->since_ms = status->failing_since_ms;
    if (status->ok_at_ms > 0)
        out->summary =
            arena_printf(judge->arena, "%s: last read %s ago, although it is due every %s",
                         source_name(source), say_duration(judge->arena, suspicion->weight),
                         say_duration(judge->arena, status->interval_ms));
    else
        out->summary =
            arena_printf(judge->arena, "%s: could not be read even once%s%s", source_name(source),
                         status->error[0] ? ": " : "", status->error);
    evidence_add(judge, out, "it is %s", source_what(source));
    if (status->error[0])
        evidence_add(judge, out, "last attempt %s: %s%s%s",
                     say_time(judge->arena, status->tried_at_ms), status->error,
                     status->request_id[0] ? ", " : "", status->request_id);
    if (status->parts > 0 && status->parts_ok < status->parts)
        evidence_add(judge, out, "%" PRIu32 " of %" PRIu32 " parts were read in the last pass",
                     status->parts_ok, status->parts);
    evidence_add(judge, out,
                 "other sources are read: neither the network nor the whole service is "
                 "down");
    out->next_step = status->error[0]
                         ? "quote the request id to the service's support if it lasts; the rest of "
                           "the screen is current"
                         : "press r to ask again";
}
