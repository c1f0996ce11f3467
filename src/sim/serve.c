#include "sim/serve.h"

#include <string.h>

#include "core/json.h"

enum { METADATA_PAIRS = 16, METADATA_KEY_CHARACTERS = 64, METADATA_VALUE_CHARACTERS = 512 };

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

/* Bytes of the UTF-8 sequence at s; 0: it is none (RFC 3629). */
static size_t
sequence(const unsigned char *s, size_t n)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0; /* too long for what it says, a surrogate, or beyond the last code point */
    return length;
}

static bool
is_utf8(const char *bytes, size_t n)
{
    for (size_t i = 0, length; i < n; i += length)
        if (!(length = sequence((const unsigned char *)bytes + i, n - i)))
            return false;
    return true;
}

size_t
serve_characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

const struct json *
serve_body(struct exchange *x)
{
    struct err err = {0};

    if (!is_utf8(x->body, x->body_bytes)) {
        answer_error(x, 400, "the body is not UTF-8");
        return NULL;
    }
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
        if (*json_key(m) == '\0' || serve_characters(json_key(m)) > METADATA_KEY_CHARACTERS)
            return "metadata: keys have 1 to 64 characters";
        if (serve_characters(json_as_string(m, "")) > METADATA_VALUE_CHARACTERS)
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
