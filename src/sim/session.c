#include "sim/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/map.h"
#include "sim/buffer.h"
#include "sim/queue.h"
#include "sim/stamp.h"

enum { EVENTS_KEPT = 1500 }; /* per session; the oldest are forgotten */

struct session *
session_new(struct world *world, struct environment *environment, const struct json *agent,
            const char *title, int64_t created_ms)
{
    struct session *session = zeroed(sizeof(*session));

    session->environment = environment;
    session->agent = agent;
    session->title = copy_string(title);
    session->metadata = json_new_object();
    session->budget_cents = -1;
    session->object.created_ms = session->updated_ms = created_ms;
    environment->n_sessions++;
    world_enter(world, &world->sessions, &session->object, "sesn");
    return session;
}

static void
event_free(struct event *event)
{
    free(event->type);
    free(event->json);
    free(event);
}

static void
call_free(struct call *call)
{
    free(call->name);
    free(call);
}

void
session_free(struct session *session)
{
    for (size_t i = 0; i < session->events.n; i++)
        event_free(session->events.items[i]);
    for (size_t i = 0; i < session->calls.n; i++)
        call_free(session->calls.items[i]);
    array_free(&session->events);
    array_free(&session->calls);
    json_free(session->metadata);
    json_free(session->mind.script);
    json_free(session->memory_stores);
    free(session->title);
    free(session);
}

void
session_delete(struct world *world, struct session *session)
{
    struct array *items = &session->environment->items;

    if (session->item && !item_is_over(session->item))
        item_stop(world, session->item, true);
    for (size_t i = 0; i < items->n; i++) {
        struct item *item = items->items[i];

        if (item->session == session)
            item->session = NULL;
    }
    session_emit(world, session, "session.deleted", json_new_object(), world->now_ms);
    if (world->hooks.deleted)
        world->hooks.deleted(world->hooks.context, session);
    session->environment->n_sessions--;
    map_remove(world->by_id, session->object.id);
    array_remove(&world->sessions, session);
    session_free(session);
}

const char *
session_status_name(enum session_status status)
{
    static const char *const names[] = {"idle", "running", "rescheduling", "terminated"};

    return names[status];
}

const char *
session_thread_id(const struct session *session, char out[SIM_ID_BYTES])
{
    snprintf(out, SIM_ID_BYTES, "sthr_%s", session->object.id + strlen("sesn_"));
    return out;
}

static struct event *
append(struct world *world, struct session *session, const char *type, struct json *body)
{
    struct event *event = zeroed(sizeof(*event));

    chance_id(&world->chance, "sevt", event->object.id);
    event->object.serial = ++world->serial;
    event->type = copy_string(type);
    json_add_string(body, "id", event->object.id);
    json_add_string(body, "type", type);
    array_add(&session->events, event);
    return event;
}

static void
finish(struct world *world, struct session *session, struct event *event, struct json *body)
{
    event->json = json_print(body, false);
    event->json_bytes = strlen(event->json);
    json_free(body);
    if (session->updated_ms < event->object.created_ms)
        session->updated_ms = event->object.created_ms;
    if (world->hooks.event)
        world->hooks.event(world->hooks.context, session, event);
    if (session->events.n > EVENTS_KEPT) {
        event_free(session->events.items[0]);
        array_remove_at(&session->events, 0);
    }
}

struct event *
session_emit(struct world *world, struct session *session, const char *type, struct json *body,
             int64_t at_ms)
{
    size_t n = session->events.n;
    const struct event *newest = n > 0 ? session->events.items[n - 1] : NULL;
    struct event *event = append(world, session, type, body);

    if (newest && at_ms < newest->object.created_ms)
        at_ms = newest->object.created_ms; /* a history is told in order */
    if (session->last_event_us < at_ms * 1000)
        session->last_event_us = at_ms * 1000;
    session->last_event_us += chance_between(&world->chance, 1, 90);
    event->processed_us = session->last_event_us;
    event->object.created_ms = event->processed_us / 1000;
    stamp_add_us(body, "processed_at", event->processed_us);
    finish(world, session, event, body);
    return event;
}

struct event *
session_emit_unprocessed(struct world *world, struct session *session, const char *type,
                         struct json *body)
{
    struct event *event = append(world, session, type, body);

    event->object.created_ms = world->now_ms;
    json_add_null(body, "processed_at");
    finish(world, session, event, body);
    return event;
}

void
session_process(struct world *world, struct session *session, const char *type)
{
    static const char waiting[] = "\"processed_at\":null";

    for (size_t i = 0; i < session->events.n; i++) {
        struct event *event = session->events.items[i];
        char *at = strstr(event->json, waiting), *json, stamp[STAMP_BYTES];

        if (strcmp(event->type, type) != 0 || !at)
            continue;
        event->processed_us = world->now_ms * 1000;
        json = copy_printf("%.*s\"processed_at\":\"%s\"%s", (int)(at - event->json), event->json,
                           stamp_us(event->processed_us, stamp), at + sizeof(waiting) - 1);
        free(event->json);
        event->json = json;
        event->json_bytes = strlen(json);
    }
}

int64_t
session_active_ms(const struct world *world, const struct session *session)
{
    return session->active_ms + (session->running_ms ? world->now_ms - session->running_ms : 0);
}

/* Leave running, keeping the books. */
static void
settle(struct session *session, enum session_status status, int64_t at_ms)
{
    if (session->running_ms && at_ms > session->running_ms)
        session->active_ms += at_ms - session->running_ms;
    session->running_ms = status == SESSION_RUNNING ? at_ms : 0;
    session->idle_ms = status == SESSION_IDLE ? at_ms : 0;
    session->status = status;
}

void
session_run(struct world *world, struct session *session, int64_t at_ms)
{
    if (session->status == SESSION_RUNNING)
        return;
    settle(session, SESSION_RUNNING, at_ms);
    session->mind.is_idle = false;
    session_emit(world, session, "session.status_running", json_new_object(), at_ms);
}

static struct json *
stop_reason(const struct session *session, const char *reason)
{
    struct json *stop = json_new_object();

    json_add_string(stop, "type", reason);
    if (strcmp(reason, "requires_action") == 0) {
        struct json *ids = json_add_array(stop, "event_ids");

        for (size_t i = 0; i < session->calls.n; i++) {
            const struct call *call = session->calls.items[i];

            json_add_string(ids, NULL, call->id);
        }
    }
    return stop;
}

static void
add_refusal(struct json *body)
{
    struct json *details = json_add_object(body, "stop_details");

    json_add_string(details, "type", "refusal");
    json_add_string(details, "category", "cyber");
    json_add_string(details, "explanation", "The request was declined by a safety classifier.");
}

void
session_idle(struct world *world, struct session *session, const char *reason, int64_t at_ms)
{
    struct json *body = json_new_object();

    json_add(body, "stop_reason", stop_reason(session, reason));
    if (strcmp(reason, "refusal") == 0)
        add_refusal(body);
    else
        json_add_null(body, "stop_details");
    settle(session, SESSION_IDLE, at_ms);
    session->mind.is_idle = strcmp(reason, "requires_action") != 0;
    session_emit(world, session, "session.status_idle", body, at_ms);
}

void
session_terminate(struct world *world, struct session *session)
{
    settle(session, SESSION_TERMINATED, world->now_ms);
    session->mind.next_ms = 0;
    session->terminated_ms = world->now_ms;
    session_emit(world, session, "session.status_terminated", json_new_object(), world->now_ms);
}

void
session_archive(struct world *world, struct session *session)
{
    if (session->archived_ms)
        return;
    session->archived_ms = session->updated_ms = world->now_ms;
    if (session->status != SESSION_TERMINATED)
        session_terminate(world, session);
}

struct call *
session_ask(struct world *world, struct session *session, const struct ask *ask)
{
    struct call *call = zeroed(sizeof(*call));
    struct json *body = json_new_object();
    struct event *event;

    json_add_string(body, "name", ask->tool);
    json_add(body, "input", ask->input);
    if (!ask->is_custom) {
        json_add_string(body, "evaluated_permission", ask->asks ? "ask" : "allow");
        json_add_string(json_add_object(body, "evaluation"), "type",
                        ask->asks ? "always_ask" : "always_allow");
    }
    event =
        session_emit(world, session, ask->is_custom ? "agent.custom_tool_use" : "agent.tool_use",
                     body, ask->at_ms);
    snprintf(call->id, sizeof(call->id), "%s", event->object.id);
    call->name = copy_string(ask->tool);
    call->is_custom = ask->is_custom;
    call->asks = ask->asks;
    call->asked_ms = ask->at_ms;
    array_add(&session->calls, call);
    return call;
}

struct call *
session_find_call(const struct session *session, const char *id)
{
    for (size_t i = 0; i < session->calls.n; i++) {
        struct call *call = session->calls.items[i];

        if (strcmp(call->id, id) == 0)
            return call;
    }
    return NULL;
}

void
session_close_call(struct session *session, struct call *call)
{
    array_remove(&session->calls, call);
    call_free(call);
}

struct call *
session_runnable_call(const struct session *session)
{
    for (size_t i = 0; i < session->calls.n; i++) {
        struct call *call = session->calls.items[i];

        if (!call->is_custom && !call->asks)
            return call;
    }
    return NULL;
}

bool
environment_is_self_hosted(const struct environment *environment)
{
    return strcmp(json_string(environment->config, "type", ""), "self_hosted") == 0;
}

void
session_need_worker(struct world *world, struct session *session)
{
    if (!environment_is_self_hosted(session->environment))
        return; /* the service runs its tools */
    if (!session->item || item_is_over(session->item))
        item_new(world, session, world->now_ms);
}
