/* walk.h — a map of the file read with tables in hand, so that whatever no table knows is a
 * mistake.
 */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

#include "config/loader.h"
#include "core/yaml.h"

/* What may stand in one map and below it. */
struct scope {
    const struct option_table *tables;
    size_t n_tables;
    const struct option_list *lists; /* their arrays are in *config */
    size_t n_lists;
    struct config *config;
    const char *const *others; /* only at the top level: keys read elsewhere, NULL-terminated */
    const char *list;          /* inside an element of a list: its name and the element's index */
    size_t index;
    bool is_in_force; /* else checked only, and not noted */
};

/* Set what the map says. path: what the tables call this map, "" at their top; where: what messages
 * call it. */
void walk_map(struct loader *loader, const struct scope *scope, const struct yaml *map,
              const char *path, const char *where);

/* True, and one mistake, when a secret itself was written down. */
bool walk_refuse_secret(struct loader *loader, const struct yaml *node, const char *where);

/* A mistake at a node's value. */
void walk_mistake(struct loader *loader, const struct yaml *node, const char *where,
                  const char *what);

#endif
