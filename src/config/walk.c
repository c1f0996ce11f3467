#include "config/walk.h"

#include <string.h>

#include "config/control.h"
#include "core/arena.h"
#include "core/map.h"
#include "core/text.h"
#include "core/yaml.h"

/* keys that people write when they mean the secret itself */
static const char *const secret_keys[] = {"api_key", "auth_token", "environment_key",
                                          "token",   "secret",     "password"};

void
walk_mistake(struct loader *loader, const struct yaml *node, const char *path, const char *what)
{
    mistakes_add(&loader->fatal, loader->config->path, node->line, node->column, "%s: %s", path,
                 what);
}

static const char *
join(struct loader *loader, const char *path, const char *key)
{
    return *path ? arena_printf(loader->context.arena, "%s.%s", path, key)
                 : arena_strdup(loader->context.arena, key);
}

/* An option and the struct it fills; option is NULL when the tables have none of that name. */
struct spot {
    const struct option *option;
    void *target;
};

static struct spot
find_option(const struct scope *scope, const char *path)
{
    for (size_t i = 0; i < scope->n_tables; i++)
        for (size_t j = 0; j < scope->tables[i].n; j++)
            if (strcmp(scope->tables[i].rows[j].name, path) == 0)
                return (struct spot){&scope->tables[i].rows[j], scope->tables[i].target};
    return (struct spot){NULL, NULL};
}

static const struct option_list *
find_list(const struct scope *scope, const char *path)
{
    for (size_t i = 0; i < scope->n_lists; i++)
        if (strcmp(scope->lists[i].name, path) == 0)
            return &scope->lists[i];
    return NULL;
}

static bool
is_among(const char *const *words, const char *word)
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* The word of name that stands right below path; NULL when name is not below it. */
static const char *
word_below(struct loader *loader, const char *name, const char *path)
{
    size_t length = strlen(path);

    if (length > 0 && (strncmp(name, path, length) != 0 || name[length] != '.'))
        return NULL;
    name += length > 0 ? length + 1 : 0;
    return arena_strndup(loader->context.arena, name, strcspn(name, "."));
}

/* All keys that are valid right below path. */
static struct words
keys_below(struct loader *loader, const struct scope *scope, const char *path)
{
    struct words words = {0};
    struct arena *arena = loader->context.arena;
    const char *word;

    for (size_t i = 0; i < scope->n_tables; i++)
        for (size_t j = 0; j < scope->tables[i].n; j++)
            if ((word = word_below(loader, scope->tables[i].rows[j].name, path)))
                words_add(&words, arena, word);
    for (size_t i = 0; i < scope->n_lists; i++)
        if ((word = word_below(loader, scope->lists[i].name, path)))
            words_add(&words, arena, word);
    for (size_t i = 0; !*path && scope->others && scope->others[i]; i++)
        words_add(&words, arena, scope->others[i]);
    return words;
}

static bool
is_key_of_context(struct loader *loader, const char *key)
{
    struct option_table table = {.rows = context_options, .n = context_options_n};
    struct scope scope = {
        .tables = &table, .n_tables = 1, .lists = context_lists, .n_lists = context_lists_n};
    struct words words = keys_below(loader, &scope, "");

    return words_have(&words, key);
}

static void
unknown_key(struct loader *loader, const struct scope *scope, const struct yaml *node,
            const char *path, const char *parent)
{
    struct words words = keys_below(loader, scope, parent);
    const char *advice = words_advice(&words, loader->context.arena, node->key);

    for (size_t i = 0; i < COUNT_OF(secret_keys); i++)
        if (strcmp(secret_keys[i], node->key) == 0)
            advice = arena_printf(loader->context.arena,
                                  "; a secret does not belong in this file: name a file of its own "
                                  "with %s_file, or a variable with %s_env",
                                  node->key, node->key);
    if (scope->others && is_key_of_context(loader, node->key))
        advice = "; it belongs under contexts.NAME";
    mistakes_add(&loader->fatal, loader->config->path, node->key_line, node->key_column,
                 "%s: unknown key%s", path, advice);
}

bool
walk_refuse_secret(struct loader *loader, const struct yaml *node, const char *path)
{
    if (node->kind != YAML_scalar || !value_is_secret(node->value))
        return false;
    walk_mistake(
        loader, node, path,
        "a secret does not belong in this file; put it into a file of its own (mode 0600) and "
        "name that here, as api_key_file does");
    return true;
}

static void
read_words(struct loader *loader, struct spot spot, const struct yaml *node, const char *path)
{
    const char **words, *const **out;
    size_t n = 0;

    for (const struct yaml *child = node->first; child; child = child->next)
        n++;
    if (node->kind != YAML_list || n == 0) {
        walk_mistake(loader, node, path, "expected a list of words, each in quotes");
        return;
    }
    words = arena_array(loader->context.arena, n + 1, sizeof(*words));
    n = 0;
    for (const struct yaml *child = node->first; child; child = child->next) {
        if (walk_refuse_secret(loader, child, path))
            return;
        if (child->kind != YAML_scalar)
            walk_mistake(loader, child, path, "expected text");
        words[n++] = child->value;
    }
    out = (const char *const **)(void *)((char *)spot.target + spot.option->offset);
    *out = words;
}

static bool
is_scalar(struct loader *loader, const struct option *option, const struct yaml *node,
          const char *path)
{
    TEXT(expected, 256);

    if (node->kind == YAML_scalar)
        return true;
    value_expected(option, &expected);
    mistakes_add(&loader->fatal, loader->config->path, node->line, node->column,
                 "%s: expected %s, found a %s", path, expected.bytes,
                 node->kind == YAML_list ? "list" : "map");
    return false;
}

static void
read_option(struct loader *loader, const struct scope *scope, struct spot spot,
            const struct yaml *node, const char *path)
{
    struct err err = {0};

    if (walk_refuse_secret(loader, node, path))
        return;
    if (spot.option->type == OPTION_CONTROL) {
        control_read(loader, scope, spot.option, node, path,
                     (void *)((char *)spot.target + spot.option->offset));
        return; /* which notes more than one setting */
    }
    if (spot.option->type == OPTION_WORDS) {
        read_words(loader, spot, node, path);
    } else if (!is_scalar(loader, spot.option, node, path) ||
               (yaml_is_null(node) && *node->value)) {
        return; /* an explicit null leaves the default */
    } else if (!value_read(spot.option, node->value, spot.target, &loader->context, &err)) {
        walk_mistake(loader, node, path, err.message);
        return;
    }
    if (scope->is_in_force)
        loader_note(loader, spot.option, spot.target, ORIGIN_file, node);
}

/* One credential of a kind: two would leave it to chance which is used. */
static void
refuse_second_secret(struct loader *loader, const struct option *option, const char **first,
                     const struct yaml *node, const char *path)
{
    if (!option->is_secret)
        return;
    if (*first)
        mistakes_add(&loader->fatal, loader->config->path, node->key_line, node->key_column,
                     "%s: %s stands here too; keep one of them", path, *first);
    *first = node->key;
}

static void read_list(struct loader *loader, const struct scope *scope,
                      const struct option_list *list, const struct yaml *node, const char *path);

/* where: how messages call this map; path: what the tables call it. */
void
walk_map(struct loader *loader, const struct scope *scope, const struct yaml *map, const char *path,
         const char *where)
{
    const char *secret = NULL;

    if (map->kind != YAML_map && !yaml_is_null(map)) {
        walk_mistake(loader, map, *where ? where : "the file", "expected a map of keys and values");
        return;
    }
    for (const struct yaml *child = map->first; child; child = child->next) {
        const char *name = join(loader, path, child->key);
        const char *here = join(loader, where, child->key);
        struct spot spot = find_option(scope, name);
        const struct option_list *list = find_list(scope, name);

        if (spot.option) {
            refuse_second_secret(loader, spot.option, &secret, child, here);
            read_option(loader, scope, spot, child, here);
        } else if (list)
            read_list(loader, scope, list, child, here);
        else if (keys_below(loader, scope, name).n > 0 && *child->key)
            walk_map(loader, scope, child, name, here);
        else if (*path || !scope->others || !is_among(scope->others, child->key))
            unknown_key(loader, scope, child, here, path);
    }
}

static void
check_required(struct loader *loader, const struct option_list *list, const void *element,
               const struct yaml *node, const char *where)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *written = yaml_get(node, list->rows[i].name);

        if (written && !yaml_is_null(written)) /* what is wrong with it was said */
            continue;
        if (list->rows[i].is_required && !value_is_set(&list->rows[i], element))
            mistakes_add(&loader->fatal, loader->config->path, node->line, node->column,
                         "%s: %s is missing", where, list->rows[i].name);
    }
}

static void
check_secret(struct loader *loader, const struct option_list *list, const void *element,
             const struct yaml *node, const char *where)
{
    const char *names = "";

    for (size_t i = 0; list->needs_secret && i < list->n; i++) {
        if (!list->rows[i].is_secret)
            continue;
        if (value_is_set(&list->rows[i], element))
            return;
        names = arena_printf(loader->context.arena, "%s%s%s", names, *names ? " or " : "",
                             list->rows[i].name);
    }
    if (list->needs_secret)
        mistakes_add(&loader->fatal, loader->config->path, node->line, node->column,
                     "%s: %s is missing", where, names);
}

static void
check_unique(struct loader *loader, const char *name, const struct yaml *node, struct map *seen,
             const char *where)
{
    const struct yaml *key = name ? yaml_get(node, name) : NULL;

    if (key && map_get(seen, key->value))
        mistakes_add(&loader->fatal, loader->config->path, key->line, key->column,
                     "%s.%s: \"%.60s\" stands in this list twice", where, name, key->value);
    else if (key)
        map_set(seen, key->value, seen);
}

static void
read_list(struct loader *loader, const struct scope *scope, const struct option_list *list,
          const struct yaml *node, const char *path)
{
    struct map *seen;
    size_t n = 0;
    char *elements;

    if (node->kind != YAML_list && !yaml_is_null(node)) {
        walk_mistake(loader, node, path, "expected a list");
        return;
    }
    for (const struct yaml *child = node->first; child; child = child->next)
        n++;
    elements = arena_array(loader->context.arena, n, list->element_bytes);
    seen = map_new();
    n = 0;
    for (const struct yaml *child = node->first; child; child = child->next, n++) {
        void *element = elements + n * list->element_bytes;
        struct option_table table = {.rows = list->rows, .n = list->n, .target = element};
        struct scope inner = {.tables = &table,
                              .n_tables = 1,
                              .list = list->name,
                              .index = n,
                              .is_in_force = scope->is_in_force};
        const char *where = arena_printf(loader->context.arena, "%s[%zu]", path, n);

        for (size_t i = 0; i < list->n; i++)
            value_reset(&list->rows[i], element, &loader->context);
        if (scope->is_in_force)
            loader_add_element(loader, list, n, element);
        walk_map(loader, &inner, child, "", where);
        check_required(loader, list, element, child, where);
        check_secret(loader, list, element, child, where);
        check_unique(loader, list->unique, child, seen, where);
    }
    map_free(seen);
    memcpy((char *)scope->config + list->array_offset, &elements, sizeof(elements));
    memcpy((char *)scope->config + list->count_offset, &n, sizeof(n));
}
