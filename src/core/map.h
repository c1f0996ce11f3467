/* map.h — from a string to a pointer; keys are copied, values are borrowed. */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include "core/base.h"

struct map;

struct map *map_new(void); /* caller frees with map_free */
void map_free(struct map *map);

void *map_get(const struct map *map, const char *key);       /* NULL when absent */
void map_set(struct map *map, const char *key, void *value); /* value not NULL */
void map_remove(struct map *map, const char *key);
size_t map_count(const struct map *map);

/* Visit all pairs in no particular order: for (size_t i = 0; map_next(map, &i, &key, &value);) */
bool map_next(const struct map *map, size_t *i, const char **key, void **value);

#endif
