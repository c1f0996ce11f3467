/* The events of a session: list, send, stream (facts/management-api.md 7.5–7.7). */
#include <string.h>

#include "core/json.h"
#include "sim/inbox.h"
#include "sim/page.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/session.h"
#include "sim/show.h"

enum { EVENTS_PER_PAGE = 100, EVENTS_PER_PAGE_MOST = 1000, DELTAS_MOST = 100 };

struct event_filter {
    const struct exchange *x;
    bool has_types;
    struct created_range created;
};

static bool
is_types(const struct pair *pair)
{
    return strcmp(pair->name, "types[]") == 0 || strcmp(pair->name, "types") == 0;
}

static bool
is_wanted(const struct object *object, const void *context)
{
    const struct event *event = (const void *)object;
    const struct event_filter *filter = context;

    if (!created_range_holds(&filter->created,
                             event->processed_us ? event->processed_us : object->created_ms * 1000))
        return false;
    for (size_t i = 0; filter->has_types && i < filter->x->n_query; i++)
        if (is_types(&filter->x->query[i]) && strcmp(filter->x->query[i].value, event->type) == 0)
            return true;
    return !filter->has_types;
}

void
serve_events(struct service *service, struct exchange *x, const struct session *session,
             bool is_filtered)
{
    struct event_filter filter = {.x = x};
    struct page page = {
        .list = &session->events,
        .keep = is_filtered ? is_wanted : NULL,
        .context = &filter,
        .range = is_filtered ? &filter.created : NULL,
        .show = show_event,
        .limit_otherwise = EVENTS_PER_PAGE,
        .limit_most = EVENTS_PER_PAGE_MOST,
        .is_asc_otherwise = true,
        .may_order = is_filtered,
    };

    if (is_filtered && !page_created_range(x, &filter.created))
        return;
    for (size_t i = 0; i < x->n_query; i++)
        filter.has_types = filter.has_types || is_types(&x->query[i]);
    page_answer(service->world, x, &page);
}

void
events_list(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);

    if (session)
        serve_events(service, x, session, true);
}

static bool
starts_work(const struct json *events)
{
    for (const struct json *e = json_first(events); e; e = json_next(e)) {
        const char *type = json_string(e, "type", "");

        if (strcmp(type, "user.message") == 0 || strcmp(type, "user.define_outcome") == 0)
            return true;
    }
    return false;
}

static bool
check_all(struct exchange *x, const struct session *session, const struct json *events)
{
    struct err err = {0};

    if (session->archived_ms || session->status == SESSION_TERMINATED) {
        answer_error(x, 400, "the session is %s and takes no events",
                     session->archived_ms ? "archived" : "terminated");
        return false;
    }
    if (session->budget_cents >= 0 && session->cost_cents >= session->budget_cents &&
        starts_work(events)) {
        answer_error(x, 400,
                     "the session has reached its budget; allowed events: user.interrupt, "
                     "user.tool_confirmation, user.tool_result, user.custom_tool_result");
        return false;
    }
    if (json_count(events) == 0 || !json_is_array(events)) {
        answer_error(x, 400, "events: expected a list with at least one event");
        return false;
    }
    if (inbox_check_all(session, events, &err))
        return true;
    answer_error(x, 400, "events: %s", err.message);
    return false;
}

void
events_send(struct service *service, struct exchange *x)
{
    struct session *session = serve_session(service, x);
    const struct json *body = session ? serve_body(x) : NULL;
    const struct json *events = json_get(body, "events");
    struct json *json, *data;

    if (!body || !check_all(x, session, events))
        return;
    json = json_new_object();
    data = json_add_array(json, "data");
    for (const struct json *e = json_first(events); e; e = json_next(e)) {
        const struct event *stored = inbox_take(service->world, session, e);

        json_add(data, NULL, show_event(service->world, &stored->object));
    }
    answer_json(x, 200, json);
}

static bool
check_deltas(struct exchange *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n_query; i++) {
        const char *value = x->query[i].value;

        if (strcmp(x->query[i].name, "event_deltas[]") != 0)
            continue;
        if (++n > DELTAS_MOST ||
            (strcmp(value, "agent.message") != 0 && strcmp(value, "agent.thinking") != 0)) {
            answer_error(x, 400, "event_deltas: expected agent.message or agent.thinking");
            return false;
        }
    }
    return true;
}

void
serve_stream(struct service *service, struct exchange *x, const struct session *session)
{
    if (!check_deltas(x))
        return;
    x->outcome = OUTCOME_STREAM;
    x->status = 200;
    x->content_type = "text/event-stream";
    exchange_add_header(x, "cache-control", "no-cache");
    x->stream = stream_open(&service->streams, session->object.id, &service->world->switches);
    x->stream->is_over = session->status == SESSION_TERMINATED;
}

void
events_stream(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);

    if (session)
        serve_stream(service, x, session);
}
