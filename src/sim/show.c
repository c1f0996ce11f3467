#include "sim/show.h"

#include <stdio.h>

#include "core/json.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/stamp.h"

struct json *
show_environment(const struct world *world, const struct object *object)
{
    const struct environment *environment = (const void *)object;
    struct json *json = json_new_object();

    (void)world;
    json_add_string(json, "id", object->id);
    json_add_string(json, "type", "environment");
    json_add_string(json, "name", environment->name);
    json_add_string(json, "description", environment->description);
    json_add(json, "config", json_copy(environment->config));
    json_add(json, "metadata", json_copy(environment->metadata));
    json_add_string(json, "scope", "organization");
    stamp_add(json, "created_at", object->created_ms);
    stamp_add(json, "updated_at", environment->updated_ms);
    stamp_add(json, "archived_at", environment->archived_ms);
    return json;
}

struct json *
show_item(const struct world *world, const struct object *object)
{
    const struct item *item = (const void *)object;
    struct json *json = json_new_object(), *data;

    (void)world;
    json_add_string(json, "id", object->id);
    json_add_string(json, "type", "work");
    json_add_string(json, "environment_id", item->environment->object.id);
    data = json_add_object(json, "data");
    json_add_string(data, "type", item->data_type);
    json_add_string(data, "id", item->data_id);
    json_add_string(json, "state", item_state_name(item->state));
    stamp_add(json, "created_at", object->created_ms);
    stamp_add(json, "acknowledged_at", item->acknowledged_ms);
    stamp_add(json, "started_at", item->started_ms);
    stamp_add_us(json, "latest_heartbeat_at", item->heartbeat_us);
    stamp_add(json, "stop_requested_at", item->stop_requested_ms);
    stamp_add(json, "stopped_at", item->stopped_ms);
    json_add(json, "metadata", json_copy(item->metadata));
    json_add_null(json, "secret"); /* only a poll fills it in */
    return json;
}

static struct json *
money(int64_t cents)
{
    struct json *json = json_new_object();
    char amount[32];

    snprintf(amount, sizeof(amount), "%" PRId64, cents);
    json_add_string(json, "amount", amount);
    json_add_string(json, "currency", "USD");
    return json;
}

static void
add_usage(struct json *json, const struct session *session, double active_s)
{
    struct json *usage = json_add_object(json, "usage"), *cache, *tools;

    json_add_int(usage, "input_tokens", session->tokens_in);
    json_add_int(usage, "output_tokens", session->tokens_out);
    json_add_int(usage, "cache_read_input_tokens", session->tokens_in * 4);
    cache = json_add_object(usage, "cache_creation");
    json_add_int(cache, "ephemeral_5m_input_tokens", session->tokens_in / 3);
    json_add_int(cache, "ephemeral_1h_input_tokens", 0);
    json_add(usage, "list_cost", money(session->cost_cents));
    json_add(usage, "active_seconds", json_new_double(active_s));
    tools = json_add_object(usage, "server_tool_use");
    json_add_int(tools, "web_search_requests", 0);
    json_add_int(tools, "web_fetch_requests", 0);
}

static void
add_stats(struct json *json, const struct world *world, const struct session *session)
{
    int64_t until = session->terminated_ms ? session->terminated_ms : world->now_ms;
    struct json *stats = json_add_object(json, "stats");

    json_add(stats, "active_seconds",
             json_new_double((double)session_active_ms(world, session) / 1000));
    json_add(stats, "duration_seconds",
             json_new_double((double)(until - session->object.created_ms) / 1000));
}

static void
add_budget(struct json *json, const struct session *session)
{
    struct json *budget;

    if (session->budget_cents < 0) {
        json_add_null(json, "budget");
        return;
    }
    budget = json_add_object(json, "budget");
    json_add_string(budget, "type", "limit");
    json_add(budget, "max_list_cost", money(session->budget_cents));
}

struct json *
show_session(const struct world *world, const struct object *object)
{
    const struct session *session = (const void *)object;
    struct json *json = json_new_object();

    json_add_string(json, "id", object->id);
    json_add_string(json, "type", "session");
    json_add_string(json, "title", session->title);
    json_add_string(json, "status", session_status_name(session->status));
    json_add_string(json, "environment_id", session->environment->object.id);
    json_add(json, "agent", json_copy(session->agent));
    json_add(json, "metadata", json_copy(session->metadata));
    json_add(json, "resources",
             session->memory_stores ? json_copy(session->memory_stores) : json_new_array());
    json_add_array(json, "vault_ids");
    json_add_null(json, "deployment_id");
    json_add_array(json, "outcome_evaluations");
    add_stats(json, world, session);
    add_usage(json, session, (double)session_active_ms(world, session) / 1000);
    add_budget(json, session);
    stamp_add(json, "created_at", object->created_ms);
    stamp_add(json, "updated_at", session->updated_ms);
    stamp_add(json, "archived_at", session->archived_ms);
    return json;
}

/* The primary thread. Its numbers are null until there are any (7.4). */
struct json *
show_thread(const struct world *world, const struct session *session)
{
    struct json *json = json_new_object();
    bool was_idle = session->idle_ms || session->active_ms;
    char id[SIM_ID_BYTES];

    json_add_string(json, "id", session_thread_id(session, id));
    json_add_string(json, "type", "session_thread");
    json_add_string(json, "session_id", session->object.id);
    json_add(json, "agent", json_copy(session->agent));
    json_add_string(json, "status", session_status_name(session->status));
    json_add_null(json, "parent_thread_id");
    json_add_null(json, "workflow_run_id");
    if (was_idle || session->running_ms || session->terminated_ms)
        add_stats(json, world, session);
    else
        json_add_null(json, "stats");
    if (was_idle)
        add_usage(json, session, (double)session_active_ms(world, session) / 1000);
    else
        json_add_null(json, "usage");
    stamp_add(json, "created_at", session->object.created_ms);
    stamp_add(json, "updated_at", session->updated_ms);
    stamp_add(json, "archived_at", session->archived_ms);
    return json;
}

struct json *
show_event(const struct world *world, const struct object *object)
{
    const struct event *event = (const void *)object;

    (void)world;
    return json_parse(event->json, event->json_bytes, NULL);
}

struct json *
show_tunnel(const struct world *world, const struct object *object)
{
    const struct tunnel *tunnel = (const void *)object;
    struct json *json = json_new_object();

    json_add_string(json, "id", object->id);
    json_add_string(json, "type", "tunnel");
    json_add_string(json, "display_name", tunnel->name);
    json_add_string(json, "domain", tunnel->domain);
    stamp_add(json, "created_at", object->created_ms);
    stamp_add(json, "archived_at", tunnel->archived_ms);
    if (world->switches.tunnel_extra)
        json_add_string(json_add_object(json, "transport"), "type", "relay");
    return json;
}
