/* The calls of the family /v1/environments (facts/management-api.md 4). */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/page.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/show.h"
#include "sim/stamp.h"

static bool
is_shown(const struct object *object, const void *with_archived)
{
    const struct environment *environment = (const void *)object;

    return with_archived || !environment->archived_ms;
}

void
environments_list(struct service *service, struct exchange *x)
{
    const char *archived = exchange_query(x, "include_archived");
    bool with_archived = archived && strcmp(archived, "true") == 0;
    const struct world *world = service->world;
    struct page page = {
        .list = &world->environments,
        .keep = is_shown,
        .context = with_archived ? world : NULL,
        .show = show_environment,
        .limit_otherwise = world->switches.page_default,
        .limit_most = world->switches.page_most,
    };

    page_answer(world, x, &page);
}

static void
answer_environment(struct service *service, struct exchange *x,
                   const struct environment *environment)
{
    answer_json(x, 200, show_environment(service->world, &environment->object));
}

void
environments_get(struct service *service, struct exchange *x)
{
    struct environment *environment = serve_environment(service, x);

    if (environment)
        answer_environment(service, x, environment);
}

static bool
check_name(struct exchange *x, const struct json *body, bool is_required)
{
    const struct json *name = json_get(body, "name");

    if (!name && !is_required)
        return true;
    if (json_is_string(name) && *json_as_string(name, ""))
        return true;
    answer_error(x, 400, "name: expected a string that is not empty");
    return false;
}

static bool
check_scope(struct exchange *x, const struct json *body)
{
    const char *scope = json_string(body, "scope", "organization");

    if (strcmp(scope, "organization") == 0)
        return true;
    answer_error(x, 400, "scope: this organization takes only organization");
    return false;
}

static struct json *
cloud_config(void)
{
    struct json *config = json_new_object();

    json_add_string(config, "type", "cloud");
    json_add_string(json_add_object(config, "networking"), "type", "unrestricted");
    json_add_object(config, "packages");
    return config;
}

/* The config of a new environment; NULL after a 400. */
static struct json *
new_config(struct exchange *x, const struct json *given)
{
    const char *type = json_string(given, "type", "");

    if (json_is_null(given))
        return cloud_config();
    if (strcmp(type, "cloud") == 0)
        return json_count(given) > 1 ? json_copy(given) : cloud_config();
    if (strcmp(type, "self_hosted") != 0) {
        answer_error(x, 400, "config.type: expected cloud or self_hosted");
        return NULL;
    }
    if (json_count(given) > 1) {
        answer_error(x, 400, "config: self_hosted takes nothing else");
        return NULL;
    }
    return json_copy(given);
}

void
environments_create(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct json *body = serve_body(x);
    struct environment *environment;
    struct json *config, *metadata;
    char label[SIM_ID_BYTES];

    if (!body || !check_name(x, body, true) || !check_scope(x, body))
        return;
    if (world->faults.create_disabled) {
        answer_code(x, 403, "environment_create_disabled", "creating environments is disabled");
        return;
    }
    metadata = json_new_object();
    config = NULL;
    if (!serve_metadata(x, &metadata, json_get(body, "metadata"), true, NULL) ||
        !(config = new_config(x, json_get(body, "config")))) {
        json_free(metadata);
        return;
    }
    chance_id(&world->chance, "made", label);
    environment = environment_new(world, label, json_string(body, "name", ""), world->now_ms);
    json_free(environment->config);
    json_free(environment->metadata);
    environment->config = config;
    environment->metadata = metadata;
    environment->description = copy_string(json_string(body, "description", NULL));
    answer_environment(service, x, environment);
}

static bool
check_update(const struct world *world, struct exchange *x, const struct environment *environment,
             const struct json *body)
{
    const struct json *config = json_get(body, "config");
    const char *type = json_string(environment->config, "type", "");

    if (world->faults.update_disabled) {
        answer_code(x, 403, "environment_update_disabled", "updating environments is disabled");
        return false;
    }
    if (environment->archived_ms) {
        answer_code(x, 400, "environment_archived", "this environment is archived");
        return false;
    }
    if (config && strcmp(json_string(config, "type", type), type) != 0) {
        answer_code(x, 400, "invalid_config_type_change", "config.type can never change");
        return false;
    }
    return check_name(x, body, false) && check_scope(x, body);
}

/* Given members replace stored ones; the others stay. */
static void
merge_config(struct environment *environment, const struct json *given)
{
    struct json *merged = json_new_object();

    for (const struct json *m = json_first(environment->config); m; m = json_next(m))
        if (!json_get(given, json_key(m)))
            json_add(merged, json_key(m), json_copy(m));
    for (const struct json *m = json_first(given); m; m = json_next(m))
        json_add(merged, json_key(m), json_copy(m));
    json_free(environment->config);
    environment->config = merged;
}

void
environments_update(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = serve_environment(service, x);
    const struct json *body = environment ? serve_body(x) : NULL;

    if (!body || !check_update(world, x, environment, body) ||
        !serve_metadata(x, &environment->metadata, json_get(body, "metadata"), true, NULL))
        return;
    if (json_get(body, "name")) {
        free(environment->name);
        environment->name = copy_string(json_string(body, "name", ""));
    }
    if (json_get(body, "description")) {
        free(environment->description);
        environment->description = copy_string(json_string(body, "description", NULL));
    }
    if (json_get(body, "config"))
        merge_config(environment, json_get(body, "config"));
    environment->updated_ms = world->now_ms;
    answer_environment(service, x, environment);
}

void
environments_archive(struct service *service, struct exchange *x)
{
    struct environment *environment = serve_environment(service, x);

    if (!environment)
        return;
    if (!environment->archived_ms)
        environment->archived_ms = environment->updated_ms = service->world->now_ms;
    answer_environment(service, x, environment);
}

void
environments_delete(struct service *service, struct exchange *x)
{
    struct environment *environment = serve_environment(service, x);
    struct json *json;

    if (!environment)
        return;
    if (environment->n_sessions > 0) {
        answer_error(x, 400, "the environment is still referenced by %zu sessions",
                     environment->n_sessions);
        return;
    }
    json = json_new_object();
    json_add_string(json, "id", environment->object.id);
    json_add_string(json, "type", "environment_deleted");
    environment_delete(service->world, environment);
    answer_json(x, 200, json);
}
