/* A configuration file. */
#include "fuzz/fuzz.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/yaml.h"

static unsigned
depth_of(const struct yaml *node)
{
    unsigned deepest = 0;

    INSIST(node->key && node->value && node->line > 0 && node->column > 0);
    for (const struct yaml *child = node->first; child; child = child->next) {
        unsigned depth = depth_of(child);

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

FUZZ(yaml)
{
    struct err err = {ERR_NONE, ""};
    struct arena *arena = arena_new();
    const struct yaml *root = yaml_parse(arena, "file", (const char *)bytes, n, &err);

    if (root)
        INSIST(depth_of(root) <= YAML_DEEPEST + 1);
    else
        INSIST(err.code != ERR_NONE && *err.message);
    arena_free(arena);
    return 0;
}
