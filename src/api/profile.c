#include "api/profile.h"

#include <stdlib.h>
#include <string.h>

#include "api/file.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/replace.h"
#include "core/secret.h"

enum { LONGEST_NAME_BYTES = 128 };

const char *
profile_variable(profile_getenv *getenv, const char *name)
{
    const char *value = getenv ? getenv(name) : NULL;

    return value && *value ? value : NULL;
}

const char *
profile_folder(struct arena *arena, profile_getenv *getenv)
{
    const char *folder = profile_variable(getenv, "ANTHROPIC_CONFIG_DIR");

    if (folder)
        return arena_strdup(arena, folder);
    folder = profile_variable(getenv, "XDG_CONFIG_HOME");
    if (folder)
        return arena_printf(arena, "%s/anthropic", folder);
    folder = profile_variable(getenv, "HOME");
    return folder ? arena_printf(arena, "%s/.config/anthropic", folder) : NULL;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *
profile_active(struct arena *arena, const char *folder, struct err *err)
{
    const char *path = arena_printf(arena, "%s/active_config", folder), *start;
    char *bytes = NULL, *name;
    size_t n = 0;
    enum file_result result = file_read(path, false, &bytes, &n, err);

    if (result == FILE_ABSENT)
        return "default";
    if (result == FILE_BAD)
        return NULL;
    for (start = bytes; n > 0 && is_blank(*start); n--)
        start++;
    while (n > 0 && is_blank(start[n - 1]))
        n--;
    name = arena_strndup(arena, n ? start : "default", n ? n : strlen("default"));
    free(bytes);
    return name;
}

static bool
check_name(const char *name, struct err *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t n = strlen(name);

    if (n > 0 && n < LONGEST_NAME_BYTES && strspn(name, allowed) == n && strcmp(name, ".") != 0 &&
        strcmp(name, "..") != 0)
        return true;
    return err_set(err, ERR_CONFIG,
                   "profile \"%.60s\": expected letters, digits, \"_\", \".\", \"-\"", name);
}

/* The member, else the variable (NULL: none), else "". */
static const char *
member(struct arena *arena, const struct json *object, const char *key, const char *variable)
{
    const char *value = json_string(object, key, "");

    return arena_strdup(arena, *value ? value : variable ? variable : "");
}

static bool
read_identity(struct arena *arena, const struct json *authentication, profile_getenv *getenv,
              struct profile *out, struct err *err)
{
    const struct json *identity = json_get(authentication, "identity_token");
    const char *source = json_string(identity, "source", "");
    const char *path = profile_variable(getenv, "ANTHROPIC_IDENTITY_TOKEN_FILE");

    if (json_is_null(identity)) {
        out->identity_file = arena_strdup(arena, path ? path : "");
        return true;
    }
    if (strcmp(source, "file") != 0)
        return err_set(err, ERR_CONFIG,
                       "authentication.identity_token.source: expected \"file\", found \"%.20s\"",
                       source);
    out->identity_file = arena_strdup(arena, json_string(identity, "path", ""));
    return *out->identity_file ||
           err_set(err, ERR_CONFIG, "authentication.identity_token.path: expected a file name");
}

static bool
read_profile(struct arena *arena, const struct json *file, profile_getenv *getenv,
             struct profile *out, struct err *err)
{
    const struct json *authentication = json_get(file, "authentication");
    const char *type = json_string(authentication, "type", "");
    const char *tokens_path = json_string(authentication, "credentials_path", "");

    out->base_url = member(arena, file, "base_url", profile_variable(getenv, "ANTHROPIC_BASE_URL"));
    out->organization_id = member(arena, file, "organization_id",
                                  profile_variable(getenv, "ANTHROPIC_ORGANIZATION_ID"));
    out->workspace_id =
        member(arena, file, "workspace_id", profile_variable(getenv, "ANTHROPIC_WORKSPACE_ID"));
    out->federation_rule_id = member(arena, authentication, "federation_rule_id",
                                     profile_variable(getenv, "ANTHROPIC_FEDERATION_RULE_ID"));
    out->service_account_id = member(arena, authentication, "service_account_id",
                                     profile_variable(getenv, "ANTHROPIC_SERVICE_ACCOUNT_ID"));
    out->client_id = member(arena, authentication, "client_id", NULL);
    out->identity_file = "";
    if (*tokens_path)
        out->tokens_path = arena_strdup(arena, tokens_path);
    out->kind = strcmp(type, "user_oauth") == 0 ? PROFILE_USER : PROFILE_FEDERATED;
    if (out->kind == PROFILE_USER)
        return true;
    if (strcmp(type, "oidc_federation") == 0)
        return read_identity(arena, authentication, getenv, out, err);
    return err_set(err, ERR_CONFIG,
                   "authentication.type: expected oidc_federation or user_oauth, found \"%.40s\"",
                   type);
}

bool
profile_load(struct arena *arena, profile_getenv *getenv, const char *name, struct profile *out,
             bool *is_there, struct err *err)
{
    const char *folder = profile_folder(arena, getenv), *path;
    struct json *file = NULL;
    enum file_result result;
    bool ok;

    *is_there = false;
    *out = (struct profile){0};
    if (!check_name(name, err))
        return false;
    if (!folder) {
        err_set(err, ERR_CONFIG, "profile %s: neither ANTHROPIC_CONFIG_DIR nor HOME is set", name);
        return true;
    }
    path = arena_printf(arena, "%s/configs/%s.json", folder, name);
    result = file_read_json(path, false, &file, err);
    if (result != FILE_READ)
        return result == FILE_ABSENT;
    *is_there = true;
    out->name = arena_strdup(arena, name);
    out->tokens_path = arena_printf(arena, "%s/credentials/%s.json", folder, name);
    ok = read_profile(arena, file, getenv, out, err) || err_context(err, "%s", path);
    json_free(file);
    return ok;
}

bool
tokens_read(const char *path, struct tokens *out, struct err *err)
{
    struct json *file = NULL;
    const char *access, *refresh;

    *out = (struct tokens){0};
    if (file_read_json(path, true, &file, err) != FILE_READ)
        return false;
    access = json_string(file, "access_token", "");
    refresh = json_string(file, "refresh_token", "");
    out->expires_s = json_int(file, "expires_at", 0);
    out->access = secret_new(access, strlen(access), "access_token", err);
    if (*refresh)
        out->refresh = secret_new(refresh, strlen(refresh), "refresh_token", NULL);
    json_free(file);
    if (out->access)
        return true;
    tokens_clear(out);
    return err_context(err, "%s", path);
}

void
tokens_clear(struct tokens *tokens)
{
    secret_free(tokens->access);
    secret_free(tokens->refresh);
    *tokens = (struct tokens){0};
}

/* A copy of the file's members but those that the answer replaces. */
static struct json *
kept_members(const struct json *old, bool has_refresh)
{
    static const char *const replaced[] = {"version", "type", "access_token", "expires_at",
                                           "refresh_token"};
    struct json *kept = json_new_object();

    for (const struct json *m = json_first(old); m; m = json_next(m)) {
        bool is_kept = true;

        for (size_t i = 0; i < COUNT_OF(replaced) - (has_refresh ? 0 : 1); i++)
            is_kept = is_kept && strcmp(json_key(m), replaced[i]) != 0;
        if (is_kept)
            json_add(kept, json_key(m), json_copy(m));
    }
    return kept;
}

bool
tokens_write(const char *path, const char *answer, size_t n, int64_t expires_s, struct err *err)
{
    struct json *fresh = json_parse(answer, n, NULL), *old = NULL, *file;
    const char *refresh = json_string(fresh, "refresh_token", "");
    char *text;
    bool ok;

    if (file_read_json(path, true, &old, NULL) == FILE_BAD) {
        json_free(fresh);
        return err_set(err, ERR_IO, "%s: not replaced, because it cannot be read", path);
    }
    file = kept_members(old, *refresh != '\0');
    json_add_string(file, "version", "1.0");
    json_add_string(file, "type", "oauth_token");
    json_add_string(file, "access_token", json_string(fresh, "access_token", ""));
    json_add_int(file, "expires_at", expires_s);
    if (*refresh)
        json_add_string(file, "refresh_token", refresh);
    text = json_print(file, true);
    ok = replace_file(path, text, strlen(text), err);
    explicit_bzero(text, strlen(text));
    free(text);
    json_free(file);
    json_free(old);
    json_free(fresh);
    return ok;
}
