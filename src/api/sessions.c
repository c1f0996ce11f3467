/* sessions.c — the sessions of the workspace in one sweep, and single ones that the sweep missed.
 */
#include <string.h>

#include "api/resource.h"
#include "core/json.h"
#include "core/text.h"

enum { PAUSE_MS = 60000 };

static struct task *
sweep_task(struct fleet *fleet, const char *subject)
{
    (void)subject;
    return &fleet->sweep;
}

static struct task *
details_task(struct fleet *fleet, const char *subject)
{
    struct fleet_session *session = fleet_session(fleet, subject);

    return session ? &session->details : NULL;
}

static void
begin(struct reading *reading)
{
    reading->fleet->sweep_round++;
}

/* {"amount":"187","currency":"USD"}: whole cents; -1 when it is not there. */
static int64_t
cents(const struct json *money)
{
    int64_t n;

    return int_parse(json_string(money, "amount", ""), &n) && n >= 0 ? n : -1;
}

static void
read_money(struct fleet_session *session, const struct json *item)
{
    session->cost_cents = cents(json_get(json_get(item, "usage"), "list_cost"));
    session->budget_cents = cents(json_get(json_get(item, "budget"), "max_list_cost"));
}

static void
forget_idle(struct fleet_session *session)
{
    session->stop_reason[0] = '\0';
    session->idle_since_service_ms = 0;
    session->wait = JOB_WAIT_unknown;
    fleet_keep(&session->last_error, "", 1);
}

/* Between two tool calls a session that a worker serves stands still for moments; asking why is
 * worth a request only when it lasts. */
static bool
is_pausing(const struct reading *reading, const struct fleet_session *session)
{
    int64_t for_ms = reading->now_ms + reading->offset_ms - session->updated_service_ms;

    return session->work && session->work->kind == JOB_STATE_active && for_ms < PAUSE_MS;
}

/* Why a session stands still is told by its events alone (facts 7.3). */
static void
judge_events(const struct reading *reading, struct fleet_session *session)
{
    bool is_running = strcmp(session->status, "running") == 0;
    bool is_news = session->events_of_service_ms != session->updated_service_ms;

    if (is_running) {
        forget_idle(session);
        session->events_of_service_ms = -1;
    }
    fleet_want_events(reading->fleet, session,
                      !is_running && is_news && !is_pausing(reading, session));
}

static void
take(struct reading *reading, struct fleet_session *session, const struct json *item)
{
    const struct json *agent = json_get(item, "agent");
    const char *agent_name = json_string(agent, "name", "");

    session->is_described = true;
    session->is_gone = false;
    session->seen_ms = reading->now_ms;
    fleet_word(session->status, sizeof(session->status), json_string(item, "status", ""));
    fleet_keep(&session->title, json_string(item, "title", ""), FLEET_TITLE_BYTES);
    fleet_keep(&session->agent, *agent_name ? agent_name : json_string(agent, "id", ""),
               FLEET_NAME_BYTES);
    fleet_keep(&session->pool_id, json_string(item, "environment_id", ""), FLEET_ID_BYTES - 1);
    session->created_service_ms = resource_time(item, "created_at");
    session->updated_service_ms = resource_time(item, "updated_at");
    read_money(session, item);
    fleet_want_details(reading->fleet, session, false);
    judge_events(reading, session);
    reading->fleet->jobs_changed = true;
}

/* Sessions of environments that are no pools are not ours to show. */
static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet *fleet = reading->fleet;
    const char *id = json_string(item, "id", "");
    struct fleet_session *session;

    if (!fleet_is_id(id))
        return false;
    session = fleet_session(fleet, id);
    if (!session) {
        if (fleet->environments.ok_at_ms &&
            !fleet_pool(fleet, json_string(item, "environment_id", "")))
            return true;
        session = fleet_add_session(fleet, id);
    }
    session->round = fleet->sweep_round;
    take(reading, session, item);
    return true;
}

static void
complete(struct reading *reading)
{
    reading->fleet->sweep_pages = reading->pages;
    if (reading->is_whole)
        fleet_sweep_sessions(reading->fleet);
    reading->fleet->jobs_changed = true;
}

static bool
one_item(struct reading *reading, const struct json *item)
{
    struct fleet_session *session = fleet_session(reading->fleet, reading->subject);

    if (!session || strcmp(json_string(item, "id", ""), reading->subject) != 0)
        return false;
    take(reading, session, item);
    return true;
}

static void
one_failed(struct reading *reading, const struct err *err)
{
    struct fleet_session *session = fleet_session(reading->fleet, reading->subject);

    if (!session)
        return;
    session->is_gone = err->code == ERR_GONE;
    fleet_want_details(reading->fleet, session, false); /* the next sweep asks again */
}

const struct resource resource_sessions = {
    .what = "the sessions",
    .path = "/v1/sessions",
    .query = "statuses%5B%5D=running&statuses%5B%5D=rescheduling&statuses%5B%5D=idle",
    .beta = BETA_AGENTS,
    .scope = "the scope workspace:developer",
    .source = SOURCE_sessions,
    .key = KEY_MAIN,
    .is_list = true,
    .limit = RESOURCE_PAGE_ROWS,
    .most_pages = 200,
    .begin = begin,
    .item = item,
    .complete = complete,
    .task = sweep_task,
};

const struct resource resource_session = {
    .what = "a session",
    .path = "/v1/sessions/%s",
    .query = "",
    .beta = BETA_AGENTS,
    .scope = "the scope workspace:developer",
    .source = SOURCE_sessions,
    .key = KEY_MAIN,
    .is_side = true,
    .most_pages = 1,
    .item = one_item,
    .failed = one_failed,
    .task = details_task,
};
