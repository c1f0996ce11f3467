#include "core/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/arena.h"
#include "core/die.h"
#include "core/err.h"
#include "core/text.h"

enum { FIRST_READ_BYTES = 4096 };

struct anchor {
    const char *name;
    const struct yaml *node;
    const struct anchor *older;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct arena *arena;
    const char *name;
    struct err *err;
    bool is_foreign;
    const struct anchor *anchors; /* the newest first; of foreign files only */
};

static bool
fail(struct reader *r, size_t line, size_t column, const char *what, const char *found)
{
    return err_set(r->err, ERR_CONFIG, "%s:%zu:%zu: %s%s%.60s%s", r->name, line + 1, column + 1,
                   what, found ? " \"" : "", found ? found : "", found ? "\"" : "");
}

static bool
advance(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
    if (!yaml_parser_parse(&r->parser, &r->event))
        return fail(r, r->parser.problem_mark.line, r->parser.problem_mark.column,
                    r->parser.problem ? r->parser.problem : "cannot read this", NULL);
    r->has_event = true;
    return true;
}

static struct yaml *
node_new(struct reader *r, enum yaml_kind kind)
{
    struct yaml *node = arena_alloc(r->arena, sizeof(*node));

    node->kind = kind;
    node->key = node->value = "";
    node->line = (unsigned)r->event.start_mark.line + 1;
    node->column = (unsigned)r->event.start_mark.column + 1;
    return node;
}

static struct yaml *read_node(struct reader *r, unsigned depth);

static bool
read_key(struct reader *r, const struct yaml *map, struct yaml *out)
{
    const char *key;

    if (r->event.type != YAML_SCALAR_EVENT)
        return fail(r, r->event.start_mark.line, r->event.start_mark.column, "expected a plain key",
                    NULL);
    key = (const char *)r->event.data.scalar.value;
    if (yaml_get(map, key))
        return fail(r, r->event.start_mark.line, r->event.start_mark.column,
                    "this key stands here twice:", key);
    out->key = arena_strdup(r->arena, key);
    out->key_line = (unsigned)r->event.start_mark.line + 1;
    out->key_column = (unsigned)r->event.start_mark.column + 1;
    return advance(r);
}

/* The children up to the end event; the start event is the current one. */
static bool
read_children(struct reader *r, struct yaml *parent, unsigned depth)
{
    yaml_event_type_t end =
        parent->kind == YAML_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    const struct yaml **tail = &parent->first;

    if (depth >= YAML_DEEPEST)
        return fail(r, r->event.start_mark.line, r->event.start_mark.column, "nested too deep",
                    NULL);
    for (;;) {
        struct yaml key = {.key = ""};
        struct yaml *child;

        if (!advance(r))
            return false;
        if (r->event.type == end)
            return true;
        if (parent->kind == YAML_map && !read_key(r, parent, &key))
            return false;
        child = read_node(r, depth + 1);
        if (!child)
            return false;
        child->key = key.key;
        child->key_line = key.key_line;
        child->key_column = key.key_column;
        *tail = child;
        tail = &child->next;
    }
}

/* ---- aliases and merge keys ---- */

/* The name of the anchor of the current event, owned by the arena; NULL without one. */
static const char *
anchor_name(struct reader *r)
{
    const yaml_char_t *name =
        r->event.type == YAML_SCALAR_EVENT           ? r->event.data.scalar.anchor
        : r->event.type == YAML_MAPPING_START_EVENT  ? r->event.data.mapping_start.anchor
        : r->event.type == YAML_SEQUENCE_START_EVENT ? r->event.data.sequence_start.anchor
                                                     : NULL;

    return name && r->is_foreign ? arena_strdup(r->arena, (const char *)name) : NULL;
}

/* Only when it is whole: what holds itself has no end. */
static void
remember_anchor(struct reader *r, const char *name, const struct yaml *node)
{
    struct anchor *anchor;

    if (!name || !node)
        return;
    anchor = arena_alloc(r->arena, sizeof(*anchor));
    *anchor = (struct anchor){name, node, r->anchors};
    r->anchors = anchor;
}

static struct yaml *
copy_node(struct reader *r, const struct yaml *from)
{
    struct yaml *node = arena_alloc(r->arena, sizeof(*node));

    *node = *from;
    node->next = NULL;
    return node;
}

static struct yaml *
read_alias(struct reader *r)
{
    const char *name = (const char *)r->event.data.alias.anchor;

    for (const struct anchor *anchor = r->anchors; anchor; anchor = anchor->older)
        if (strcmp(anchor->name, name) == 0)
            return copy_node(r, anchor->node);
    fail(r, r->event.start_mark.line, r->event.start_mark.column,
         r->is_foreign ? "this alias has no anchor before it:" : "aliases are not accepted here",
         r->is_foreign ? name : NULL);
    return NULL;
}

/* Add what the map does not have yet; the nodes themselves stay where they are. */
static void
merge_map(struct reader *r, struct yaml *map, const struct yaml *from)
{
    for (const struct yaml *child = from->kind == YAML_map ? from->first : NULL; child;
         child = child->next) {
        struct yaml *copy;

        if (yaml_get(map, child->key))
            continue;
        copy = copy_node(r, child);
        copy->next = map->first;
        map->first = copy;
    }
}

/* "<<: *one" or "<<: [*one, *two]": of two the first wins, and what stands in the map before both.
 */
static void
merge(struct reader *r, struct yaml *map)
{
    const struct yaml *key = yaml_get(map, "<<");
    const struct yaml **link = &map->first;

    if (!r->is_foreign || !key)
        return;
    while (*link != key)
        link = (const struct yaml **)(uintptr_t) & (*link)->next;
    *link = key->next;
    merge_map(r, map, key);
    for (const struct yaml *item = key->kind == YAML_list ? key->first : NULL; item;
         item = item->next)
        merge_map(r, map, item);
}

static struct yaml *
read_map(struct reader *r, unsigned depth)
{
    struct yaml *node = node_new(r, YAML_map);

    if (!read_children(r, node, depth))
        return NULL;
    merge(r, node);
    return node;
}

static struct yaml *
read_plain_node(struct reader *r, unsigned depth)
{
    struct yaml *node;

    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        node = node_new(r, YAML_scalar);
        node->value = arena_strndup(r->arena, (const char *)r->event.data.scalar.value,
                                    r->event.data.scalar.length);
        node->is_quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return node;
    case YAML_MAPPING_START_EVENT:
        return read_map(r, depth);
    case YAML_SEQUENCE_START_EVENT:
        node = node_new(r, YAML_list);
        return read_children(r, node, depth) ? node : NULL;
    default:
        return read_alias(r);
    }
}

static struct yaml *
read_node(struct reader *r, unsigned depth)
{
    const char *anchor = anchor_name(r);
    struct yaml *node = read_plain_node(r, depth);

    remember_anchor(r, anchor, node);
    return node;
}

static const struct yaml *
read_document(struct reader *r)
{
    struct yaml *root;

    if (!advance(r) || !advance(r)) /* stream start, document start */
        return NULL;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return node_new(r, YAML_map);
    if (!advance(r))
        return NULL;
    if (r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0)
        return node_new(r, YAML_map);
    root = read_node(r, 0);
    if (!root || !advance(r) || !advance(r))
        return NULL;
    if (r->event.type != YAML_STREAM_END_EVENT && !r->is_foreign) {
        fail(r, r->event.start_mark.line, r->event.start_mark.column, "expected one document only",
             NULL);
        return NULL;
    }
    return root;
}

static const struct yaml *
parse(struct reader *r, const char *bytes, size_t n)
{
    const struct yaml *root;

    if (!yaml_parser_initialize(&r->parser)) {
        err_set(r->err, ERR_IO, "%s: out of memory", r->name);
        return NULL;
    }
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes, n);
    root = read_document(r);
    if (r->has_event)
        yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    return root;
}

const struct yaml *
yaml_parse(struct arena *arena, const char *name, const char *bytes, size_t n, struct err *err)
{
    return parse(&(struct reader){.arena = arena, .name = name, .err = err}, bytes, n);
}

const struct yaml *
yaml_parse_foreign(struct arena *arena, const char *name, const char *bytes, size_t n,
                   struct err *err)
{
    return parse(&(struct reader){.arena = arena, .name = name, .err = err, .is_foreign = true},
                 bytes, n);
}

/* The whole file, of at most YAML_LARGEST_BYTES; caller frees with free(). NULL and err otherwise.
 */
static char *
read_file(FILE *file, const char *path, size_t *n, struct err *err)
{
    size_t room = FIRST_READ_BYTES;
    char *bytes = NULL;

    *n = 0;
    do {
        char *larger = realloc(bytes, room *= 2);

        if (!larger)
            die("out of memory");
        bytes = larger;
        *n += fread(bytes + *n, 1, room - *n, file);
    } while (*n == room && *n <= YAML_LARGEST_BYTES);
    if (ferror(file))
        err_set(err, ERR_CONFIG, "%s: cannot read: %s", path, strerror(errno));
    else if (*n > YAML_LARGEST_BYTES)
        err_set(err, ERR_CONFIG, "%s: larger than %d bytes", path, YAML_LARGEST_BYTES);
    else
        return bytes;
    free(bytes);
    return NULL;
}

const struct yaml *
yaml_load(struct arena *arena, const char *path, struct err *err)
{
    const struct yaml *root = NULL;
    FILE *file = fopen(path, "re");
    char *bytes;
    size_t n;

    if (!file) {
        err_set(err, ERR_CONFIG, "%s: cannot read: %s", path, strerror(errno));
        return NULL;
    }
    bytes = read_file(file, path, &n, err);
    if (bytes)
        root = yaml_parse(arena, path, bytes, n, err);
    free(bytes);
    fclose(file);
    return root;
}

const struct yaml *
yaml_get(const struct yaml *node, const char *key)
{
    if (!node || node->kind != YAML_map)
        return NULL;
    for (const struct yaml *child = node->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

bool
yaml_is_null(const struct yaml *node)
{
    if (!node)
        return true;
    if (node->kind != YAML_scalar || node->is_quoted)
        return false;
    return !*node->value || strcmp(node->value, "~") == 0 || strcmp(node->value, "null") == 0;
}
