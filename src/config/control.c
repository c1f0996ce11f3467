#include "config/control.h"

#include <string.h>

#include "config/driver_file.h"
#include "core/arena.h"

/* One control while it is read. */
struct controlling {
    struct loader *loader;
    const struct scope *scope;
    const struct option *option; /* its row */
    const struct yaml *node;
    const char *where;
    struct reader reader;
    struct driver *driver; /* this control's own copy */
    const char **values;
};

static const char *
below(const struct controlling *controlling, const char *key)
{
    return arena_printf(controlling->loader->context.arena, "%s.%s", controlling->where, key);
}

/* node NULL: nobody set it. */
static void
note(const struct controlling *controlling, const char *name, enum option_type type,
     const void *target, size_t offset, const struct yaml *node)
{
    struct arena *arena = controlling->loader->context.arena;
    struct option *option = arena_alloc(arena, sizeof(*option));

    if (!controlling->scope->is_in_force)
        return;
    *option = (struct option){.name = arena_printf(arena, "%s.%s", controlling->option->name, name),
                              .type = type,
                              .offset = offset,
                              .scale = type == OPTION_INT ? 1000 : 0,
                              .unit = type == OPTION_INT ? "s" : NULL,
                              .unset = -1,
                              .help = ""};
    loader_add_setting(controlling->loader,
                       (struct config_setting){.option = option,
                                               .target = target,
                                               .list = controlling->scope->list,
                                               .index = controlling->scope->index,
                                               .origin = node ? ORIGIN_file : ORIGIN_default,
                                               .line = node ? node->line : 0,
                                               .column = node ? node->column : 0});
}

static void
read_deadline(struct controlling *controlling, const struct yaml *node)
{
    int64_t ms;

    if (!driver_deadline_read(&controlling->reader, node, below(controlling, "deadline"), &ms))
        return;
    for (int verb = 0; verb < DRIVER_VERBS; verb++)
        controlling->driver->verbs[verb].deadline_ms = ms;
    note(controlling, "deadline", OPTION_INT, &controlling->driver->verbs[0],
         offsetof(struct driver_template, deadline_ms), node);
}

static void
read_environment(struct controlling *controlling, const struct yaml *node)
{
    if (driver_environment_read(&controlling->reader, node, below(controlling, "environment"),
                                &controlling->driver->environment))
        note(controlling, "environment", OPTION_WORDS, controlling->driver,
             offsetof(struct driver, environment), node);
}

static void
read_field(struct controlling *controlling, size_t i, const struct yaml *node)
{
    const struct driver_field *field = &controlling->driver->fields[i];
    const char *where = below(controlling, field->name);
    struct err err = {0};

    if (walk_refuse_secret(controlling->loader, node, where))
        return;
    if (node->kind != YAML_scalar)
        reader_fail(&controlling->reader, node, where, "text", NULL);
    else if (yaml_is_null(node) && *node->value)
        return; /* an explicit null leaves the default */
    else if (!driver_value_fits(field, node->value, &err))
        walk_mistake(controlling->loader, node, where, err.message);
    else
        controlling->values[i] = node->value;
}

static void
read_fields(struct controlling *controlling)
{
    const struct driver *driver = controlling->driver;

    for (size_t i = 0; i < driver->n_fields; i++) {
        const char *name = driver->fields[i].name;
        const struct yaml *node = yaml_get(controlling->node, name);

        controlling->values[i] = driver->fields[i].fallback;
        if (node)
            read_field(controlling, i, node);
        else if (driver->fields[i].is_required && !driver->fields[i].fallback)
            mistakes_add(&controlling->loader->fatal, controlling->reader.path,
                         controlling->node->line, controlling->node->column,
                         "%s: %s is missing: %s", controlling->where, name, driver->fields[i].help);
        note(controlling, name, OPTION_STRING, controlling->values, i * sizeof(const char *), node);
    }
}

/* The words of a verb as they were written, for showing. */
static void
note_verb(struct controlling *controlling, enum driver_verb verb, const struct yaml *node)
{
    const struct driver_template *template = &controlling->driver->verbs[verb];
    struct arena *arena = controlling->loader->context.arena;
    const char **words = arena_array(arena, template->n + 1, sizeof(*words));
    const char *const **target = arena_alloc(arena, sizeof(*target));

    for (size_t i = 0; i < template->n; i++)
        words[i] = template->words[i].text;
    *target = words;
    note(controlling, driver_verb_name(verb), OPTION_WORDS, target, 0, node);
}

static void
read_verbs(struct controlling *controlling)
{
    struct driver *driver = controlling->driver;
    bool is_any = false;

    for (int i = 0; driver->is_configured && i < DRIVER_VERBS; i++) {
        const char *name = driver_verb_name((enum driver_verb)i);
        const struct yaml *node = yaml_get(controlling->node, name);

        is_any = is_any || node;
        if (node && driver_verb_read(&controlling->reader, node, below(controlling, name), driver,
                                     NULL, &driver->verbs[i]))
            note_verb(controlling, (enum driver_verb)i, node);
        if (i == DRIVER_list && driver->verbs[i].takes_worker)
            walk_mistake(controlling->loader, node, below(controlling, name),
                         "it is for all workers, not for one");
    }
    if (driver->is_configured && !is_any)
        walk_mistake(controlling->loader, controlling->node, controlling->where,
                     "expected at least one of list, drain, restart, start, status, logs");
}

static void
refuse_unknown_keys(struct controlling *controlling)
{
    static const char *const keys[] = {"driver", "deadline", "environment"};
    const struct driver *driver = controlling->driver;
    struct arena *arena = controlling->loader->context.arena;
    struct words valid = {0};

    for (size_t i = 0; i < driver->n_fields; i++)
        words_add(&valid, arena, driver->fields[i].name);
    for (int verb = 0; driver->is_configured && verb < DRIVER_VERBS; verb++)
        words_add(&valid, arena, driver_verb_name((enum driver_verb)verb));
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        words_add(&valid, arena, keys[i]);
    for (const struct yaml *key = controlling->node->first; key; key = key->next) {
        if (words_have(&valid, key->key))
            continue;
        if (driver_verb_find(key->key) == DRIVER_VERBS)
            reader_unknown_key(&controlling->reader, key, controlling->where, &valid);
        else
            mistakes_add(controlling->reader.mistakes, controlling->reader.path, key->key_line,
                         key->key_column, "%s: a command stands here with \"driver: command\" only",
                         below(controlling, key->key));
    }
}

static void
read_all(struct controlling *controlling)
{
    const struct yaml *deadline = yaml_get(controlling->node, "deadline");
    const struct yaml *environment = yaml_get(controlling->node, "environment");

    refuse_unknown_keys(controlling);
    if (deadline) /* before the verbs, which may say their own */
        read_deadline(controlling, deadline);
    if (environment)
        read_environment(controlling, environment);
    read_fields(controlling);
    read_verbs(controlling);
}

void
control_read(struct loader *loader, const struct scope *scope, const struct option *option,
             const struct yaml *node, const char *where, struct driver_use *out)
{
    struct controlling controlling = {
        .loader = loader,
        .scope = scope,
        .option = option,
        .node = node,
        .where = where,
        .reader = {.path = loader->config->path, .mistakes = &loader->fatal},
    };
    const struct yaml *name = yaml_get(node, "driver");
    const struct driver *driver;

    if (yaml_is_null(node))
        return;
    if (node->kind != YAML_map || !name) {
        walk_mistake(loader, node, where, "expected a map, as in {driver: systemd, …}");
        return;
    }
    driver = loader_find_driver(loader, name, below(&controlling, "driver"));
    if (!driver)
        return;
    controlling.driver = arena_alloc(loader->context.arena, sizeof(*driver));
    *controlling.driver = *driver;
    controlling.values =
        arena_array(loader->context.arena, driver->n_fields + 1, sizeof(*controlling.values));
    *out = (struct driver_use){controlling.driver, controlling.values};
    if (scope->is_in_force)
        loader_note(loader, option, (const char *)out - option->offset, ORIGIN_file, name);
    read_all(&controlling);
}
