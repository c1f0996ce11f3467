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

/* The six lists of packages, "networking": what a cloud environment has unless told otherwise. */
static struct json *
cloud_config(void)
{
    static const char *const managers[] = {"apt", "cargo", "gem", "go", "npm", "pip"};
    struct json *config = json_new_object(), *packages;

    json_add_string(config, "type", "cloud");
    json_add_string(json_add_object(config, "networking"), "type", "unrestricted");
    packages = json_add_object(config, "packages");
    json_add_string(packages, "type", "packages");
    for (size_t i = 0; i < COUNT_OF(managers); i++)
        json_add_array(packages, managers[i]);
    return config;
}

/* Members of given replace those of stored, objects of the same type member by member: what is
 * omitted is kept (4.2). */
static struct json *
merged(const struct json *stored, const struct json *given)
{
    struct json *out = json_new_object();

    for (const struct json *m = json_first(stored); m; m = json_next(m))
        if (!json_get(given, json_key(m)))
            json_add(out, json_key(m), json_copy(m));
    for (const struct json *m = json_first(given); m; m = json_next(m)) {
        const struct json *old = json_get(stored, json_key(m));
        const char *type = json_string(old, "type", "");
        bool is_same = json_is_object(m) && json_is_object(old) &&
                       strcmp(json_string(m, "type", type), type) == 0;

        json_add(out, json_key(m), is_same ? merged(old, m) : json_copy(m));
    }
    return out;
}

static bool
lists_packages(const struct json *packages)
{
    for (const struct json *m = json_first(packages); m; m = json_next(m))
        if (json_is_array(m) && json_count(m) > 0)
            return true;
    return false;
}

/* NULL when it can be stored. */
static const char *
config_mistake(const struct json *config)
{
    const struct json *networking = json_get(config, "networking");
    const char *kind = json_string(networking, "type", "unrestricted");

    if (strcmp(json_string(config, "type", ""), "self_hosted") == 0)
        return json_count(config) > 1 ? "config: self_hosted takes nothing else" : NULL;
    if (strcmp(kind, "unrestricted") != 0 && strcmp(kind, "limited") != 0)
        return "config.networking.type: expected unrestricted or limited";
    if (strcmp(kind, "limited") == 0 && lists_packages(json_get(config, "packages")) &&
        !json_bool(networking, "allow_package_managers", false))
        return "config.networking.allow_package_managers: must be true when packages are given";
    return NULL;
}

/* The config that results from changing stored (NULL: a new one); NULL after a 400. */
static struct json *
next_config(struct exchange *x, const struct json *stored, const struct json *given)
{
    const char *type = json_string(given, "type", json_string(stored, "type", ""));
    struct json *cloud = NULL, *config;
    const char *mistake;

    if (!json_is_object(given) ||
        (strcmp(type, "cloud") != 0 && strcmp(type, "self_hosted") != 0)) {
        answer_error(x, 400, "config: expected an object of the type cloud or self_hosted");
        return NULL;
    }
    if (!stored && strcmp(type, "cloud") == 0)
        stored = cloud = cloud_config();
    config = merged(stored, given);
    json_free(cloud);
    mistake = config_mistake(config);
    if (!mistake)
        return config;
    json_free(config);
    answer_error(x, 400, "%s", mistake);
    return NULL;
}

static bool
check_description(struct exchange *x, const struct json *body)
{
    const struct json *description = json_get(body, "description");

    if (json_is_null(description) || json_is_string(description))
        return true;
    answer_error(x, 400, "description: expected a string or null");
    return false;
}

void
environments_create(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct json *body = serve_body(x);
    struct environment *environment;
    struct json *config, *metadata;
    char label[SIM_ID_BYTES];

    if (!body || !check_name(x, body, true) || !check_scope(x, body) || !check_description(x, body))
        return;
    if (world->faults.create_disabled) {
        answer_code(x, 403, "environment_create_disabled", "creating environments is disabled");
        return;
    }
    metadata = json_new_object();
    config = NULL;
    if (!serve_metadata(x, &metadata, json_get(body, "metadata"), true, NULL) ||
        !(config = json_is_null(json_get(body, "config"))
                       ? cloud_config()
                       : next_config(x, NULL, json_get(body, "config")))) {
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
    return check_name(x, body, false) && check_scope(x, body) && check_description(x, body);
}

void
environments_update(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = serve_environment(service, x);
    const struct json *body = environment ? serve_body(x) : NULL;
    const struct json *given = json_get(body, "config");
    struct json *config = NULL;

    if (!body || !check_update(world, x, environment, body) ||
        (given && !(config = next_config(x, environment->config, given))))
        return;
    if (!serve_metadata(x, &environment->metadata, json_get(body, "metadata"), true, NULL)) {
        json_free(config);
        return;
    }
    if (json_get(body, "name")) {
        free(environment->name);
        environment->name = copy_string(json_string(body, "name", ""));
    }
    if (json_get(body, "description")) {
        free(environment->description);
        environment->description = copy_string(json_string(body, "description", NULL));
    }
    if (config) {
        json_free(environment->config);
        environment->config = config;
    }
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
