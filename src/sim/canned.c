#include "sim/canned.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
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
names_route(const char *method, const char *pattern)
{
    size_t n;
    const struct route *table = routes(&n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].method, method) == 0 && strcmp(table[i].pattern, pattern) == 0)
            return true;
    return false;
}

bool
canned_add(struct array *answers, const struct json *order, struct err *err)
{
    const char *method = json_string(order, "method", ""), *path = json_string(order, "path", "");
    int64_t status = json_int(order, "status", 0);
    struct canned *canned;

    if (!names_route(method, path))
        return err_set(err, ERR_REFUSED, "method, path: no route is \"%.10s %.80s\"", method, path);
    if (status < 200 || status > 599)
        return err_set(err, ERR_REFUSED, "status: expected 200 to 599");
    if (!names_headers(json_get(order, "headers")))
        return err_set(err, ERR_REFUSED, "headers: not one of those that can be prepared");
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

static void
use(struct exchange *x, const struct json *order)
{
    const struct json *body = json_get(order, "body");
    const char *type = json_string(order, "content_type", NULL);

    answer_empty(x, (int)json_int(order, "status", 500));
    if (json_is_string(body))
        buffer_add(&x->answer, json_as_string(body, ""));
    else if (body)
        answer_json(x, x->status, json_copy(body));
    if (type) {
        x->content_type = NULL;
        exchange_add_header(x, "content-type", "%s", type);
    }
    for (const struct json *m = json_first(json_get(order, "headers")); m; m = json_next(m))
        exchange_add_header(x, header_called(json_key(m)), "%s", json_as_string(m, ""));
    x->was_canned = true;
}

bool
canned_answer(struct array *answers, struct exchange *x)
{
    for (size_t i = 0; i < answers->n; i++) {
        struct canned *canned = answers->items[i];

        if (strcmp(json_string(canned->order, "method", ""), x->route->method) != 0 ||
            strcmp(json_string(canned->order, "path", ""), x->route->pattern) != 0)
            continue;
        if (canned->skip-- > 0)
            return false;
        use(x, canned->order);
        if (--canned->times <= 0) {
            array_remove_at(answers, i);
            canned_free(canned);
        }
        return true;
    }
    return false;
}

bool
canned_was_used(const struct exchange *x)
{
    return x->was_canned;
}
