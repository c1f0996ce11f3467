/* Drivers of all folders: a later folder's driver takes the place of an earlier one's of that name.
 */
#include <string.h>

#include "config/driver_file.h"
#include "config/folders.h"
#include "config/loader.h"
#include "core/arena.h"
#include "core/yaml.h"

enum { LONGEST_NAME = 64 };

struct driver_entry {
    struct driver driver;
    struct mistakes mistakes;
    bool is_used;
};

static struct driver_entry *
find(struct driver_entry *entries, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(entries[i].driver.name, name) == 0)
            return &entries[i];
    return NULL;
}

static void
read_driver(struct arena *arena, struct driver_entry *entry)
{
    struct err err = {0};
    const struct yaml *root = yaml_load(arena, entry->driver.path, &err);

    entry->mistakes.arena = arena;
    if (!root)
        mistakes_add(&entry->mistakes, "", 0, 0, "%s", err.message);
    else
        driver_file_read(root, &entry->driver, &entry->mistakes);
}

static struct driver_entry *
read_folders(struct arena *arena, const char *const *folders, size_t *n)
{
    size_t n_files;
    const struct folder_file *files = folders_list(arena, folders, LONGEST_NAME, &n_files);
    struct driver_entry *entries = arena_array(arena, n_files, sizeof(*entries));

    *n = 0;
    for (size_t i = 0; i < n_files; i++) {
        struct driver_entry *entry = find(entries, *n, files[i].name);

        if (!entry)
            entry = &entries[(*n)++];
        entry->driver = (struct driver){.name = files[i].name, .path = files[i].path};
    }
    for (size_t i = 0; i < *n; i++)
        read_driver(arena, &entries[i]);
    return entries;
}

void
loader_read_drivers(struct loader *loader)
{
    struct arena *arena = loader->context.arena;
    const struct driver **drivers;

    loader->drivers = read_folders(arena, loader->request->driver_folders, &loader->n_drivers);
    drivers = arena_array(arena, loader->n_drivers, sizeof(*drivers));
    for (size_t i = 0; i < loader->n_drivers; i++)
        if (loader->drivers[i].mistakes.n == 0)
            drivers[loader->config->n_drivers++] = &loader->drivers[i].driver;
    loader->config->drivers = drivers;
}

const struct driver *
loader_find_driver(struct loader *loader, const struct yaml *name, const char *where)
{
    struct driver_entry *entry = find(loader->drivers, loader->n_drivers, name->value);
    struct words names = {0};

    for (size_t i = 0; i < loader->n_drivers; i++)
        words_add(&names, loader->context.arena, loader->drivers[i].driver.name);
    if (!entry)
        mistakes_add(&loader->fatal, loader->config->path, name->line, name->column,
                     "%s: there is no driver \"%.40s\"%s", where, name->value,
                     words_advice(&names, loader->context.arena, name->value));
    else
        entry->is_used = true;
    return entry && entry->mistakes.n == 0 ? &entry->driver : NULL;
}

void
loader_judge_drivers(struct loader *loader)
{
    for (size_t i = 0; i < loader->n_drivers; i++) {
        const struct driver_entry *entry = &loader->drivers[i];

        mistakes_append(entry->is_used ? &loader->fatal : &loader->minor, &entry->mistakes);
    }
}

static void
help_driver(const struct driver *driver, FILE *out)
{
    fprintf(out, "  %s\n      %s [", driver->name, driver->about);
    for (int verb = 0; !driver->is_configured && verb < DRIVER_VERBS; verb++)
        if (driver->verbs[verb].n > 0)
            fprintf(out, "%s%s", verb ? " " : "", driver_verb_name((enum driver_verb)verb));
    if (!driver->is_configured)
        fputs("; one worker alone:", out);
    for (int verb = 0; !driver->is_configured && verb < DRIVER_VERBS; verb++)
        if (driver->verbs[verb].takes_worker)
            fprintf(out, " %s", driver_verb_name((enum driver_verb)verb));
    fprintf(out, "%s]\n", driver->is_configured ? "its commands stand beside its name" : "");
    for (size_t i = 0; i < driver->n_fields; i++) {
        const struct driver_field *field = &driver->fields[i];

        fprintf(out, "  %s.%s\n      %s [%s%s]\n", driver->name, field->name, field->help,
                field->fallback      ? "default "
                : field->is_required ? "required"
                                     : "not set",
                field->fallback ? field->fallback : "");
    }
}

void
config_help_drivers(const char *const *folders, FILE *out)
{
    struct arena *arena = arena_new();
    size_t n;
    const struct driver_entry *entries = read_folders(arena, folders, &n);

    for (size_t i = 0; i < n; i++)
        if (entries[i].mistakes.n == 0)
            help_driver(&entries[i].driver, out);
    arena_free(arena);
}
