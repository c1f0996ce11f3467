#include "sim/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/stamp.h"

/* Before and after everything, also when it is counted in microseconds. */
#define FARTHEST_MS (INT64_MAX / 2000)

/* A place between two things of a list. What the client sees is hexadecimal of this, mixed. */
struct cursor {
    int64_t created_ms;
    uint64_t serial;
    bool is_asc;
    bool is_back; /* the page before the place, not after it */
};

struct query {
    int64_t limit;
    bool is_asc;
    bool has_cursor;
    struct cursor cursor;
};

static const uint64_t salt = 0x5bd1e9955bd1e995u;

static void
cursor_print(const struct cursor *cursor, char out[64])
{
    uint64_t a = (uint64_t)cursor->created_ms ^ salt, b = cursor->serial * 0x9e3779b97f4a7c15u;
    unsigned flags = (cursor->is_asc ? 1u : 0u) | (cursor->is_back ? 2u : 0u);

    snprintf(out, 64, "page_%016llx%016llx%x%02x", (unsigned long long)a, (unsigned long long)b,
             flags, (unsigned)((a ^ b ^ flags) & 0xff));
}

static bool
cursor_parse(const char *text, struct cursor *out)
{
    unsigned long long a, b;
    unsigned flags, check;

    if (strlen(text) != 40 ||
        sscanf(text, "page_%16llx%16llx%1x%2x", &a, &b, &flags, &check) != 4 ||
        ((a ^ b ^ flags) & 0xff) != check)
        return false;
    out->created_ms = (int64_t)(a ^ salt);
    out->serial = b * 0xf1de83e19937733du; /* the inverse of the factor above, modulo 2^64 */
    out->is_asc = flags & 1;
    out->is_back = flags & 2;
    return out->created_ms >= -FARTHEST_MS && out->created_ms <= FARTHEST_MS;
}

static bool
parse_order(struct exchange *x, const struct page *page, struct query *q)
{
    const char *order = page->may_order ? exchange_query(x, "order") : NULL;

    q->is_asc = page->is_asc_otherwise;
    if (!order)
        return true;
    q->is_asc = strcmp(order, "asc") == 0;
    if (q->is_asc || strcmp(order, "desc") == 0)
        return true;
    answer_error(x, 400, "order: expected asc or desc");
    return false;
}

static bool
parse(struct exchange *x, const struct page *page, struct query *q)
{
    const char *cursor = exchange_query(x, "page");

    *q = (struct query){.limit = page->limit_otherwise};
    if (!exchange_query_int(x, "limit", 1, page->limit_most, &q->limit)) {
        answer_error(x, 400, "limit: expected 1 to %d", (int)page->limit_most);
        return false;
    }
    if (!parse_order(x, page, q))
        return false;
    if (!cursor || !*cursor)
        return true;
    q->has_cursor = true;
    if (!cursor_parse(cursor, &q->cursor)) {
        answer_error(x, 400, "page: not a cursor of this list");
        return false;
    }
    if (page->may_order && !exchange_query(x, "order"))
        q->is_asc = q->cursor.is_asc; /* a cursor encodes its order */
    if (q->cursor.is_asc != q->is_asc) {
        answer_error(x, 400, "page: the cursor was made for another order");
        return false;
    }
    if (page->range && !created_range_holds(page->range, q->cursor.created_ms * 1000) &&
        !created_range_holds(page->range, q->cursor.created_ms * 1000 + 999)) {
        answer_error(x, 400, "page: the cursor lies outside of the created_at filter");
        return false;
    }
    return true;
}

/* How many of the list come before the place; and_it: the thing at the place counts, too. */
static size_t
position(const struct array *list, const struct cursor *cursor, bool and_it)
{
    size_t low = 0, high = list->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct object *o = list->items[middle];
        bool is_before = o->created_ms != cursor->created_ms ? o->created_ms < cursor->created_ms
                         : and_it                            ? o->serial <= cursor->serial
                                                             : o->serial < cursor->serial;

        if (is_before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What was found: indices into the list in the order of the walk. */
struct found {
    size_t *at;
    size_t n;
    bool has_more;
};

/* Walk up or down the list from the cursor and take what fits. */
static struct found
collect(const struct page *page, const struct query *q)
{
    struct found found = {.at = zeroed((size_t)q->limit * sizeof(*found.at))};
    bool is_up = q->is_asc != q->cursor.is_back;
    size_t left = is_up ? 0 : page->list->n;

    if (q->has_cursor)
        left = position(page->list, &q->cursor, is_up);
    for (;;) {
        size_t i;

        if (is_up ? left >= page->list->n : left == 0)
            return found;
        i = is_up ? left++ : --left;
        if (page->keep && !page->keep(page->list->items[i], page->context))
            continue;
        if (found.n == (size_t)q->limit) {
            found.has_more = true;
            return found;
        }
        found.at[found.n++] = i;
    }
}

static void
reverse(struct found *found)
{
    for (size_t i = 0, j = found->n; i + 1 < j; i++) {
        size_t held = found->at[i];

        found->at[i] = found->at[--j];
        found->at[j] = held;
    }
}

static void
add_cursor(struct json *body, const char *key, const struct object *object, const struct query *q,
           bool is_back)
{
    struct cursor cursor = {.is_asc = q->is_asc, .is_back = is_back};
    char text[64];

    if (!object) {
        json_add_null(body, key);
        return;
    }
    cursor.created_ms = object->created_ms;
    cursor.serial = object->serial;
    cursor_print(&cursor, text);
    json_add_string(body, key, text);
}

/* The first answer of a list can be an empty page with a next one, to try clients. */
static bool
answer_empty_page(const struct world *world, struct exchange *x, const struct page *page,
                  const struct query *q)
{
    struct json *body;
    struct object before = {.created_ms = q->is_asc ? -FARTHEST_MS : FARTHEST_MS};

    if (!world->switches.empty_page || q->has_cursor)
        return false;
    body = json_new_object();
    json_add_array(body, "data");
    add_cursor(body, "next_page", &before, q, false);
    if (page->has_prev)
        json_add_null(body, "prev_page");
    answer_json(x, 200, body);
    return true;
}

void
page_answer(const struct world *world, struct exchange *x, const struct page *page)
{
    struct json *body, *data;
    const struct object *first = NULL, *last = NULL;
    struct query q;
    struct found found;
    bool is_back, has_next, has_prev;

    if (!parse(x, page, &q) || answer_empty_page(world, x, page, &q))
        return;
    found = collect(page, &q);
    is_back = q.has_cursor && q.cursor.is_back;
    if (is_back)
        reverse(&found);
    body = json_new_object();
    data = json_add_array(body, "data");
    for (size_t i = 0; i < found.n; i++)
        json_add(data, NULL, page->show(world, page->list->items[found.at[i]]));
    if (found.n > 0) {
        first = page->list->items[found.at[0]];
        last = page->list->items[found.at[found.n - 1]];
    }
    has_next = is_back || found.has_more;
    has_prev = is_back ? found.has_more : q.has_cursor;
    add_cursor(body, "next_page", has_next ? last : NULL, &q, false);
    if (page->has_prev)
        add_cursor(body, "prev_page", has_prev ? first : NULL, &q, true);
    free(found.at);
    answer_json(x, 200, body);
}

bool
created_range_holds(const struct created_range *range, int64_t at_us)
{
    if (range->is_seconds)
        at_us -= at_us % 1000000;
    return at_us >= range->least_us && at_us <= range->most_us;
}

bool
page_created_range(struct exchange *x, struct created_range *out)
{
    static const struct {
        const char *name;
        bool is_least;
        int64_t shift;
    } filters[] = {
        {"created_at[gt]", true, 1},
        {"created_at[gte]", true, 0},
        {"created_at[lt]", false, -1},
        {"created_at[lte]", false, 0},
    };

    out->least_us = INT64_MIN;
    out->most_us = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        const char *text = exchange_query(x, filters[i].name);
        int64_t at;

        if (!text)
            continue;
        if (!stamp_parse(text, &at)) {
            answer_error(x, 400, "%s: expected a time", filters[i].name);
            return false;
        }
        at += filters[i].shift;
        if (filters[i].is_least && at > out->least_us)
            out->least_us = at;
        if (!filters[i].is_least && at < out->most_us)
            out->most_us = at;
    }
    return true;
}
