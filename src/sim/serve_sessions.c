/* The calls on sessions themselves (facts/management-api.md 7.4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/agent.h"
#include "sim/inbox.h"
#include "sim/page.h"
#include "sim/queue.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/session.h"
#include "sim/show.h"

enum { INITIAL_EVENTS = 50 };

struct session_filter {
    unsigned statuses; /* bits; 0: all */
    bool with_archived;
    const char *agent_id, *deployment_id, *memory_store_id; /* or NULL */
    int64_t agent_version;                                  /* 0: any */
    struct created_range created;
};

static bool
has_store(const struct session *session, const char *id)
{
    for (const struct json *m = json_first(session->memory_stores); m; m = json_next(m))
        if (strcmp(json_string(m, "memory_store_id", ""), id) == 0)
            return true;
    return false;
}

static bool
is_wanted(const struct object *object, const void *context)
{
    const struct session *session = (const void *)object;
    const struct session_filter *filter = context;

    if (session->archived_ms && !filter->with_archived)
        return false;
    if (filter->statuses && !(filter->statuses & 1u << session->status))
        return false;
    if (!created_range_holds(&filter->created, object->created_ms * 1000))
        return false;
    if (filter->agent_id && strcmp(json_string(session->agent, "id", ""), filter->agent_id) != 0)
        return false;
    if (filter->agent_version && json_int(session->agent, "version", 0) != filter->agent_version)
        return false;
    if (filter->memory_store_id && !has_store(session, filter->memory_store_id))
        return false;
    return !filter->deployment_id; /* no session here comes from a deployment */
}

bool
serve_statuses(struct exchange *x, unsigned *out)
{
    for (size_t i = 0; i < x->n_query; i++) {
        bool is_known = false;

        if (strcmp(x->query[i].name, "statuses[]") != 0 &&
            strcmp(x->query[i].name, "statuses") != 0)
            continue;
        for (int s = SESSION_IDLE; s <= SESSION_TERMINATED; s++)
            if (strcmp(x->query[i].value, session_status_name((enum session_status)s)) == 0) {
                *out |= 1u << s;
                is_known = true;
            }
        if (!is_known) {
            answer_error(x, 400, "statuses: \"%.40s\" is not a status", x->query[i].value);
            return false;
        }
    }
    return true;
}

static bool
parse_filter(struct exchange *x, struct session_filter *filter)
{
    const char *archived = exchange_query(x, "include_archived");

    *filter = (struct session_filter){
        .with_archived = archived && strcmp(archived, "true") == 0,
        .agent_id = exchange_query(x, "agent_id"),
        .deployment_id = exchange_query(x, "deployment_id"),
        .memory_store_id = exchange_query(x, "memory_store_id"),
        .created = {.is_seconds = true},
    };
    if (!exchange_query_int(x, "agent_version", 1, INT32_MAX, &filter->agent_version)) {
        answer_error(x, 400, "agent_version: expected a number from 1");
        return false;
    }
    if (filter->agent_version && !filter->agent_id) {
        answer_error(x, 400, "agent_version: only together with agent_id");
        return false;
    }
    return serve_statuses(x, &filter->statuses) && page_created_range(x, &filter->created);
}

void
sessions_list(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    struct session_filter filter;
    struct page page = {
        .list = &world->sessions,
        .keep = is_wanted,
        .context = &filter,
        .range = &filter.created,
        .show = show_session,
        .limit_otherwise = world->switches.page_default,
        .limit_most = world->switches.page_most,
        .may_order = true,
        .has_prev = true,
    };

    if (parse_filter(x, &filter))
        page_answer(world, x, &page);
}

static void
answer_session(struct service *service, struct exchange *x, const struct session *session)
{
    answer_json(x, 200, show_session(service->world, &session->object));
}

void
sessions_get(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);

    if (session)
        answer_session(service, x, session);
}

/* The agent that a request names: an id, or an object with one; unknown ids get an agent, too. */
static const struct json *
agent_of(struct world *world, const struct json *given)
{
    const char *id = json_as_string(given, json_string(given, "id", ""));
    size_t nth = 0;

    for (size_t i = 0; i < world->agents.n; i++)
        if (strcmp(json_string(world->agents.items[i], "id", ""), id) == 0)
            nth = i;
    return agent_snapshot(world, nth);
}

static bool
check_initial(struct exchange *x, const struct json *events)
{
    if (!json_is_null(events) && !json_is_array(events)) {
        answer_error(x, 400, "initial_events: expected a list");
        return false;
    }
    if (json_count(events) > INITIAL_EVENTS) {
        answer_error(x, 400, "initial_events: at most 50");
        return false;
    }
    for (const struct json *e = json_first(events); e; e = json_next(e)) {
        const char *type = json_string(e, "type", "");
        struct err err = {0};

        if (strcmp(type, "user.message") != 0 && strcmp(type, "user.define_outcome") != 0) {
            answer_error(x, 400, "initial_events: only user.message and user.define_outcome");
            return false;
        }
        if (!inbox_check(NULL, e, &err)) {
            answer_error(x, 400, "initial_events: %s", err.message);
            return false;
        }
    }
    return true;
}

/* In cents. -1: none given; -2: not a budget, and a 400 was answered. */
static int64_t
parse_budget(struct exchange *x, const struct json *budget)
{
    const struct json *most = json_get(budget, "max_list_cost");
    const char *amount = json_string(most, "amount", "");
    int64_t cents = 0;

    if (json_is_null(budget))
        return -1;
    for (const char *c = amount; *c >= '0' && *c <= '9' && cents < INT32_MAX; c++)
        cents = cents * 10 + (*c - '0');
    if (*amount && strspn(amount, "0123456789") == strlen(amount))
        return cents;
    answer_error(x, 400, "budget: expected max_list_cost.amount in whole cents");
    return -2;
}

static bool
is_text_or_null(const struct json *value)
{
    return json_is_null(value) || json_is_string(value);
}

/* What a session was given, each with an id of its own; NULL: nothing. */
static struct json *
new_resources(struct world *world, const struct json *given)
{
    struct json *list = json_count(given) > 0 ? json_new_array() : NULL;

    for (const struct json *m = json_first(given); m; m = json_next(m)) {
        struct json *resource = json_copy(m);
        char id[SIM_ID_BYTES];

        chance_id(&world->chance, "sesrsc", id);
        if (json_is_object(resource) && !json_get(resource, "id"))
            json_add_string(resource, "id", id);
        json_add(list, NULL, resource);
    }
    return list;
}

static struct environment *
check_create(struct service *service, struct exchange *x, const struct json *body)
{
    const struct json *agent = json_get(body, "agent");
    struct environment *environment =
        world_find_environment(service->world, json_string(body, "environment_id", ""));

    if (!json_is_string(agent) && !json_is_object(agent))
        answer_error(x, 400, "agent: expected an id or an object");
    else if (!is_text_or_null(json_get(body, "title")))
        answer_error(x, 400, "title: expected a string or null");
    else if (json_get(body, "resources") && !json_is_array(json_get(body, "resources")))
        answer_error(x, 400, "resources: expected a list");
    else if (!environment)
        answer_error(x, 404, "environment_id: no environment with this id");
    else if (environment->archived_ms)
        answer_error(x, 400, "environment_id: this environment is archived");
    else if (check_initial(x, json_get(body, "initial_events")))
        return environment;
    return NULL;
}

void
sessions_create(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct json *body = serve_body(x);
    struct environment *environment = body ? check_create(service, x, body) : NULL;
    int64_t budget = environment ? parse_budget(x, json_get(body, "budget")) : -2;
    struct json *metadata = json_new_object();
    struct session *session;

    if (budget == 0) {
        answer_error(x, 400, "budget: max_list_cost.amount: expected at least one cent");
        budget = -2;
    }
    if (budget == -2 || !serve_metadata(x, &metadata, json_get(body, "metadata"), false, NULL)) {
        json_free(metadata);
        return;
    }
    session = session_new(world, environment, agent_of(world, json_get(body, "agent")),
                          json_string(body, "title", NULL), world->now_ms);
    json_free(session->metadata);
    session->metadata = metadata;
    session->budget_cents = budget;
    session->memory_stores = new_resources(world, json_get(body, "resources"));
    session->mind.turns_left = INT64_MAX; /* a client's own: nobody tidies it away */
    session_need_worker(world, session);
    for (const struct json *e = json_first(json_get(body, "initial_events")); e; e = json_next(e))
        inbox_take(world, session, e);
    answer_session(service, x, session);
}

static bool
check_update(struct exchange *x, const struct session *session, const struct json *body)
{
    int64_t budget = -1;

    if (json_get(body, "vault_ids")) {
        answer_error(x, 400, "vault_ids: cannot be changed");
        return false;
    }
    if (session->archived_ms) {
        answer_error(x, 400, "the session is archived");
        return false;
    }
    if (!is_text_or_null(json_get(body, "title"))) {
        answer_error(x, 400, "title: expected a string or null");
        return false;
    }
    if (json_get(body, "agent") && session->status == SESSION_RUNNING) {
        answer_error(x, 400, "agent: not while the session is running");
        return false;
    }
    if (!json_is_null(json_get(body, "budget"))) {
        budget = parse_budget(x, json_get(body, "budget"));
        if (budget == -2)
            return false;
        if (session->budget_cents < 0)
            answer_error(x, 400, "budget: can only be given at creation (budget_create_only)");
        else if (budget <= session->cost_cents)
            answer_error(x, 400, "budget: not above what is consumed (budget_not_raised)");
        else
            return true;
        return false;
    }
    return true;
}

/* Tools and servers are replaced as a whole; the rest of an agent stays. */
static void
update_agent(struct world *world, struct session *session, const struct json *changes)
{
    static const char *const members[] = {"tools", "mcp_servers"};

    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (json_get(changes, members[i]))
            session->agent =
                agent_variant(world, session->agent, members[i], json_get(changes, members[i]));
}

void
sessions_update(struct service *service, struct exchange *x)
{
    struct session *session = serve_session(service, x);
    const struct json *body = session ? serve_body(x) : NULL;
    struct json *changes;

    if (!body || !check_update(x, session, body) ||
        !serve_metadata(x, &session->metadata, json_get(body, "metadata"), false, NULL))
        return;
    changes = json_new_object();
    if (json_get(body, "title")) {
        free(session->title);
        session->title = copy_string(json_string(body, "title", NULL));
        json_add_string(changes, "title", session->title);
    }
    if (json_get(body, "budget"))
        session->budget_cents = parse_budget(x, json_get(body, "budget"));
    if (json_get(body, "metadata"))
        json_add(changes, "metadata", json_copy(session->metadata));
    update_agent(service->world, session, json_get(body, "agent"));
    if (json_get(body, "agent"))
        json_add(changes, "agent", json_copy(session->agent));
    session_emit(service->world, session, "session.updated", changes, service->world->now_ms);
    answer_session(service, x, session);
}

/* Archiving and deleting a running session is refused (2.3). */
static bool
check_rests(struct exchange *x, const struct session *session)
{
    if (session->status != SESSION_RUNNING)
        return true;
    answer_error(x, 400, "the session is running; send user.interrupt and wait until it is idle");
    return false;
}

void
sessions_archive(struct service *service, struct exchange *x)
{
    struct session *session = serve_session(service, x);

    if (!session || !check_rests(x, session))
        return;
    session_archive(service->world, session);
    answer_session(service, x, session);
}

void
sessions_delete(struct service *service, struct exchange *x)
{
    struct session *session = serve_session(service, x);
    struct json *json;

    if (!session || !check_rests(x, session))
        return;
    json = json_new_object();
    json_add_string(json, "id", session->object.id);
    json_add_string(json, "type", "session_deleted");
    session_delete(service->world, session);
    answer_json(x, 200, json);
}

void
resources_list(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);
    struct json *json;

    if (!session)
        return;
    json = json_new_object();
    json_add(json, "data",
             session->memory_stores ? json_copy(session->memory_stores) : json_new_array());
    json_add_null(json, "next_page");
    answer_json(x, 200, json);
}
