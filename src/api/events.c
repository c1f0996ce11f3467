/* events.c — the newest events of a session that stands still: why, since when, and whom it waits
 * for (facts/management-api.md 7.3, 7.8). */
#include <string.h>

#include "api/resource.h"
#include "core/json.h"
#include "core/text.h"

static struct task *
task(struct fleet *fleet, const char *subject)
{
    struct fleet_session *session = fleet_session(fleet, subject);

    return session ? &session->events : NULL;
}

static void
begin(struct reading *reading)
{
    reading->fleet->events = (struct fleet_events){0};
}

/* Newest first, so the first idle event is the one that counts. */
static void
take_idle(struct fleet_events *events, const struct json *item)
{
    const struct json *reason = json_get(item, "stop_reason");
    const struct json *ids = json_get(reason, "event_ids");

    if (events->n_idle++ > 0)
        return;
    fleet_word(events->stop_reason, sizeof(events->stop_reason), json_string(reason, "type", ""));
    events->idle_since_service_ms = resource_time(item, "processed_at");
    for (const struct json *id = json_first(ids); id && events->n_blockers < FLEET_BLOCKERS;
         id = json_next(id)) {
        const char *s = json_as_string(id, "");

        if (fleet_is_id(s))
            fleet_word(events->blockers[events->n_blockers++], FLEET_ID_BYTES, s);
    }
}

static bool
is_blocker(const struct fleet_events *events, const char *id)
{
    for (size_t i = 0; i < events->n_blockers; i++)
        if (strcmp(events->blockers[i], id) == 0)
            return true;
    return false;
}

static void
take_tool(struct fleet_events *events, const struct json *item)
{
    bool is_custom = strcmp(json_string(item, "type", ""), "agent.custom_tool_use") == 0;
    bool is_asked = strcmp(json_string(item, "evaluated_permission", ""), "ask") == 0;

    if (!is_blocker(events, json_string(item, "id", "")))
        return;
    if (is_custom || is_asked)
        events->waits_for_human = true;
    else
        events->waits_for_worker = true;
}

/* Of the last turn only: an older one was overcome. */
static void
take_error(struct fleet_events *events, const struct json *item)
{
    const struct json *error = json_get(item, "error");
    struct text line = {.bytes = events->error, .size = sizeof(events->error)};

    if (*events->error || events->n_idle > 1)
        return;
    text_addf(&line, "%s: %s", json_string(error, "type", "error"),
              json_string(error, "message", ""));
}

static bool
item(struct reading *reading, const struct json *item)
{
    static const struct {
        const char *type;
        void (*take)(struct fleet_events *events, const struct json *item);
    } kinds[] = {
        {"session.status_idle", take_idle}, {"agent.tool_use", take_tool},
        {"agent.mcp_tool_use", take_tool},  {"agent.custom_tool_use", take_tool},
        {"session.error", take_error},
    };
    const char *type = json_string(item, "type", "");

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(type, kinds[i].type) == 0)
            kinds[i].take(&reading->fleet->events, item);
    return *type != '\0';
}

static enum job_wait
judge_wait(const struct fleet_events *events)
{
    if (strcmp(events->stop_reason, "requires_action") != 0)
        return events->n_idle ? JOB_WAIT_nothing : JOB_WAIT_unknown;
    if (events->waits_for_human)
        return JOB_WAIT_human;
    return events->waits_for_worker ? JOB_WAIT_worker : JOB_WAIT_unknown;
}

static void
complete(struct reading *reading)
{
    const struct fleet_events *events = &reading->fleet->events;
    struct fleet_session *session = fleet_session(reading->fleet, reading->subject);

    if (!session)
        return;
    fleet_word(session->stop_reason, sizeof(session->stop_reason), events->stop_reason);
    fleet_keep(&session->last_error, events->error, FLEET_TITLE_BYTES);
    session->idle_since_service_ms = events->idle_since_service_ms;
    session->wait = judge_wait(events);
    session->events_of_service_ms = session->updated_service_ms;
    fleet_want_events(reading->fleet, session, false);
    reading->fleet->jobs_changed = true;
}

static void
failed(struct reading *reading, const struct err *err)
{
    struct fleet_session *session = fleet_session(reading->fleet, reading->subject);

    (void)err;
    if (session)
        fleet_want_events(reading->fleet, session, false); /* the next sweep asks again */
}

const struct resource resource_events = {
    .what = "the events of a session",
    .path = "/v1/sessions/%s/events",
    .query = "types%5B%5D=session.status_idle&types%5B%5D=agent.tool_use"
             "&types%5B%5D=agent.mcp_tool_use&types%5B%5D=agent.custom_tool_use"
             "&types%5B%5D=session.error&order=desc",
    .beta = BETA_AGENTS,
    .scope = "the scope workspace:developer",
    .source = SOURCE_sessions,
    .key = KEY_MAIN,
    .is_list = true,
    .is_side = true,
    .limit = 20, /* tool inputs can be large */
    .most_pages = 1,
    .begin = begin,
    .item = item,
    .complete = complete,
    .failed = failed,
    .task = task,
};
