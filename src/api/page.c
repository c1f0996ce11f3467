#include "api/page.h"

#include <stdio.h>
#include <string.h>

#include "api/address.h"
#include "core/json.h"
#include "core/text.h"

enum { ESCAPED_ID_BYTES = 3 * FLEET_ID_BYTES, ESCAPED_CURSOR_BYTES = 3 * PAGE_CURSOR_BYTES };

/* Pages over a live list may skip or repeat, and an empty page is not the last one: only the cursor
 * tells (facts/management-api.md 3). */
static bool
read_cursor(const struct json *body, char cursor[PAGE_CURSOR_BYTES], struct err *err)
{
    const char *next = json_string(body, "next_page", "");

    if (strlen(next) >= PAGE_CURSOR_BYTES)
        return err_set(err, ERR_FORMAT, "next_page: expected at most %d bytes, found %zu",
                       PAGE_CURSOR_BYTES - 1, strlen(next));
    if (*next && strcmp(next, cursor) == 0)
        return err_set(err, ERR_FORMAT, "next_page: the same page again");
    memcpy(cursor, next, strlen(next) + 1);
    return true;
}

static bool
read_items(const struct resource *resource, struct reading *reading, const struct json *data,
           struct err *err)
{
    size_t good = 0, bad = 0;

    for (const struct json *item = json_first(data); item; item = json_next(item))
        if (json_is_object(item) && resource->item(reading, item))
            good++;
        else
            bad++;
    if (bad > 0 && good == 0)
        return err_set(err, ERR_FORMAT, "none of %zu items is what it should be", bad);
    return true;
}

static bool
read_json(const struct resource *resource, struct reading *reading, const struct json *json,
          char cursor[PAGE_CURSOR_BYTES], struct err *err)
{
    const struct json *data = json_get(json, "data");

    if (!json)
        return err_set(err, ERR_FORMAT, "the answer is not JSON");
    if (!json_is_object(json))
        return err_set(err, ERR_FORMAT, "expected a JSON object");
    if (!resource->is_list) {
        cursor[0] = '\0';
        return resource->item(reading, json) ||
               err_set(err, ERR_FORMAT, "the object is not what it should be");
    }
    if (!json_is_array(data))
        return err_set(err, ERR_FORMAT, "expected a list in \"data\"");
    return read_items(resource, reading, data, err) && read_cursor(json, cursor, err);
}

bool
page_read(const struct resource *resource, struct reading *reading, const char *body, size_t n,
          char cursor[PAGE_CURSOR_BYTES], struct err *err)
{
    struct json *json = json_parse(body, n, NULL);
    bool ok = read_json(resource, reading, json, cursor, err);

    json_free(json);
    return ok || err_context(err, "%s", resource->what);
}

/* Append "&name=value", or with "?" when it is the first. */
static void
add_query(struct text *path, bool *has_query, const char *query)
{
    text_add(path, *has_query ? "&" : "?");
    text_add(path, query);
    *has_query = true;
}

static void
add_subject(struct text *path, const char *template, const char *subject)
{
    const char *hole = strstr(template, "%s");

    if (!hole) {
        text_add(path, template);
        return;
    }
    text_addn(path, template, (size_t)(hole - template));
    text_add(path, subject);
    text_add(path, hole + strlen("%s"));
}

bool
page_path(const struct resource *resource, const char *subject, const char *cursor, bool has_limit,
          char path[PAGE_PATH_BYTES], struct err *err)
{
    struct text out = {.bytes = path, .size = PAGE_PATH_BYTES};
    char id[ESCAPED_ID_BYTES], page[ESCAPED_CURSOR_BYTES], limit[32];
    bool has_query = false;

    text_clear(&out);
    if (!address_escape(id, sizeof(id), subject) || !address_escape(page, sizeof(page), cursor))
        return err_set(err, ERR_LIMIT, "%s: the path is too long", resource->what);
    add_subject(&out, resource->path, id);
    if (*resource->query)
        add_query(&out, &has_query, resource->query);
    if (has_limit && resource->limit) {
        snprintf(limit, sizeof(limit), "limit=%d", resource->limit);
        add_query(&out, &has_query, limit);
    }
    if (*cursor) {
        add_query(&out, &has_query, "page=");
        text_add(&out, page);
    }
    return !out.is_cut || err_set(err, ERR_LIMIT, "%s: the path is too long", resource->what);
}
