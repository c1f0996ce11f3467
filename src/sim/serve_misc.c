/* Token exchange, skills and memory stores: as much of them as workers and consoles ask for. */
#include <string.h>

#include "core/json.h"
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

    if (strcmp(json_string(body, "grant_type", ""), grant) != 0)
        return "grant_type: expected urn:ietf:params:oauth:grant-type:jwt-bearer";
    if (!*assertion || strlen(assertion) > ASSERTION_BYTES_MOST)
        return "assertion: expected at most 16 KiB";
    if (strncmp(json_string(body, "federation_rule_id", ""), "fdrl_", 5) != 0)
        return "federation_rule_id: expected an id that begins with fdrl_";
    if (!is_uuid(json_string(body, "organization_id", "")))
        return "organization_id: expected a UUID";
    if (json_get(body, "service_account_id") &&
        strncmp(json_string(body, "service_account_id", ""), "svac_", 5) != 0)
        return "service_account_id: expected an id that begins with svac_";
    return NULL;
}

/* A rule whose id holds "tunnel" grants the tunnel scope, any other the developer's. An assertion
 * that is no JWT, or whose rule holds "denied", or another organization's, is denied. */
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
    if (!is_jwt(json_string(body, "assertion", "")) || strstr(rule, "denied") ||
        strcmp(json_string(body, "organization_id", ""), world->organization_id) != 0) {
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

/* Any skill exists; "latest" is resolved to a version id. */
void
skills_version(struct service *service, struct exchange *x)
{
    struct json *json = json_new_object();
    const char *version = x->part[1];
    char id[SIM_ID_BYTES];
    struct chance chance = chance_for(service->seed, "skill", x->part[0]);

    chance_id(&chance, "skver", id);
    json_add_string(json, "id", strncmp(version, "skver_", 6) == 0 ? version : id);
    json_add_string(json, "type", "skill_version");
    json_add_string(json, "skill_id", x->part[0]);
    json_add_string(json, "name", "runbook");
    json_add_string(json, "description", "How we run things.");
    stamp_add(json, "created_at", service->world->born_ms);
    answer_json(x, 200, json);
}

/* A zip archive with nothing in it: the end-of-central-directory record alone. */
void
skills_content(struct service *service, struct exchange *x)
{
    static const char zip[22] = "PK\005\006";

    (void)service;
    if (strncmp(x->part[1], "skver_", 6) != 0) {
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
