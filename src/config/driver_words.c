/* The words of one verb: literal text with {names}, groups that depend on values, and named parts.
 */
#include <string.h>

#include "config/driver_file.h"
#include "config/value.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/yaml.h"

enum { MOST_WORDS = 256, MOST_CONDITIONS = 8 };

static const char worker_name[] = "worker";

struct writing {
    const struct reader *reader;
    const struct yaml *parts;                /* NULL: there are none, or this is one */
    struct words names;                      /* what may stand in braces */
    const char *const *when, *const *unless; /* of the group that is read */
    struct driver_word *words;
    size_t n;
    bool takes_worker, needs_worker;
};

static bool
fail(struct writing *writing, const struct yaml *node, const char *where, const char *what)
{
    mistakes_add(writing->reader->mistakes, writing->reader->path, node->line, node->column,
                 "%s: %s", where, what);
    return false;
}

static bool
is_worker(const char *name)
{
    return strcmp(name, worker_name) == 0;
}

static bool
has_worker(const char *const *names)
{
    for (size_t i = 0; names && names[i]; i++)
        if (is_worker(names[i]))
            return true;
    return false;
}

static bool
check_name(struct writing *writing, const struct yaml *node, const char *where, const char *name)
{
    struct arena *arena = writing->reader->mistakes->arena;

    if (words_have(&writing->names, name))
        return true;
    return fail(writing, node, where,
                arena_printf(arena, "there is no field \"%.40s\"%s", name,
                             words_advice(&writing->names, arena, name)));
}

static bool
read_word(struct writing *writing, const struct yaml *node, const char *where)
{
    const char *text = node->value, *name;
    size_t n;

    if (value_is_secret(node->value))
        return fail(writing, node, where, "a secret does not belong into a command's arguments");
    while ((name = driver_next_name(&text, &n))) {
        name = arena_strndup(writing->reader->mistakes->arena, name, n);
        if (!check_name(writing, node, where, name))
            return false;
        if (is_worker(name)) {
            writing->takes_worker = true;
            writing->needs_worker = writing->needs_worker || !has_worker(writing->when);
        }
    }
    if (writing->n == MOST_WORDS)
        return fail(writing, node, where, "too many words");
    writing->words[writing->n++] =
        (struct driver_word){.text = node->value, .when = writing->when, .unless = writing->unless};
    return true;
}

/* One name, or a list of them, appended to *names: a group in a group needs the conditions of both.
 */
static bool
read_condition(struct writing *writing, const struct yaml *node, const char *where,
               const char *const **names)
{
    const char **all =
        arena_array(writing->reader->mistakes->arena, MOST_CONDITIONS + 1, sizeof(*all));
    const struct yaml *first = node->kind == YAML_list ? node->first : node;
    size_t n = 0;

    if (node->kind == YAML_map || !first)
        return reader_fail(writing->reader, node, where, "a field's name, or a list of them", NULL);
    for (; *names && (*names)[n]; n++)
        all[n] = (*names)[n];
    for (const struct yaml *name = first; name; name = node == first ? NULL : name->next) {
        if (n == MOST_CONDITIONS)
            return fail(writing, name, where, "too many names");
        if (!check_name(writing, name, where, name->value))
            return false;
        writing->takes_worker = writing->takes_worker || is_worker(name->value);
        all[n++] = name->value;
    }
    *names = all;
    return true;
}

static bool read_words(struct writing *writing, const struct yaml *list, const char *where);

static bool
read_part(struct writing *writing, const struct yaml *name, const char *where)
{
    const struct yaml *parts = writing->parts, *part = yaml_get(parts, name->value);
    struct arena *arena = writing->reader->mistakes->arena;
    struct words names = {0};
    bool is_good;

    for (const struct yaml *other = parts ? parts->first : NULL; other; other = other->next)
        words_add(&names, arena, other->key);
    if (!part)
        return fail(writing, name, where,
                    arena_printf(arena, "there is no part \"%.40s\"%s", name->value,
                                 words_advice(&names, arena, name->value)));
    writing->parts = NULL; /* a part has none, so that it cannot be in itself */
    is_good = read_words(writing, part, arena_printf(arena, "parts.%s", part->key));
    writing->parts = parts;
    return is_good;
}

static bool
read_remote_shell(struct writing *writing, const struct yaml *node, const char *where)
{
    bool is_true = strcmp(node->value, "true") == 0;

    if (!is_true && strcmp(node->value, "false") != 0)
        return reader_fail(writing->reader, node, where, "true or false", NULL);
    if (is_true)
        writing->words[writing->n - 1].opens_remote_shell = true;
    return true;
}

static bool
check_group(struct writing *writing, const struct yaml *group, const char *where)
{
    static const char *const keys[] = {"when", "unless", "words", "remote_shell"};
    struct words valid = {0};
    size_t before = writing->reader->mistakes->n;

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        words_add(&valid, writing->reader->mistakes->arena, keys[i]);
    for (const struct yaml *key = group->first; key; key = key->next)
        if (!words_have(&valid, key->key))
            reader_unknown_key(writing->reader, key, where, &valid);
    if (writing->reader->mistakes->n == before && !yaml_get(group, "words"))
        fail(writing, group, where, "words is missing");
    return writing->reader->mistakes->n == before;
}

/* {when: …, unless: …, words: […], remote_shell: true} */
static bool
read_group(struct writing *writing, const struct yaml *group, const char *where)
{
    const struct yaml *when = yaml_get(group, "when"), *unless = yaml_get(group, "unless");
    const struct yaml *shell = yaml_get(group, "remote_shell");
    const char *const *outer_when = writing->when, *const *outer_unless = writing->unless;

    if (!check_group(writing, group, where) ||
        (when && !read_condition(writing, when, where, &writing->when)) ||
        (unless && !read_condition(writing, unless, where, &writing->unless)) ||
        !read_words(writing, yaml_get(group, "words"), where))
        return false;
    writing->when = outer_when;
    writing->unless = outer_unless;
    return !shell || read_remote_shell(writing, shell, where);
}

static bool
read_words(struct writing *writing, const struct yaml *list, const char *where)
{
    bool is_good = true;

    if (list->kind != YAML_list || !list->first)
        return reader_fail(writing->reader, list, where, "a list of words, each in quotes", NULL);
    for (const struct yaml *node = list->first; node && is_good; node = node->next) {
        const struct yaml *part = yaml_get(node, "part");

        if (node->kind == YAML_scalar)
            is_good = read_word(writing, node, where);
        else if (part && !part->next && node->first == part)
            is_good = read_part(writing, part, where);
        else if (node->kind == YAML_map)
            is_good = read_group(writing, node, where);
        else
            is_good = fail(writing, node, where, "a list cannot stand in a list");
    }
    return is_good;
}

/* {deadline: SECONDS, words: […]}; the list of words, or NULL and a mistake. */
static const struct yaml *
read_frame(const struct reader *reader, const struct yaml *node, const char *where,
           int64_t *deadline_ms)
{
    const struct yaml *words = yaml_get(node, "words"), *deadline = yaml_get(node, "deadline");
    struct words valid = {0};

    if (node->kind != YAML_map)
        return node;
    words_add(&valid, reader->mistakes->arena, "deadline");
    words_add(&valid, reader->mistakes->arena, "words");
    for (const struct yaml *key = node->first; key; key = key->next)
        if (!words_have(&valid, key->key)) {
            reader_unknown_key(reader, key, where, &valid);
            return NULL;
        }
    if (!words)
        mistakes_add(reader->mistakes, reader->path, node->line, node->column,
                     "%s: words is missing", where);
    if (deadline && !driver_deadline_read(reader, deadline, where, deadline_ms))
        return NULL;
    return words;
}

bool
driver_verb_read(const struct reader *reader, const struct yaml *node, const char *where,
                 const struct driver *driver, const struct yaml *parts, struct driver_template *out)
{
    struct arena *arena = reader->mistakes->arena;
    struct driver_word room[MOST_WORDS], *kept;
    struct writing writing = {.reader = reader, .parts = parts, .words = room};
    int64_t deadline_ms = out->deadline_ms;
    const struct yaml *words = read_frame(reader, node, where, &deadline_ms);

    if (!words)
        return false;
    for (size_t i = 0; i < driver->n_fields; i++)
        words_add(&writing.names, arena, driver->fields[i].name);
    if (driver->worker_pattern)
        words_add(&writing.names, arena, worker_name);
    if (!read_words(&writing, words, where))
        return false;
    kept = arena_array(arena, writing.n, sizeof(*kept));
    memcpy(kept, room, writing.n * sizeof(*kept));
    *out = (struct driver_template){
        .words = kept,
        .n = writing.n,
        .takes_worker = writing.takes_worker,
        .needs_worker = writing.needs_worker,
        .deadline_ms = deadline_ms,
    };
    return true;
}
