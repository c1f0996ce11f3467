/* The simulator's own calls, /sim/…: faults, scenarios, pools, sessions with a script, and what was
 * asked. Made for tests; no credentials, no limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/agent.h"
#include "sim/canned.h"
#include "sim/customer.h"
#include "sim/ledger.h"
#include "sim/network.h"
#include "sim/queue.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/session.h"
#include "sim/show.h"
#include "sim/workers.h"

static void
answer_ok(struct exchange *x)
{
    struct json *json = json_new_object();

    json_add_bool(json, "ok", true);
    answer_json(x, 200, json);
}

static void
add_fault(struct json *list, const char *name, bool on, const char *meaning)
{
    struct json *fault = json_add_object(list, NULL);

    json_add_string(fault, "name", name);
    json_add_bool(fault, "on", on);
    json_add_string(fault, "meaning", meaning);
}

void
control_faults(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object(), *list = json_add_array(json, "faults");
    size_t n;
    const struct fault_row *rows = faults_rows(&n);

    for (size_t i = 0; i < n; i++)
        add_fault(list, rows[i].name, *faults_find(&service->world->faults, rows[i].name),
                  rows[i].meaning);
    for (const char *const *name = network_fault_names(); *name; name++)
        add_fault(list, *name, network_fault_is_on(customer_network(service->customer), *name),
                  network_fault_meaning(*name));
    answer_json(x, 200, json);
}

/* {"name":NAME,"on":BOOL}; {"name":"answer","method":…}, also without the name: see canned.h;
 * {"name":"none"}: everything off. */
void
control_fault(struct service *service, struct exchange *x)
{
    const struct json *body = serve_body(x);
    const char *name = json_string(body, "name", "");
    struct err err = {0};

    if (!body)
        return;
    if (strcmp(name, "answer") == 0 || (!*name && json_get(body, "method"))) {
        if (!canned_add(&service->answers, body, &err)) {
            answer_error(x, 400, "%s", err.message);
            return;
        }
    } else if (strcmp(name, "none") == 0) {
        service->world->faults = (struct faults){0};
        canned_clear(&service->answers);
        for (const char *const *fault = network_fault_names(); *fault; fault++)
            network_fault(customer_network(service->customer), *fault, false);
    } else if (!service_fault(service, name, json_bool(body, "on", true))) {
        answer_error(x, 404, "no fault is called \"%.60s\"; GET /sim/faults lists them", name);
        return;
    }
    answer_ok(x);
}

void
control_scenario(struct service *service, struct exchange *x)
{
    const struct json *body = serve_body(x);
    struct err err = {0};

    if (!body)
        return;
    if (service_set_scenario(service, json_string(body, "name", ""), &err))
        answer_ok(x);
    else
        answer_error(x, 400, "%s", err.message);
}

/* {"name":"lease.ttl","value":"4"}: switches.def. */
void
control_switch(struct service *service, struct exchange *x)
{
    const struct json *body = serve_body(x);
    struct err err = {0};

    if (!body)
        return;
    if (switches_set(&service->world->switches, json_string(body, "name", ""),
                     json_string(body, "value", ""), &err))
        answer_ok(x);
    else
        answer_error(x, 400, "%s", err.message);
}

static bool
parse_quirk(const char *name, enum quirk *out)
{
    static const char *const names[] = {"none", "stalls", "silent", "deaf"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum quirk)i;
            return true;
        }
    return false;
}

/* Is that member absent, or a whole number from 0 to most? */
static bool
may_be_count(const struct json *body, const char *key, int64_t most)
{
    int64_t n = json_int(body, key, -1);

    return !json_get(body, key) || (n >= 0 && n <= most);
}

/* {"workers":N,"jobs":N,"arrival":SECONDS,"quirk":"none|stalls|silent|deaf"}; the id or the name.
 */
void
control_pool(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = world_find_pool(service->world, x->part[0]);
    const struct json *body = serve_body(x);
    const char *name = json_string(body, "quirk", NULL);
    enum quirk quirk = QUIRK_NONE;
    int64_t workers = json_int(body, "workers", -1);

    if (!body)
        return;
    if (!environment) {
        answer_error(x, 404, "no such pool; GET /sim/world lists them");
        return;
    }
    if (!may_be_count(body, "workers", 10000) || !may_be_count(body, "jobs", 10000) ||
        !may_be_count(body, "arrival", 86400) || (name && !parse_quirk(name, &quirk))) {
        answer_error(x, 400,
                     "expected workers and jobs up to 10000, arrival in seconds, and "
                     "quirk: none, stalls, silent or deaf");
        return;
    }
    if (workers >= 0)
        workers_set(world, environment, workers);
    if (name)
        workers_set_quirk(world, environment, quirk);
    environment->staffing.jobs = json_int(body, "jobs", environment->staffing.jobs);
    environment->staffing.arrival_ms =
        json_int(body, "arrival", environment->staffing.arrival_ms / 1000) * 1000;
    answer_ok(x);
}

/* {"environment_id":ID or name,"title":T,"script":[…] as in agent.h,"status":"terminated",
 * "skills":[…],"resources":[…],"message":T,"queue":false}: answers the session and its work_id. */
void
control_session(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct json *body = serve_body(x), *script = json_get(body, "script");
    struct environment *environment =
        world_find_pool(service->world, json_string(body, "environment_id", ""));
    const struct json *agent = agent_snapshot(world, 0);
    struct session *session;
    struct json *shown;

    if (!body)
        return;
    if (!environment) {
        answer_error(x, 404, "environment_id: no such pool");
        return;
    }
    if (json_get(body, "skills"))
        agent = agent_variant(world, agent, "skills", json_get(body, "skills"));
    session = session_new(world, environment, agent,
                          json_string(body, "title", "a scripted session"), world->now_ms);
    if (json_is_array(json_get(body, "resources")))
        session->memory_stores = json_copy(json_get(body, "resources"));
    session->mind.script = json_is_array(script) ? json_copy(script) : json_new_array();
    session->mind.step = json_first(session->mind.script);
    if (json_bool(body, "queue", true))
        item_new(world, session, world->now_ms);
    if (strcmp(json_string(body, "status", ""), "terminated") == 0)
        session_terminate(world, session);
    else if (json_bool(body, "queue", true) && script)
        agent_wake(world, session);
    shown = show_session(world, &session->object);
    json_add_string(shown, "work_id", session->item ? session->item->object.id : NULL);
    answer_json(x, 200, shown);
}

void
control_requests(struct service *service, struct exchange *x)
{
    answer_json(x, 200, ledger_counts(service->ledger));
}

void
control_forget_requests(struct service *service, struct exchange *x)
{
    ledger_clear(service->ledger);
    answer_ok(x);
}

void
control_log(struct service *service, struct exchange *x)
{
    answer_json(x, 200, ledger_log(service->ledger));
}

/* The scenario, its pools with their keys, and the other credentials: so that a test needs no
 * files. */
void
control_world(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    struct json *json = json_new_object(), *pools;

    json_add_string(json, "scenario", service->scenario->name);
    json_add_string(json, "about", service->scenario->about);
    json_add_string(json, "api_key", world->api_key);
    json_add_string(json, "admin_key", world->admin_key);
    json_add_string(json, "developer_token", world->developer_token);
    json_add_string(json, "tunnels_token", world->tunnels_token);
    json_add_string(json, "organization_id", world->organization_id);
    json_add_string(json, "workspace_id", world->workspace_id);
    pools = json_add_array(json, "pools");
    for (size_t i = 0; i < world->environments.n; i++) {
        const struct environment *environment = world->environments.items[i];
        struct json *pool = json_add_object(pools, NULL);

        json_add_string(pool, "id", environment->object.id);
        json_add_string(pool, "name", environment->label);
        json_add_string(pool, "key", environment->key);
    }
    answer_json(x, 200, json);
}
