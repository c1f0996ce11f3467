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
find(struct loader *loader, const char *name)
{
    for (size_t i = 0; i < loader->n_drivers; i++)
        if (strcmp(loader->drivers[i].driver.name, name) == 0)
            return &loader->drivers[i];
    return NULL;
}

static void
read_driver(struct loader *loader, struct driver_entry *entry)
{
    struct err err = {0};
    const struct yaml *root = yaml_load(loader->context.arena, entry->driver.path, &err);

    entry->mistakes.arena = loader->context.arena;
    if (!root)
        mistakes_add(&entry->mistakes, "", 0, 0, "%s", err.message);
    else
        driver_file_read(root, &entry->driver, &entry->mistakes);
}

void
loader_read_drivers(struct loader *loader)
{
    struct arena *arena = loader->context.arena;
    const struct driver **drivers;
    const struct folder_file *files;
    size_t n;

    files = folders_list(arena, loader->request->driver_folders, LONGEST_NAME, &n);
    loader->drivers = arena_array(arena, n, sizeof(*loader->drivers));
    drivers = arena_array(arena, n, sizeof(*drivers));
    for (size_t i = 0; i < n; i++) {
        struct driver_entry *entry = find(loader, files[i].name);

        if (!entry)
            entry = &loader->drivers[loader->n_drivers++];
        entry->driver = (struct driver){.name = files[i].name, .path = files[i].path};
    }
    for (size_t i = 0; i < loader->n_drivers; i++) {
        read_driver(loader, &loader->drivers[i]);
        if (loader->drivers[i].mistakes.n == 0)
            drivers[loader->config->n_drivers++] = &loader->drivers[i].driver;
    }
    loader->config->drivers = drivers;
}

const struct driver *
loader_find_driver(struct loader *loader, const struct yaml *name, const char *where)
{
    struct driver_entry *entry = find(loader, name->value);
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
