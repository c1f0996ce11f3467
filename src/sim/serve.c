#include "sim/serve.h"

#include <string.h>

#include "core/json.h"

enum { METADATA_PAIRS = 16, METADATA_KEY_BYTES = 64, METADATA_VALUE_BYTES = 512 };

struct environment *
serve_environment(struct service *service, struct exchange *x)
{
    struct environment *environment = world_find_environment(service->world, x->part[0]);

    if (!environment)
        answer_error(x, 404, "no environment with this id");
    return environment;
}

struct session *
serve_session(struct service *service, struct exchange *x)
{
    struct session *session = world_find_session(service->world, x->part[0]);

    if (!session)
        answer_error(x, 404, "no session with this id");
    return session;
}

const struct json *
serve_body(struct exchange *x)
{
    struct err err = {0};

    if (!x->json && x->body_bytes == 0)
        x->json = json_new_object();
    if (!x->json)
        x->json = json_parse(x->body, x->body_bytes, &err);
    if (json_is_object(x->json))
        return x->json;
    answer_error(x, 400, "the body is not a JSON object: %s", err.message);
    return NULL;
}

bool
serve_may_be_bool(const struct json *body, const char *key)
{
    return json_is_null(json_get(body, key)) ||
           json_bool(body, key, true) == json_bool(body, key, false);
}

static bool
refuse_metadata(struct exchange *x, const char *code, const char *message)
{
    if (code)
        answer_code(x, 400, code, message);
    else
        answer_error(x, 400, "%s", message);
    return false;
}

static const char *
metadata_mistake(const struct json *changes)
{
    if (!json_is_null(changes) && !json_is_object(changes))
        return "metadata: expected an object";
    for (const struct json *m = json_first(changes); m; m = json_next(m)) {
        if (!json_is_null(m) && !json_is_string(m))
            return "metadata: values are strings";
        if (strlen(json_key(m)) == 0 || strlen(json_key(m)) > METADATA_KEY_BYTES)
            return "metadata: keys have 1 to 64 characters";
        if (strlen(json_as_string(m, "")) > METADATA_VALUE_BYTES)
            return "metadata: values have at most 512 characters";
        if (strncmp(json_key(m), "anthropic_", 10) == 0)
            return "metadata: keys that begin with anthropic_ are reserved";
    }
    return NULL;
}

bool
serve_metadata(struct exchange *x, struct json **metadata, const struct json *changes,
               bool empty_deletes, const char *code)
{
    const char *mistake = metadata_mistake(changes);
    struct json *merged;

    if (mistake)
        return refuse_metadata(x, code, mistake);
    merged = json_new_object();
    for (const struct json *m = json_first(*metadata); m; m = json_next(m))
        if (!json_get(changes, json_key(m)))
            json_add(merged, json_key(m), json_copy(m));
    for (const struct json *m = json_first(changes); m; m = json_next(m))
        if (!json_is_null(m) && !(empty_deletes && *json_as_string(m, "") == '\0'))
            json_add(merged, json_key(m), json_copy(m));
    if (json_count(merged) > METADATA_PAIRS) {
        json_free(merged);
        return refuse_metadata(x, code, "metadata: at most 16 pairs");
    }
    json_free(*metadata);
    *metadata = merged;
    return true;
}
