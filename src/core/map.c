#include "core/map.h"

#include <stdlib.h>
#include <string.h>

#include "core/die.h"

/* Open addressing with linear probing; a removed pair leaves the key "removed" behind. */
struct pair {
    char *key;
    void *value;
};

struct map {
    struct pair *pairs;
    size_t size;   /* a power of two */
    size_t filled; /* pairs and removed places */
    size_t count;
};

static char removed[] = "";

static uint64_t
hash(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

static struct pair *
pairs_new(size_t size)
{
    struct pair *pairs = calloc(size, sizeof(*pairs));

    if (!pairs)
        die("out of memory");
    return pairs;
}

struct map *
map_new(void)
{
    struct map *map = calloc(1, sizeof(*map));

    if (!map)
        die("out of memory");
    map->size = 16;
    map->pairs = pairs_new(map->size);
    return map;
}

static void
pairs_free(struct pair *pairs, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (pairs[i].key != removed)
            free(pairs[i].key);
    free(pairs);
}

void
map_free(struct map *map)
{
    if (!map)
        return;
    pairs_free(map->pairs, map->size);
    free(map);
}

/* The place of key, or the empty place where it would go. */
static struct pair *
find(const struct map *map, const char *key)
{
    size_t i = (size_t)hash(key) & (map->size - 1);

    while (map->pairs[i].key &&
           (map->pairs[i].key == removed || strcmp(map->pairs[i].key, key) != 0))
        i = (i + 1) & (map->size - 1);
    return &map->pairs[i];
}

void *
map_get(const struct map *map, const char *key)
{
    return find(map, key)->value;
}

static void
grow(struct map *map)
{
    struct pair *old = map->pairs;
    size_t old_size = map->size;

    if (map->count * 2 >= map->size)
        map->size *= 2;
    map->pairs = pairs_new(map->size);
    map->filled = map->count;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].key && old[i].key != removed)
            *find(map, old[i].key) = old[i];
    free(old);
}

void
map_set(struct map *map, const char *key, void *value)
{
    struct pair *pair = find(map, key);

    if (!pair->key) {
        if (map->filled * 4 >= map->size * 3) {
            grow(map);
            pair = find(map, key);
        }
        pair->key = strdup(key);
        if (!pair->key)
            die("out of memory");
        map->filled++;
        map->count++;
    }
    pair->value = value;
}

void
map_remove(struct map *map, const char *key)
{
    struct pair *pair = find(map, key);

    if (!pair->key)
        return;
    free(pair->key);
    pair->key = removed;
    pair->value = NULL;
    map->count--;
}

size_t
map_count(const struct map *map)
{
    return map->count;
}

bool
map_next(const struct map *map, size_t *i, const char **key, void **value)
{
    for (; *i < map->size; *i += 1) {
        const struct pair *pair = &map->pairs[*i];

        if (!pair->key || pair->key == removed)
            continue;
        *key = pair->key;
        *value = pair->value;
        *i += 1;
        return true;
    }
    return false;
}
