#include "config/loader.h"

#include "core/arena.h"

void
loader_read_themes(struct loader *loader)
{
    struct theme *themes = arena_array(loader->context.arena, 1, sizeof(*themes));

    themes[0] = *theme_builtin();
    loader->config->themes = themes;
    loader->config->n_themes = 1;
}
