#include "sim/auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/map.h"
#include "sim/route.h"

/* by_token holds environments (their keys) and items (their secrets). */
static void
bind_environment(const struct world *world, const char *token, struct credential *out)
{
    const struct environment *environment = map_get(world->by_token, token);

    if (!environment || world->faults.environment_keys_revoked)
        return;
    out->kind = CREDENTIAL_ENVIRONMENT;
    snprintf(out->environment_id, sizeof(out->environment_id), "%s", environment->object.id);
}

static void
bind_item(const struct world *world, const char *token, struct credential *out)
{
    const struct item *item = map_get(world->by_token, token);

    if (!item)
        return;
    out->kind = CREDENTIAL_SECRET;
    snprintf(out->environment_id, sizeof(out->environment_id), "%s", item->environment->object.id);
    snprintf(out->item_id, sizeof(out->item_id), "%s", item->object.id);
    snprintf(out->session_id, sizeof(out->session_id), "%s", item->data_id);
}

/* A token is told by its value, never by the header it came in (1.3); only x-api-key takes nothing
 * but keys. */
static void
identify_token(const struct world *world, const char *token, bool is_bearer, struct credential *out)
{
    *out = (struct credential){.kind = CREDENTIAL_UNKNOWN};
    if (strcmp(token, world->api_key) == 0) {
        if (!world->faults.key_revoked)
            out->kind = CREDENTIAL_API_KEY;
    } else if (strcmp(token, world->admin_key) == 0) {
        out->kind = CREDENTIAL_ADMIN;
    } else if (!is_bearer) {
        return;
    } else if (strcmp(token, world->developer_token) == 0) {
        if (!world->faults.key_revoked)
            out->kind = CREDENTIAL_API_KEY;
    } else if (strcmp(token, world->tunnels_token) == 0) {
        if (!world->faults.tunnels_token_revoked)
            out->kind = CREDENTIAL_TUNNELS;
    } else if (strncmp(token, "sk-ant-req-", 11) == 0) {
        bind_item(world, token, out);
    } else {
        bind_environment(world, token, out);
    }
}

bool
auth_identify(const struct world *world, struct exchange *x)
{
    const char *key = exchange_header(x, "x-api-key");
    const char *authorization = exchange_header(x, "authorization");

    x->credential = (struct credential){.kind = CREDENTIAL_NONE};
    if (key && authorization)
        return false;
    if (key)
        identify_token(world, key, false, &x->credential);
    else if (authorization && strncasecmp(authorization, "Bearer ", 7) == 0)
        identify_token(world, authorization + 7, true, &x->credential);
    else if (authorization)
        x->credential.kind = CREDENTIAL_UNKNOWN;
    return true;
}

/* What the open points add to the table, or take away. */
static unsigned
allowed(const struct world *world, const struct route *route)
{
    bool is_one_item = strcmp(route->pattern, "/v1/environments/{id}/work/{id}") == 0;
    bool is_list = strcmp(route->pattern, "/v1/environments/{id}/work") == 0;

    if (is_list && !world->switches.list_rejects_api_key)
        return route->allow | ALLOW_API;
    if (is_one_item && !world->switches.get_rejects_env_key)
        return route->allow | ALLOW_ENVIRONMENT | ALLOW_SECRET;
    if (route->family == FAMILY_TUNNELS && world->switches.tunnels_take_api_key)
        return route->allow | ALLOW_API;
    return route->allow;
}

/* Keys and secrets open only what they were issued for. */
static bool
is_in_bounds(const struct world *world, const struct exchange *x)
{
    const struct credential *who = &x->credential;
    const struct session *session;

    if (who->kind != CREDENTIAL_ENVIRONMENT && who->kind != CREDENTIAL_SECRET)
        return true;
    if (x->route->family == FAMILY_WORK)
        return strcmp(x->part[0], who->environment_id) == 0 &&
               (who->kind == CREDENTIAL_ENVIRONMENT || strcmp(x->part[1], who->item_id) == 0);
    if (x->route->family != FAMILY_SESSIONS)
        return true;
    if (who->kind == CREDENTIAL_SECRET)
        return strcmp(x->part[0], who->session_id) == 0;
    session = world_find_session(world, x->part[0]);
    return !session || strcmp(session->environment->object.id, who->environment_id) == 0;
}

static bool
refuse_class(const struct world *world, struct exchange *x)
{
    bool is_federated_scope =
        x->route->family == FAMILY_TUNNELS || x->credential.kind == CREDENTIAL_TUNNELS;

    if (is_federated_scope && x->credential.kind != CREDENTIAL_ENVIRONMENT &&
        x->credential.kind != CREDENTIAL_SECRET)
        answer_error(x, 403, "this credential lacks the scope for this endpoint");
    else
        answer_error(x, (int)world->switches.reject_status,
                     "this class of credential is not accepted by this endpoint");
    return false;
}

bool
auth_permit(const struct world *world, struct exchange *x)
{
    enum credential_kind kind = x->credential.kind;

    if (x->route->allow == (unsigned)ALLOW_ALL)
        return true;
    if (kind == CREDENTIAL_NONE) {
        answer_error(x, 401, "x-api-key or authorization header is required");
        return false;
    }
    if (kind == CREDENTIAL_UNKNOWN) {
        answer_error(x, 401, "invalid credential");
        return false;
    }
    if (!(allowed(world, x->route) & (1u << kind)))
        return refuse_class(world, x);
    if (!is_in_bounds(world, x)) {
        answer_error(x, 401, "this credential was issued for something else");
        return false;
    }
    return true;
}

static const char *const kind_names[CREDENTIAL_KINDS] = {
    "none", "unknown", "api_key", "admin_key", "environment_key", "secret", "tunnels_token",
};

const char *
auth_kind_name(enum credential_kind kind)
{
    return kind_names[kind];
}

enum credential_kind
auth_kind_find(const char *name)
{
    int kind = 0;

    while (kind < CREDENTIAL_KINDS && strcmp(kind_names[kind], name) != 0)
        kind++;
    return (enum credential_kind)kind;
}
