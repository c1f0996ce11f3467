/* Token exchange, models, skills and memory stores: as much of them as workers and consoles ask
 * for. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "sim/names.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/stamp.h"

enum { ASSERTION_BYTES_MOST = 16 << 10, TOKEN_LIFE_S = 3600 };

static const char grant[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";

static bool
is_uuid(const char *s)
{
    return strlen(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
           strspn(s, "0123456789abcdefABCDEF-") == 36;
}

/* Three parts of base64url, as any JWT. */
static bool
is_jwt(const char *s)
{
    int dots = 0;

    for (; *s; s++) {
        dots += *s == '.';
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=", *s))
            return false;
    }
    return dots == 2;
}

static const char *
token_mistake(const struct json *body)
{
    const char *assertion = json_string(body, "assertion", "");
    const char *workspace = json_is_null(json_get(body, "workspace_id"))
                                ? "default"
                                : json_string(body, "workspace_id", "");

    if (strcmp(json_string(body, "grant_type", ""), grant) != 0)
        return "grant_type: expected urn:ietf:params:oauth:grant-type:jwt-bearer";
    if (!*assertion || strlen(assertion) > ASSERTION_BYTES_MOST)
        return "assertion: expected at most 16 KiB";
    if (strncmp(json_string(body, "federation_rule_id", ""), "fdrl_", 5) != 0)
        return "federation_rule_id: expected an id that begins with fdrl_";
    if (!is_uuid(json_string(body, "organization_id", "")))
        return "organization_id: expected a UUID";
    if (!json_is_null(json_get(body, "service_account_id")) &&
        strncmp(json_string(body, "service_account_id", ""), "svac_", 5) != 0)
        return "service_account_id: expected an id that begins with svac_";
    if (strcmp(workspace, "default") != 0 && strncmp(workspace, "wrkspc_", 7) != 0)
        return "workspace_id: expected an id that begins with wrkspc_, or default";
    return NULL;
}

/* An assertion that is no JWT, or whose rule holds "denied", or for another organization or
 * workspace. */
static bool
is_denied(const struct world *world, const struct json *body)
{
    const char *workspace = json_string(body, "workspace_id", "default");

    return !is_jwt(json_string(body, "assertion", "")) ||
           strstr(json_string(body, "federation_rule_id", ""), "denied") ||
           strcmp(json_string(body, "organization_id", ""), world->organization_id) != 0 ||
           (strcmp(workspace, "default") != 0 && strcmp(workspace, world->workspace_id) != 0);
}

/* A rule whose id holds "tunnel" grants the tunnel scope, any other the developer's. */
void
token_exchange(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    const struct json *body = serve_body(x);
    const char *rule = json_string(body, "federation_rule_id", ""), *mistake;
    bool is_tunnels = strstr(rule, "tunnel");
    struct json *json;

    if (!body)
        return;
    mistake = token_mistake(body);
    if (mistake) {
        answer_error(x, 400, "%s", mistake);
        return;
    }
    if (is_denied(world, body)) {
        answer_error(x, 401, "Authentication failed");
        return;
    }
    json = json_new_object();
    json_add_string(json, "access_token",
                    is_tunnels ? world->tunnels_token : world->developer_token);
    json_add_string(json, "token_type", "Bearer");
    json_add_int(json, "expires_in", TOKEN_LIFE_S);
    json_add_string(json, "scope", is_tunnels ? "workspace:manage_tunnels" : "workspace:developer");
    answer_json(x, 200, json);
}

/* The checks of networks ask for it with and without a key (facts/connectivity.md G1). */
void
models_list(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object(), *data = json_add_array(json, "data");

    for (size_t i = 0; i < name_models(); i++) {
        struct json *model = json_add_object(data, NULL);

        json_add_string(model, "type", "model");
        json_add_string(model, "id", name_model(i));
        json_add_string(model, "display_name", name_model(i));
        stamp_add(model, "created_at", service->world->born_ms);
    }
    json_add_bool(json, "has_more", false);
    json_add_string(json, "first_id", name_model(0));
    json_add_string(json, "last_id", name_model(name_models() - 1));
    answer_json(x, 200, json);
}

/* The clients of August ask with a beta, and get versions that are numbers (1.2, 6.4). */
static bool
wants_numbers(const struct exchange *x)
{
    return x->beta && strstr(x->beta, "skills-2025-10-02");
}

static bool
is_number(const char *s)
{
    return *s && s[strspn(s, "0123456789")] == '\0';
}

/* Any skill exists and has one version; "latest" names it, too. */
static struct json *
show_version(const struct service *service, const struct exchange *x, const char *version)
{
    struct json *json = json_new_object();
    struct chance chance = chance_for(service->seed, "skill", x->part[0]);
    int64_t number = 1759000000000000 + chance_between(&chance, 0, 999999999);
    bool is_old = wants_numbers(x);
    char id[SIM_ID_BYTES], text[32];

    chance_id(&chance, is_old ? "skillver" : "skver", id);
    snprintf(text, sizeof(text), "%" PRId64, number);
    json_add_string(json, "id", !is_old && strncmp(version, "skver_", 6) == 0 ? version : id);
    json_add_string(json, "type", "skill_version");
    json_add_string(json, "skill_id", x->part[0]);
    if (is_old)
        json_add_string(json, "version", is_number(version) ? version : text);
    json_add_string(json, "name", "runbook");
    json_add_string(json, "description", "How we run things.");
    stamp_add(json, "created_at", service->world->born_ms);
    return json;
}

void
skills_versions(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object();

    json_add(json_add_array(json, "data"), NULL, show_version(service, x, ""));
    if (wants_numbers(x))
        json_add_bool(json, "has_more", false);
    json_add_null(json, "next_page");
    answer_json(x, 200, json);
}

void
skills_version(struct service *service, struct exchange *x)
{
    answer_json(x, 200, show_version(service, x, x->part[1]));
}

/* A zip archive with nothing in it: the end-of-central-directory record alone. */
void
skills_content(struct service *service, struct exchange *x)
{
    static const char zip[22] = "PK\005\006";

    (void)service;
    if (strncmp(x->part[1], "skver_", 6) != 0 && !(wants_numbers(x) && is_number(x->part[1]))) {
        answer_error(x, 404, "no version with this id");
        return;
    }
    answer_empty(x, 200);
    x->content_type = "application/zip";
    buffer_addn(&x->answer, zip, sizeof(zip));
}

void
memories_list(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object();

    (void)service;
    json_add_array(json, "data");
    json_add_null(json, "next_page");
    answer_json(x, 200, json);
}
