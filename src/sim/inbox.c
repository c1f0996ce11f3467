#include "sim/inbox.h"

#include <string.h>

#include "core/json.h"
#include "sim/agent.h"
#include "sim/session.h"

enum { ITERATIONS = 3, ITERATIONS_MOST = 20 }; /* of an outcome (7.9) */

typedef const struct event *take_fn(struct world *world, struct session *session,
                                    const struct json *event);

struct kind {
    const char *type;
    bool (*check)(const struct session *session, const struct json *event, struct err *err);
    take_fn *take;
};

static bool
blocks_are_valid(const struct json *event, struct err *err)
{
    const struct json *content = json_get(event, "content");

    if (!json_is_array(content))
        return err_set(err, ERR_REFUSED, "content: expected a list of blocks");
    for (const struct json *b = json_first(content); b; b = json_next(b)) {
        const char *type = json_string(b, "type", "");

        if (!*type)
            return err_set(err, ERR_REFUSED, "content: every block needs a type");
        if (strcmp(type, "text") == 0 && !json_is_string(json_get(b, "text")))
            return err_set(err, ERR_REFUSED, "content: a text block needs its text");
    }
    return true;
}

static bool
check_message(const struct session *session, const struct json *event, struct err *err)
{
    (void)session;
    if (json_count(json_get(event, "content")) == 0)
        return err_set(err, ERR_REFUSED, "content: expected at least one block");
    return blocks_are_valid(event, err);
}

static bool
check_interrupt(const struct session *session, const struct json *event, struct err *err)
{
    (void)session;
    (void)event;
    (void)err;
    return true;
}

/* The open call that the member `key` names, of the given kind. */
static bool
check_call(const struct session *session, const struct json *event, const char *key, bool is_custom,
           struct err *err)
{
    const char *id = json_string(event, key, "");
    const struct call *call = session_find_call(session, id);

    if (!call || call->is_custom != is_custom)
        return err_set(err, ERR_REFUSED, "%s: \"%.40s\" names no call that waits for an answer",
                       key, id);
    return true;
}

static bool
check_confirmation(const struct session *session, const struct json *event, struct err *err)
{
    const char *result = json_string(event, "result", "");

    if (strcmp(result, "allow") != 0 && strcmp(result, "deny") != 0)
        return err_set(err, ERR_REFUSED, "result: expected allow or deny");
    if (!json_is_null(json_get(event, "deny_message")) && strcmp(result, "deny") != 0)
        return err_set(err, ERR_REFUSED, "deny_message: only with deny");
    if (!check_call(session, event, "tool_use_id", false, err))
        return false;
    return session_find_call(session, json_string(event, "tool_use_id", ""))->asks ||
           err_set(err, ERR_REFUSED, "tool_use_id: the call waits for no confirmation");
}

static bool
check_result(const struct session *session, const struct json *event, struct err *err)
{
    if (!blocks_are_valid(event, err) || !check_call(session, event, "tool_use_id", false, err))
        return false;
    return !session_find_call(session, json_string(event, "tool_use_id", ""))->asks ||
           err_set(err, ERR_REFUSED, "tool_use_id: the call waits for a confirmation first");
}

static bool
check_custom_result(const struct session *session, const struct json *event, struct err *err)
{
    return blocks_are_valid(event, err) &&
           check_call(session, event, "custom_tool_use_id", true, err);
}

static bool
check_outcome(const struct session *session, const struct json *event, struct err *err)
{
    int64_t iterations = json_int(event, "max_iterations", ITERATIONS);

    (void)session;
    if (!*json_string(event, "description", ""))
        return err_set(err, ERR_REFUSED, "description: expected a string that is not empty");
    return (iterations >= 1 && iterations <= ITERATIONS_MOST) ||
           err_set(err, ERR_REFUSED, "max_iterations: expected 1 to %d", (int)ITERATIONS_MOST);
}

/* The event as it came, but for what the service itself assigns, and another such member. */
static struct json *
body_without(const struct json *event, const char *member)
{
    struct json *body = json_new_object();

    for (const struct json *m = json_first(event); m; m = json_next(m)) {
        const char *key = json_key(m);

        if (strcmp(key, "type") != 0 && strcmp(key, "id") != 0 &&
            strcmp(key, "processed_at") != 0 && strcmp(key, member) != 0)
            json_add(body, key, json_copy(m));
    }
    return body;
}

static struct json *
body_of(const struct json *event)
{
    return body_without(event, "");
}

static const struct event *
take_message(struct world *world, struct session *session, const struct json *event)
{
    const struct event *stored =
        session_emit(world, session, "user.message", body_of(event), world->now_ms);

    agent_wake(world, session);
    return stored;
}

static const struct event *
take_interrupt(struct world *world, struct session *session, const struct json *event)
{
    const struct event *stored =
        session_emit_unprocessed(world, session, "user.interrupt", body_of(event));

    agent_interrupt(world, session);
    return stored;
}

static const struct event *
take_confirmation(struct world *world, struct session *session, const struct json *event)
{
    struct call *call = session_find_call(session, json_string(event, "tool_use_id", ""));
    const struct event *stored =
        session_emit(world, session, "user.tool_confirmation", body_of(event), world->now_ms);

    if (!call)
        return stored;
    if (strcmp(json_string(event, "result", ""), "deny") == 0) {
        session_close_call(session, call);
        agent_answered(world, session);
        return stored;
    }
    call->asks = false; /* the worker may run it now */
    if (world->switches.waiting_status == WAITING_RUNNING)
        session_run(world, session, world->now_ms);
    return stored;
}

/* The id of the call that an event answers; "" for other events. */
static const char *
answered(const struct json *event)
{
    bool is_custom = strcmp(json_string(event, "type", ""), "user.custom_tool_result") == 0;

    return json_string(event, is_custom ? "custom_tool_use_id" : "tool_use_id", "");
}

/* Routed by the id of the call alone: whatever thread the client names, the service writes down the
 * one that made the call (7.5). */
static const struct event *
take_answer(struct world *world, struct session *session, const struct json *event)
{
    const char *type = json_string(event, "type", "");
    struct call *call = session_find_call(session, answered(event));
    struct json *body = body_without(event, "session_thread_id");
    const struct event *stored;
    char thread[SIM_ID_BYTES];

    json_add_string(body, "session_thread_id", session_thread_id(session, thread));
    stored = session_emit(world, session, type, body, world->now_ms);

    if (call)
        session_close_call(session, call);
    agent_answered(world, session);
    return stored;
}

static const struct event *
take_note(struct world *world, struct session *session, const struct json *event)
{
    return session_emit(world, session, json_string(event, "type", ""), body_of(event),
                        world->now_ms);
}

static const struct event *
take_outcome(struct world *world, struct session *session, const struct json *event)
{
    struct json *body = body_without(event, "outcome_id");
    const struct event *stored;
    char id[SIM_ID_BYTES];

    chance_id(&world->chance, "outc", id);
    json_add_string(body, "outcome_id", id);
    if (!json_get(event, "max_iterations"))
        json_add_int(body, "max_iterations", ITERATIONS);
    stored = session_emit(world, session, "user.define_outcome", body, world->now_ms);
    agent_wake(world, session);
    return stored;
}

static const struct kind kinds[] = {
    {"user.message", check_message, take_message},
    {"user.interrupt", check_interrupt, take_interrupt},
    {"user.tool_confirmation", check_confirmation, take_confirmation},
    {"user.tool_result", check_result, take_answer},
    {"user.custom_tool_result", check_custom_result, take_answer},
    {"user.define_outcome", check_outcome, take_outcome},
    {"system.message", check_message, take_note},
};

static const struct kind *
kind_of(const struct json *event)
{
    const char *type = json_string(event, "type", "");

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].type, type) == 0)
            return &kinds[i];
    return NULL;
}

bool
inbox_check(const struct session *session, const struct json *event, struct err *err)
{
    const struct kind *kind = kind_of(event);

    if (!kind)
        return err_set(err, ERR_REFUSED, "type: \"%.60s\" cannot be sent",
                       json_string(event, "type", ""));
    return kind->check(session, event, err);
}

static bool
is_system(const struct json *event)
{
    return strcmp(json_string(event, "type", ""), "system.message") == 0;
}

bool
inbox_check_all(const struct session *session, const struct json *events, struct err *err)
{
    const struct json *before = NULL;

    for (const struct json *e = json_first(events); e; before = e, e = json_next(e)) {
        if (!inbox_check(session, e, err))
            return false;
        for (const struct json *o = json_first(events); o != e; o = json_next(o))
            if (*answered(e) && strcmp(answered(o), answered(e)) == 0)
                return err_set(err, ERR_REFUSED, "\"%.40s\" is answered twice", answered(e));
        if (is_system(e) && (json_next(e) || !before ||
                             strcmp(json_string(before, "type", ""), "user.interrupt") == 0))
            return err_set(err, ERR_REFUSED,
                           "system.message: only last, after the message or result it goes with");
    }
    return true;
}

const struct event *
inbox_take(struct world *world, struct session *session, const struct json *event)
{
    return kind_of(event)->take(world, session, event);
}

void
inbox_tool_result(struct world *world, struct session *session, const char *call_id,
                  const char *text, bool is_error)
{
    struct json *event = json_new_object(), *block;

    json_add_string(event, "type", "user.tool_result");
    json_add_string(event, "tool_use_id", call_id);
    json_add_bool(event, "is_error", is_error);
    block = json_add_object(json_add_array(event, "content"), NULL);
    json_add_string(block, "type", "text");
    json_add_string(block, "text", text);
    if (inbox_check(session, event, NULL))
        inbox_take(world, session, event);
    json_free(event);
}
