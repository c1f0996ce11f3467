/* folders.h — the YAML files of several folders, by name. */
#ifndef CONFIG_FOLDERS_H
#define CONFIG_FOLDERS_H

#include "core/base.h"

struct arena;

struct folder_file {
    const char *path;
    const char *name; /* of the file without .yaml */
};

/* All of them: folder by folder, each in the order of its names; owned by the arena. Hidden files,
 * and names of more than longest_name bytes, are left out, as are folders that cannot be read.
 * folders: NULL-terminated, or NULL. */
const struct folder_file *folders_list(struct arena *arena, const char *const *folders,
                                       size_t longest_name, size_t *n);

#endif
