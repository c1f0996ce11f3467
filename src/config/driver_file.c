#include "config/driver_file.h"

#include <string.h>

#include "config/value.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/yaml.h"

enum { DEADLINE_MS = 30000, MOST_FIELDS = 64, MOST_VARIABLES = 64, LONGEST_FIELD = 32 };

/* what a control in the configuration says besides fields (config/control.c) */
static const char *const reserved[] = {"driver", "worker", "deadline", "environment"};

static bool
fail(const struct reader *reader, const struct yaml *node, const char *where, const char *what)
{
    mistakes_add(reader->mistakes, reader->path, node->line, node->column, "%s: %s", where, what);
    return false;
}

bool
driver_deadline_read(const struct reader *reader, const struct yaml *node, const char *where,
                     int64_t *ms)
{
    int64_t seconds;

    if (node->kind != YAML_scalar || !int_parse(node->value, &seconds) || seconds < 1 ||
        seconds > DRIVER_LONGEST_DEADLINE_S)
        return reader_fail(reader, node, where, "a deadline of 1 to 3600 seconds", NULL);
    *ms = seconds * 1000;
    return true;
}

bool
driver_environment_read(const struct reader *reader, const struct yaml *node, const char *where,
                        const char *const **names)
{
    const char **all = arena_array(reader->mistakes->arena, MOST_VARIABLES + 1, sizeof(*all));
    size_t n = 0;

    if (node->kind != YAML_list)
        return reader_fail(reader, node, where, "a list of variables' names", NULL);
    while (*names && (*names)[n] && n < MOST_VARIABLES) {
        all[n] = (*names)[n];
        n++;
    }
    for (const struct yaml *name = node->first; name; name = name->next) {
        if (n == MOST_VARIABLES)
            return fail(reader, name, where, "too many variables");
        if (!value_is_variable(name->value))
            return reader_fail(reader, name, where, "the name of a variable", NULL);
        all[n++] = name->value;
    }
    *names = all;
    return true;
}

/* A map whose keys are all among `keys` (NULL-terminated). */
static bool
check_keys(const struct reader *reader, const struct yaml *map, const char *where,
           const char *const *keys)
{
    struct words valid = {0};
    size_t before = reader->mistakes->n;

    if (map->kind != YAML_map)
        return reader_fail(reader, map, *where ? where : "driver", "a map of keys and values",
                           NULL);
    for (size_t i = 0; keys[i]; i++)
        words_add(&valid, reader->mistakes->arena, keys[i]);
    for (const struct yaml *key = map->first; key; key = key->next)
        if (!words_have(&valid, key->key))
            reader_unknown_key(reader, key, where, &valid);
    return reader->mistakes->n == before;
}

/* The text of map.key; NULL when it is not there, and a mistake when it is no text. */
static const char *
text_of(const struct reader *reader, const struct yaml *map, const char *key, const char *where)
{
    const struct yaml *node = yaml_get(map, key);

    if (!node || (node->kind == YAML_scalar && *node->value))
        return node ? node->value : NULL;
    reader_fail(reader, node, where, "text", NULL);
    return NULL;
}

static bool
bool_of(const struct reader *reader, const struct yaml *map, const char *key, const char *where)
{
    const char *text = text_of(reader, map, key, where);

    if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        reader_fail(reader, yaml_get(map, key), where, "true or false", NULL);
    return text && *text == 't';
}

static bool
is_field_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return false;
    return *name && strlen(name) <= LONGEST_FIELD &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name) &&
           driver_verb_find(name) == DRIVER_VERBS;
}

static void
check_pattern(const struct reader *reader, const struct yaml *node, const char *where)
{
    struct err err = {0};

    if (!driver_pattern_is_valid(node->value, &err))
        fail(reader, node, where, err.message);
}

static void
read_field(const struct reader *reader, const struct yaml *node, struct driver_field *field)
{
    static const char *const keys[] = {"help", "pattern", "default", "required", NULL};
    const char *where = arena_printf(reader->mistakes->arena, "fields.%.40s", node->key);
    size_t before = reader->mistakes->n;
    struct err err = {0};

    field->name = node->key;
    if (!check_keys(reader, node, where, keys))
        return;
    if (!is_field_name(node->key))
        mistakes_add(reader->mistakes, reader->path, node->key_line, node->key_column,
                     "%s: a field's name has letters a to z and _, and means nothing else", where);
    field->help = text_of(reader, node, "help", where);
    field->pattern = text_of(reader, node, "pattern", where);
    field->fallback = text_of(reader, node, "default", where);
    field->is_required = bool_of(reader, node, "required", where);
    if (reader->mistakes->n == before && (!field->help || !field->pattern))
        fail(reader, node, where, field->help ? "pattern is missing" : "help is missing");
    if (reader->mistakes->n == before)
        check_pattern(reader, yaml_get(node, "pattern"), where);
    if (reader->mistakes->n == before && field->fallback &&
        !driver_value_fits(field, field->fallback, &err))
        fail(reader, yaml_get(node, "default"), where, err.message);
}

static void
read_fields(const struct reader *reader, const struct yaml *node, struct driver *driver)
{
    struct driver_field *fields =
        arena_array(reader->mistakes->arena, MOST_FIELDS, sizeof(*fields));

    driver->fields = fields;
    if (!node)
        return;
    if (node->kind != YAML_map) {
        reader_fail(reader, node, "fields", "a map of fields", NULL);
        return;
    }
    for (const struct yaml *field = node->first; field; field = field->next) {
        if (driver->n_fields == MOST_FIELDS) {
            fail(reader, field, "fields", "too many fields");
            return;
        }
        read_field(reader, field, &fields[driver->n_fields++]);
    }
}

static void
read_verbs(const struct reader *reader, const struct yaml *root, struct driver *driver)
{
    const struct yaml *verbs = yaml_get(root, "verbs"), *parts = yaml_get(root, "parts");
    const char *names[DRIVER_VERBS + 1] = {NULL};

    for (int verb = 0; verb < DRIVER_VERBS; verb++)
        names[verb] = driver_verb_name((enum driver_verb)verb);
    if (driver->is_configured != !verbs) {
        fail(reader, verbs ? verbs : root, "verbs",
             verbs ? "a driver that is configured has none of its own" : "none is there");
        return;
    }
    if (!verbs || !check_keys(reader, verbs, "verbs", names))
        return;
    for (const struct yaml *verb = verbs->first; verb; verb = verb->next)
        driver_verb_read(reader, verb, arena_printf(reader->mistakes->arena, "verbs.%s", verb->key),
                         driver, parts, &driver->verbs[driver_verb_find(verb->key)]);
    if (driver->verbs[DRIVER_list].takes_worker)
        fail(reader, yaml_get(verbs, "list"), "verbs.list", "it is for all workers, not for one");
}

bool
driver_file_read(const struct yaml *root, struct driver *driver, struct mistakes *mistakes)
{
    static const char *const keys[] = {"about",    "configured", "environment", "fields", "worker",
                                       "deadline", "parts",      "verbs",       NULL};
    const struct reader reader = {.path = driver->path, .mistakes = mistakes};
    const struct yaml *environment = yaml_get(root, "environment"),
                      *deadline = yaml_get(root, "deadline"), *worker = yaml_get(root, "worker");
    int64_t deadline_ms = DEADLINE_MS;
    size_t before = mistakes->n;

    if (!check_keys(&reader, root, "", keys))
        return false;
    driver->about = text_of(&reader, root, "about", "about");
    driver->worker_pattern = text_of(&reader, root, "worker", "worker");
    driver->is_configured = bool_of(&reader, root, "configured", "configured");
    driver->environment = arena_array(mistakes->arena, 1, sizeof(*driver->environment));
    if (!driver->about && mistakes->n == before)
        fail(&reader, root, "about", "it is missing");
    if (driver->worker_pattern)
        check_pattern(&reader, worker, "worker");
    if (environment)
        driver_environment_read(&reader, environment, "environment", &driver->environment);
    if (deadline)
        driver_deadline_read(&reader, deadline, "deadline", &deadline_ms);
    for (int verb = 0; verb < DRIVER_VERBS; verb++)
        driver->verbs[verb].deadline_ms = deadline_ms;
    read_fields(&reader, yaml_get(root, "fields"), driver);
    if (mistakes->n == before) /* words can only be judged by fields that are right */
        read_verbs(&reader, root, driver);
    if (mistakes->n == before && !driver->worker_pattern &&
        (driver->is_configured || driver->verbs[DRIVER_list].n > 0))
        fail(&reader, root, "worker", "what list prints needs the pattern of a worker's name");
    return mistakes->n == before;
}
