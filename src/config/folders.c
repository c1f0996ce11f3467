#include "config/folders.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

static const char suffix[] = ".yaml";

struct list {
    struct arena *arena;
    struct folder_file *files;
    size_t n, room, longest_name;
};

static void
add(struct list *list, const char *folder, const char *entry)
{
    size_t n = strlen(entry), end = strlen(suffix);

    if (n <= end || n - end > list->longest_name)
        return;
    if (list->n == list->room) {
        struct folder_file *larger = arena_array(list->arena, list->room * 2 + 8, sizeof(*larger));

        if (list->n > 0)
            memcpy(larger, list->files, list->n * sizeof(*larger));
        list->files = larger;
        list->room = list->room * 2 + 8;
    }
    list->files[list->n++] = (struct folder_file){
        .path = arena_printf(list->arena, "%s/%s", folder, entry),
        .name = arena_strndup(list->arena, entry, n - end),
    };
}

static int
is_yaml(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t n = strlen(name), end = strlen(suffix);

    return name[0] != '.' && n > end && strcmp(name + n - end, suffix) == 0;
}

const struct folder_file *
folders_list(struct arena *arena, const char *const *folders, size_t longest_name, size_t *n)
{
    struct list list = {.arena = arena, .longest_name = longest_name};

    for (size_t i = 0; folders && folders[i]; i++) {
        struct dirent **entries;
        int found = scandir(folders[i], &entries, is_yaml, alphasort);

        for (int j = 0; j < found; j++) {
            add(&list, folders[i], entries[j]->d_name);
            free(entries[j]);
        }
        if (found >= 0)
            free(entries);
    }
    *n = list.n;
    return list.files;
}
