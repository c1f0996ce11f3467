#include "api/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "api/renewal.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/secret.h"

enum finding { FOUND, NOT_FOUND, BAD };

/* One place to look in; it fills the credential when something is there. */
typedef enum finding finder(const struct credential_query *query, struct credential *out,
                            struct err *err);

struct credential *
credentials_none(void)
{
    struct credential *credential = calloc(1, sizeof(*credential));

    if (!credential)
        die("out of memory");
    *credential = (struct credential){
        .arena = arena_new(),
        .obtained_ms = clock_mono_ms(),
        .origin = "",
        .warning = "",
        .workspace_id = "",
        .base_url = "",
        .identity_file = "",
        .federation_rule_id = "",
        .organization_id = "",
        .service_account_id = "",
        .target_workspace_id = "",
        .tokens_path = "",
        .client_id = "",
    };
    return credential;
}

void
credential_free(struct credential *credential)
{
    if (!credential)
        return;
    secret_free(credential->bearer);
    secret_free(credential->identity);
    arena_free(credential->arena);
    free(credential);
}

bool
credential_is_ready(const struct credential *credential, int64_t wall_ms)
{
    if (!credential->bearer || credential->refusal.code)
        return false;
    return !credential->expires_s || wall_ms / 1000 < credential->expires_s - RENEWAL_MANDATORY_S;
}

static const char *
keep(struct credential *credential, const char *s)
{
    return arena_strdup(credential->arena, s ? s : "");
}

static enum finding
from_value(struct credential *out, const char *value, const char *class_name, const char *variable,
           struct err *err)
{
    out->bearer = secret_new(value, strlen(value), variable, err);
    if (!out->bearer)
        return BAD;
    out->kind = CREDENTIAL_STATIC;
    out->origin = arena_printf(out->arena, "%s from %s", class_name, variable);
    return FOUND;
}

/* An explicit variable that is not set is a mistake: somebody named it. */
static enum finding
from_named_variable(const struct credential_query *query, struct credential *out,
                    const char *variable, const char *class_name, struct err *err)
{
    const char *value = profile_variable(query->getenv, variable);

    if (value)
        return from_value(out, value, class_name, variable, err);
    err_set(err, ERR_CONFIG, "%s: the variable %s is not set", query->name, variable);
    return BAD;
}

static enum finding
from_file(const struct credential_query *query, struct credential *out, const char *path,
          const char *class_name, struct err *err)
{
    out->bearer = secret_read_file(path, query->name, err);
    if (!out->bearer)
        return BAD;
    out->kind = CREDENTIAL_STATIC;
    out->origin = arena_printf(out->arena, "%s from %s", class_name, path);
    return FOUND;
}

static enum finding
from_command(struct credential *out, const char *const *argv)
{
    size_t n = 0;
    const char **kept;

    while (argv[n])
        n++;
    kept = arena_array(out->arena, n + 1, sizeof(*kept));
    for (size_t i = 0; i < n; i++)
        kept[i] = arena_strdup(out->arena, argv[i]);
    out->command = kept;
    out->kind = CREDENTIAL_COMMAND;
    out->origin = arena_printf(out->arena, "token from the command %s", argv[0]);
    return FOUND;
}

static bool
set_identity(const struct credential_query *query, struct credential *out, const char *file,
             struct err *err)
{
    const char *value = profile_variable(query->getenv, "ANTHROPIC_IDENTITY_TOKEN");

    if (file && *file) {
        out->identity_file = keep(out, file);
        return true;
    }
    if (!value)
        return err_set(err, ERR_CONFIG,
                       "federation: expected ANTHROPIC_IDENTITY_TOKEN_FILE or "
                       "ANTHROPIC_IDENTITY_TOKEN, found neither");
    out->identity = secret_new(value, strlen(value), "ANTHROPIC_IDENTITY_TOKEN", err);
    return out->identity != NULL;
}

static bool
federated_from_profile(const struct credential_query *query, struct credential *out,
                       const struct profile *profile, struct err *err)
{
    out->kind = CREDENTIAL_FEDERATED;
    out->federation_rule_id = keep(out, profile->federation_rule_id);
    out->organization_id = keep(out, profile->organization_id);
    out->service_account_id = keep(out, profile->service_account_id);
    out->target_workspace_id =
        keep(out, *profile->workspace_id ? profile->workspace_id : query->workspace_id);
    if (!*out->federation_rule_id)
        return err_set(err, ERR_CONFIG, "profile %s: federation_rule_id is missing", profile->name);
    if (!*out->organization_id)
        return err_set(err, ERR_CONFIG, "profile %s: organization_id is missing", profile->name);
    return set_identity(query, out, profile->identity_file, err) ||
           err_context(err, "profile %s", profile->name);
}

static bool
user_from_profile(const struct credential_query *query, struct credential *out,
                  const struct profile *profile, struct err *err)
{
    struct tokens tokens;

    out->kind = CREDENTIAL_USER;
    out->client_id = keep(out, profile->client_id);
    out->workspace_id =
        keep(out, query->workspace_id ? query->workspace_id : profile->workspace_id);
    if (!tokens_read(profile->tokens_path, &tokens, err))
        return err_context(err, "profile %s", profile->name);
    out->bearer = tokens.access;
    out->expires_s = tokens.expires_s;
    tokens.access = NULL;
    tokens_clear(&tokens);
    return true;
}

static enum finding
from_profile(const struct credential_query *query, struct credential *out, const char *name,
             struct err *err)
{
    struct profile profile;
    bool is_there;

    if (!profile_load(out->arena, query->getenv, name, &profile, &is_there, err))
        return BAD;
    if (!is_there)
        return NOT_FOUND;
    out->is_provided = true;
    out->tokens_path = profile.tokens_path;
    out->base_url = profile.base_url;
    out->origin = arena_printf(out->arena, "profile %s (%s)", profile.name,
                               profile.kind == PROFILE_USER ? "login" : "federation");
    if (profile.kind == PROFILE_USER)
        return user_from_profile(query, out, &profile, err) ? FOUND : BAD;
    return federated_from_profile(query, out, &profile, err) ? FOUND : BAD;
}

static enum finding
from_named_profile(const struct credential_query *query, struct credential *out, const char *name,
                   struct err *err)
{
    enum finding finding = from_profile(query, out, name, err);

    if (finding == NOT_FOUND)
        err_context(err, "profile %s", name); /* err says which file is not there */
    return finding == NOT_FOUND ? BAD : finding;
}

static size_t
count_explicit(const struct api_credential_source *source)
{
    const void *const options[] = {source->api_key_file,    source->api_key_env,
                                   source->auth_token_file, source->auth_token_env,
                                   source->command,         source->profile};
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(options); i++)
        n += options[i] != NULL;
    return n;
}

static enum finding
find_explicit(const struct credential_query *query, struct credential *out, struct err *err)
{
    const struct api_credential_source *source = query->source;
    size_t n = count_explicit(source);

    if (n == 0)
        return NOT_FOUND;
    if (n > 1) {
        err_set(err, ERR_CONFIG, "%s: expected one place for the credential, found %zu",
                query->name, n);
        return BAD;
    }
    if (source->api_key_file)
        return from_file(query, out, source->api_key_file, "API key", err);
    if (source->api_key_env)
        return from_named_variable(query, out, source->api_key_env, "API key", err);
    if (source->auth_token_file)
        return from_file(query, out, source->auth_token_file, "token", err);
    if (source->auth_token_env)
        return from_named_variable(query, out, source->auth_token_env, "token", err);
    if (source->profile)
        return from_named_profile(query, out, source->profile, err);
    if (source->command[0])
        return from_command(out, source->command);
    err_set(err, ERR_CONFIG, "%s: expected a program and its arguments, found nothing",
            query->name);
    return BAD;
}

static enum finding
find_api_key(const struct credential_query *query, struct credential *out, struct err *err)
{
    const char *key = profile_variable(query->getenv, "ANTHROPIC_API_KEY");

    if (!key)
        return NOT_FOUND;
    if (profile_variable(query->getenv, "ANTHROPIC_AUTH_TOKEN"))
        out->warning = "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set; the key is used";
    return from_value(out, key, "API key", "ANTHROPIC_API_KEY", err);
}

static enum finding
find_auth_token(const struct credential_query *query, struct credential *out, struct err *err)
{
    const char *token = profile_variable(query->getenv, "ANTHROPIC_AUTH_TOKEN");

    return token ? from_value(out, token, "token", "ANTHROPIC_AUTH_TOKEN", err) : NOT_FOUND;
}

static enum finding
find_named_profile(const struct credential_query *query, struct credential *out, struct err *err)
{
    const char *name = profile_variable(query->getenv, "ANTHROPIC_PROFILE");
    enum finding finding = name ? from_named_profile(query, out, name, err) : NOT_FOUND;

    if (finding == BAD)
        err_context(err, "ANTHROPIC_PROFILE");
    return finding;
}

static enum finding
find_federation(const struct credential_query *query, struct credential *out, struct err *err)
{
    const char *rule = profile_variable(query->getenv, "ANTHROPIC_FEDERATION_RULE_ID");
    const char *organization = profile_variable(query->getenv, "ANTHROPIC_ORGANIZATION_ID");
    const char *file = profile_variable(query->getenv, "ANTHROPIC_IDENTITY_TOKEN_FILE");
    const char *workspace = profile_variable(query->getenv, "ANTHROPIC_WORKSPACE_ID");

    if (!rule || !organization ||
        (!file && !profile_variable(query->getenv, "ANTHROPIC_IDENTITY_TOKEN")))
        return NOT_FOUND;
    out->kind = CREDENTIAL_FEDERATED;
    out->is_provided = true;
    out->origin = "federation by ANTHROPIC_FEDERATION_RULE_ID";
    out->federation_rule_id = keep(out, rule);
    out->organization_id = keep(out, organization);
    out->service_account_id =
        keep(out, profile_variable(query->getenv, "ANTHROPIC_SERVICE_ACCOUNT_ID"));
    out->target_workspace_id = keep(out, workspace ? workspace : query->workspace_id);
    return set_identity(query, out, file, err) ? FOUND : BAD;
}

static enum finding
find_active_profile(const struct credential_query *query, struct credential *out, struct err *err)
{
    const char *folder = profile_folder(out->arena, query->getenv), *name;

    if (!folder)
        return NOT_FOUND;
    name = profile_active(out->arena, folder, err);
    return name ? from_profile(query, out, name, err) : BAD;
}

/* Half of a federation: the SDKs fail on it too, after everything else was tried. */
static enum finding
find_half_federation(const struct credential_query *query, struct credential *out, struct err *err)
{
    (void)out;
    if (!profile_variable(query->getenv, "ANTHROPIC_FEDERATION_RULE_ID") ||
        !profile_variable(query->getenv, "ANTHROPIC_ORGANIZATION_ID"))
        return NOT_FOUND;
    err_set(err, ERR_CONFIG,
            "ANTHROPIC_FEDERATION_RULE_ID: expected ANTHROPIC_IDENTITY_TOKEN_FILE or "
            "ANTHROPIC_IDENTITY_TOKEN beside it, found neither");
    return BAD;
}

/* The order of the search: the first that finds something ends it. */
static finder *const finders[] = {
    find_explicit,   find_api_key,        find_auth_token,      find_named_profile,
    find_federation, find_active_profile, find_half_federation,
};

struct credential *
credentials_find(const struct credential_query *query, struct err *err)
{
    struct credential *out = credentials_none();
    size_t n = query->is_explicit_only ? 1 : COUNT_OF(finders);

    for (size_t i = 0; i < n; i++) {
        enum finding finding = finders[i](query, out, err);

        if (finding == BAD) {
            credential_free(out);
            return NULL;
        }
        if (finding == FOUND) {
            if (out->kind != CREDENTIAL_FEDERATED && !*out->workspace_id)
                out->workspace_id = keep(out, query->workspace_id);
            return out;
        }
    }
    if (err)
        *err = (struct err){0}; /* what a place without one had to say */
    return out;
}

struct credential *
credentials_find_environment_key(const char *pool_id, const struct api_pool *pool,
                                 profile_getenv *getenv, struct err *err)
{
    const char *named = profile_variable(getenv, "ANTHROPIC_ENVIRONMENT_ID");
    const char *key = profile_variable(getenv, "ANTHROPIC_ENVIRONMENT_KEY");
    struct credential *out = credentials_none();
    struct credential_query query = {.name = "environment key", .getenv = getenv};
    enum finding finding = NOT_FOUND;

    if (pool && pool->environment_key_file && pool->environment_key_env) {
        err_set(err, ERR_CONFIG, "expected one place for the environment key, found 2");
        finding = BAD;
    } else if (pool && pool->environment_key_file) {
        finding = from_file(&query, out, pool->environment_key_file, "environment key", err);
    } else if (pool && pool->environment_key_env) {
        finding =
            from_named_variable(&query, out, pool->environment_key_env, "environment key", err);
    } else if (named && key && strcmp(named, pool_id) == 0) {
        finding = from_value(out, key, "environment key", "ANTHROPIC_ENVIRONMENT_KEY", err);
    }
    if (finding != BAD)
        return out;
    err_context(err, "pool %.60s", pool_id);
    credential_free(out);
    return NULL;
}
