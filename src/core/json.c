#include "core/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"
#include "core/err.h"

#define LARGEST_WHOLE 9007199254740992.0 /* 2^53: beyond it a double skips integers */

static cJSON *
inside(struct json *json)
{
    return (cJSON *)json;
}

static const cJSON *
peek(const struct json *json)
{
    return (const cJSON *)json;
}

static struct json *
outside(cJSON *item)
{
    if (!item)
        die("out of memory");
    return (struct json *)item;
}

/* cJSON's own limit is a thousand levels; ours is checked before it starts. */
static bool
is_too_deep(const char *bytes, size_t n)
{
    size_t depth = 0;
    bool is_in_string = false;

    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];

        if (is_in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                is_in_string = false;
        } else if (c == '"') {
            is_in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEEPEST)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

struct json *
json_parse(const char *bytes, size_t n, struct err *err)
{
    const char *end = bytes;
    cJSON *item;

    if (is_too_deep(bytes, n)) {
        err_set(err, ERR_LIMIT, "JSON nested deeper than %d", JSON_DEEPEST);
        return NULL;
    }
    item = cJSON_ParseWithLengthOpts(bytes, n, &end, false);
    if (!item) {
        err_set(err, ERR_FORMAT, "expected JSON, found \"%.*s\" at byte %td",
                (int)(n < 24 ? n : 24), bytes, end ? end - bytes + 1 : 1);
        return NULL;
    }
    for (; end < bytes + n; end++)
        if (!strchr(" \t\r\n", *end) || *end == '\0') {
            err_set(err, ERR_FORMAT, "expected the end after a JSON value, found more at byte %td",
                    end - bytes + 1);
            cJSON_Delete(item);
            return NULL;
        }
    return outside(item);
}

void
json_free(struct json *json)
{
    cJSON_Delete(inside(json));
}

const struct json *
json_get(const struct json *json, const char *key)
{
    if (!json || !cJSON_IsObject(peek(json)))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(peek(json), key);
}

const struct json *
json_first(const struct json *json)
{
    if (!json || (!cJSON_IsArray(peek(json)) && !cJSON_IsObject(peek(json))))
        return NULL;
    return (const struct json *)peek(json)->child;
}

const struct json *
json_next(const struct json *item)
{
    return item ? (const struct json *)peek(item)->next : NULL;
}

const char *
json_key(const struct json *member)
{
    return member && peek(member)->string ? peek(member)->string : "";
}

size_t
json_count(const struct json *json)
{
    size_t n = 0;

    for (const struct json *item = json_first(json); item; item = json_next(item))
        n++;
    return n;
}

bool
json_is_null(const struct json *json)
{
    return !json || cJSON_IsNull(peek(json));
}

bool
json_is_object(const struct json *json)
{
    return json && cJSON_IsObject(peek(json));
}

bool
json_is_array(const struct json *json)
{
    return json && cJSON_IsArray(peek(json));
}

bool
json_is_string(const struct json *json)
{
    return json && cJSON_IsString(peek(json));
}

const char *
json_as_string(const struct json *json, const char *otherwise)
{
    return json && cJSON_IsString(peek(json)) ? peek(json)->valuestring : otherwise;
}

int64_t
json_as_int(const struct json *json, int64_t otherwise)
{
    double n;

    if (!json || !cJSON_IsNumber(peek(json)))
        return otherwise;
    n = peek(json)->valuedouble;
    if (!(fabs(n) < LARGEST_WHOLE) || floor(n) < n)
        return otherwise;
    return (int64_t)n;
}

double
json_as_double(const struct json *json, double otherwise)
{
    return json && cJSON_IsNumber(peek(json)) ? peek(json)->valuedouble : otherwise;
}

const char *
json_string(const struct json *json, const char *key, const char *otherwise)
{
    return json_as_string(json_get(json, key), otherwise);
}

int64_t
json_int(const struct json *json, const char *key, int64_t otherwise)
{
    return json_as_int(json_get(json, key), otherwise);
}

double
json_double(const struct json *json, const char *key, double otherwise)
{
    return json_as_double(json_get(json, key), otherwise);
}

bool
json_bool(const struct json *json, const char *key, bool otherwise)
{
    const struct json *value = json_get(json, key);

    return value && cJSON_IsBool(peek(value)) ? cJSON_IsTrue(peek(value)) : otherwise;
}

struct json *
json_new_object(void)
{
    return outside(cJSON_CreateObject());
}

struct json *
json_new_array(void)
{
    return outside(cJSON_CreateArray());
}

struct json *
json_new_string(const char *s)
{
    return outside(s ? cJSON_CreateString(s) : cJSON_CreateNull());
}

struct json *
json_new_int(int64_t n)
{
    return outside(cJSON_CreateNumber((double)n));
}

struct json *
json_new_double(double n)
{
    return outside(cJSON_CreateNumber(n));
}

struct json *
json_new_bool(bool is_true)
{
    return outside(cJSON_CreateBool(is_true));
}

struct json *
json_new_null(void)
{
    return outside(cJSON_CreateNull());
}

struct json *
json_copy(const struct json *json)
{
    return outside(cJSON_Duplicate(peek(json), true));
}

void
json_add(struct json *parent, const char *key, struct json *value)
{
    bool is_added = key ? cJSON_AddItemToObject(inside(parent), key, inside(value))
                        : cJSON_AddItemToArray(inside(parent), inside(value));

    if (!is_added)
        die("out of memory");
}

struct json *
json_add_object(struct json *parent, const char *key)
{
    struct json *object = json_new_object();

    json_add(parent, key, object);
    return object;
}

struct json *
json_add_array(struct json *parent, const char *key)
{
    struct json *array = json_new_array();

    json_add(parent, key, array);
    return array;
}

void
json_add_string(struct json *parent, const char *key, const char *s)
{
    json_add(parent, key, json_new_string(s));
}

void
json_add_int(struct json *parent, const char *key, int64_t n)
{
    json_add(parent, key, json_new_int(n));
}

void
json_add_bool(struct json *parent, const char *key, bool is_true)
{
    json_add(parent, key, json_new_bool(is_true));
}

void
json_add_null(struct json *parent, const char *key)
{
    json_add(parent, key, json_new_null());
}

char *
json_print(const struct json *json, bool pretty)
{
    char *s = pretty ? cJSON_Print(peek(json)) : cJSON_PrintUnformatted(peek(json));

    if (!s)
        die("out of memory");
    return s;
}
