/* The simulator's own calls about processes, as a control driver makes them: the workers of a pool
 * and the connectors, listed, drained, started, restarted (docs/simulator.md). */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "sim/chronicle.h"
#include "sim/customer.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/worker.h"

typedef void worker_verb(struct world *world, struct worker *worker);
typedef void connector_verb(struct customer *customer, struct world *world, size_t i);

static const struct verb {
    const char *name;
    worker_verb *of_worker;
    connector_verb *of_connector;
} verbs[] = {
    {"drain", worker_drain, customer_drain},
    {"start", worker_start, customer_start},
    {"restart", worker_restart, customer_restart},
};

/* NULL after a 400 was answered. */
static const struct verb *
verb_of(struct exchange *x)
{
    const struct json *body = serve_body(x);
    const char *name = json_string(body, "verb", "");

    for (size_t i = 0; body && i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    if (body)
        answer_error(x, 400, "verb: expected drain, start or restart, found \"%.40s\"", name);
    return NULL;
}

static void
answer_obeyed(struct exchange *x, const char *what, int64_t n)
{
    struct json *json = json_new_object();

    json_add_bool(json, "ok", true);
    json_add_int(json, what, n);
    answer_json(x, 200, json);
}

/* NULL after a 404 was answered. */
static struct environment *
pool_of(const struct service *service, struct exchange *x)
{
    struct environment *pool = world_find_pool(service->world, x->part[0]);

    if (!pool)
        answer_error(x, 404, "no such pool; GET /sim/world lists them");
    return pool;
}

static void
show_worker(const struct world *world, const struct worker *worker, struct json *list)
{
    const struct item *item = worker_item(worker);
    struct json *json = json_add_object(list, NULL);

    json_add_string(json, "name", worker_name(worker));
    json_add_string(json, "state", worker_state(world, worker));
    json_add_string(json, "id", *worker_id(worker) ? worker_id(worker) : NULL);
    json_add_string(json, "work_id", item ? item->object.id : NULL);
}

void
control_workers(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    const struct environment *pool = pool_of(service, x);
    struct json *json, *list;

    if (!pool)
        return;
    json = json_new_object();
    list = json_add_array(json, "workers");
    for (size_t i = 0; i < world->workers.n; i++)
        if (worker_pool(world->workers.items[i]) == pool)
            show_worker(world, world->workers.items[i], list);
    answer_json(x, 200, json);
}

/* {"verb":"drain|start|restart","worker":NAME}; without a worker: all of them. */
void
control_workers_order(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct environment *pool = pool_of(service, x);
    const struct verb *verb = pool ? verb_of(x) : NULL;
    const char *name = json_string(x->json, "worker", NULL);
    int64_t n = 0;

    if (!verb)
        return;
    for (size_t i = 0; i < world->workers.n; i++) {
        struct worker *worker = world->workers.items[i];

        if (worker_pool(worker) != pool || (name && strcmp(worker_name(worker), name) != 0))
            continue;
        verb->of_worker(world, worker);
        n++;
    }
    if (n == 0 && name)
        answer_error(x, 404, "worker: the pool has none that is called \"%.40s\"", name);
    else
        answer_obeyed(x, "workers", n);
}

static void
answer_logs(const struct service *service, struct exchange *x, const char *of)
{
    struct json *json = json_new_object();

    chronicle_show(service->world, of, json_add_array(json, "lines"));
    answer_json(x, 200, json);
}

void
control_pool_logs(struct service *service, struct exchange *x)
{
    const struct environment *pool = pool_of(service, x);

    if (pool)
        answer_logs(service, x, pool->object.id);
}

static void
show_connector(const struct customer *customer, size_t i, struct json *json)
{
    json_add_string(json, "name", customer_connector_name(customer, i));
    json_add_string(json, "state", customer_connector_state(customer, i));
}

void
control_connectors(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object(), *list = json_add_array(json, "connectors");

    for (size_t i = 0; i < customer_connectors(service->customer); i++)
        show_connector(service->customer, i, json_add_object(list, NULL));
    answer_json(x, 200, json);
}

/* False after a 404 was answered. */
static bool
connector_of(const struct service *service, struct exchange *x, size_t *out)
{
    size_t n = customer_connectors(service->customer);

    for (*out = 0; *out < n; ++*out)
        if (strcmp(customer_connector_name(service->customer, *out), x->part[0]) == 0)
            return true;
    answer_error(x, 404, "no such connector; GET /sim/connectors lists them");
    return false;
}

void
control_connector(struct service *service, struct exchange *x)
{
    struct json *json;
    size_t i;

    if (!connector_of(service, x, &i))
        return;
    json = json_new_object();
    show_connector(service->customer, i, json);
    answer_json(x, 200, json);
}

/* {"verb":"drain|start|restart"} */
void
control_connector_order(struct service *service, struct exchange *x)
{
    const struct verb *verb;
    size_t i;

    if (!connector_of(service, x, &i) || !(verb = verb_of(x)))
        return;
    verb->of_connector(service->customer, service->world, i);
    answer_obeyed(x, "connectors", 1);
}

void
control_connector_logs(struct service *service, struct exchange *x)
{
    size_t i;

    if (connector_of(service, x, &i))
        answer_logs(service, x, customer_connector_name(service->customer, i));
}
