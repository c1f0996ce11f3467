#include "sim/canned.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/auth.h"
#include "sim/route.h"

struct canned {
    struct json *order; /* a copy */
    int64_t skip, times;
};

/* What a prepared answer may carry. */
static const char *const headers[] = {"x-should-retry", "retry-after", "retry-after-ms",
                                      "content-type",   "location",    "anthropic-workspace-id"};

static const char *
header_called(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        if (strcmp(headers[i], name) == 0)
            return headers[i];
    return NULL;
}

static bool
names_headers(const struct json *wanted)
{
    for (const struct json *m = json_first(wanted); m; m = json_next(m))
        if (!header_called(json_key(m)))
            return false;
    return true;
}

static bool
names_route(const char *method, const char *path)
{
    size_t n;
    const struct route *table = routes(&n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].method, method) == 0 && route_fits(table[i].pattern, path))
            return true;
    return false;
}

static void
use_status(struct exchange *x)
{
    const struct json *order = x->prepared, *body = json_get(order, "body");
    int status = (int)json_int(order, "status", 0);
    const char *type = json_string(order, "content_type", NULL);
    const char *message = json_string(order, "message", NULL);

    answer_empty(x, status);
    if (message)
        answer_error(x, status, "%s", message);
    else if (json_is_string(body))
        buffer_add(&x->answer, json_as_string(body, ""));
    else if (body)
        answer_json(x, status, json_copy(body));
    if (type) {
        x->content_type = NULL;
        exchange_add_header(x, "content-type", "%s", type);
    }
    for (const struct json *m = json_first(json_get(order, "headers")); m; m = json_next(m))
        exchange_add_header(x, header_called(json_key(m)), "%s", json_as_string(m, ""));
}

static void
use_reset(struct exchange *x)
{
    answer_empty(x, 0);
    x->outcome = OUTCOME_RESET;
}

static void
use_silence(struct exchange *x)
{
    answer_empty(x, 0);
    x->outcome = OUTCOME_SILENCE;
}

static const struct way {
    const char *name;
    void (*use)(struct exchange *x);
    bool has_status;
} ways[] = {
    {"status", use_status, true}, /* the first is the default */
    {"reset", use_reset, false},
    {"silence", use_silence, false},
};

static const struct way *
way_of(const struct json *order)
{
    const char *name = json_string(order, "answer", ways[0].name);

    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

static bool
check_way(const struct json *order, struct err *err)
{
    static const char *const of_status[] = {"status", "body", "message", "content_type", "headers"};
    const struct way *way = way_of(order);
    int64_t status = json_int(order, "status", 0);

    if (!way)
        return err_set(err, ERR_REFUSED, "answer: expected status, reset or silence");
    for (size_t i = 0; !way->has_status && i < COUNT_OF(of_status); i++)
        if (json_get(order, of_status[i]))
            return err_set(err, ERR_REFUSED, "%s: an answer \"%s\" has none", of_status[i],
                           way->name);
    if (way->has_status && (status < 200 || status > 599))
        return err_set(err, ERR_REFUSED, "status: expected 200 to 599");
    if (json_get(order, "message") && (json_get(order, "body") || status < 400))
        return err_set(err, ERR_REFUSED, "message: only of an error, and without a body");
    return names_headers(json_get(order, "headers")) ||
           err_set(err, ERR_REFUSED, "headers: not one of those that can be prepared");
}

/* Which requests, and how many of them. */
static bool
check_scope(const struct json *order, struct err *err)
{
    const char *method = json_string(order, "method", ""), *path = json_string(order, "path", "");
    const struct json *from = json_get(order, "from");

    if (!names_route(method, path))
        return err_set(err, ERR_REFUSED, "method, path: no route is \"%.10s %.80s\"", method, path);
    if (from && auth_kind_find(json_as_string(from, "")) == CREDENTIAL_KINDS)
        return err_set(err, ERR_REFUSED, "from: not a class of credential");
    return (json_int(order, "skip", 0) >= 0 && json_int(order, "times", 1) >= 1) ||
           err_set(err, ERR_REFUSED, "skip, times: expected a number of requests");
}

bool
canned_add(struct array *answers, const struct json *order, struct err *err)
{
    struct canned *canned;

    if (!check_scope(order, err) || !check_way(order, err))
        return false;
    canned = zeroed(sizeof(*canned));
    canned->order = json_copy(order);
    canned->skip = json_int(order, "skip", 0);
    canned->times = json_int(order, "times", 1);
    array_add(answers, canned);
    return true;
}

static void
canned_free(struct canned *canned)
{
    json_free(canned->order);
    free(canned);
}

void
canned_clear(struct array *answers)
{
    for (size_t i = 0; i < answers->n; i++)
        canned_free(answers->items[i]);
    array_free(answers);
}

/* The pattern, or this one path. */
static bool
is_meant(const struct json *order, const struct exchange *x)
{
    const char *path = json_string(order, "path", ""), *from = json_string(order, "from", NULL);

    return strcmp(json_string(order, "method", ""), x->route->method) == 0 &&
           (strcmp(path, x->route->pattern) == 0 || strcmp(path, x->path) == 0) &&
           (!from || auth_kind_find(from) == x->credential.kind);
}

void
canned_take(struct array *answers, struct exchange *x)
{
    for (size_t i = 0; i < answers->n; i++) {
        struct canned *canned = answers->items[i];

        if (!is_meant(canned->order, x))
            continue;
        if (canned->skip-- > 0)
            return;
        x->prepared = json_copy(canned->order);
        if (--canned->times <= 0) {
            array_remove_at(answers, i);
            canned_free(canned);
        }
        return;
    }
}

bool
canned_comes_first(const struct exchange *x)
{
    return x->prepared && !json_bool(x->prepared, "acted", false);
}

void
canned_use(struct exchange *x)
{
    if (x->prepared)
        way_of(x->prepared)->use(x);
}
