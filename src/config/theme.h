/* theme.h — one theme file: roles with their colours, attributes and glyphs. */
#ifndef CONFIG_THEME_H
#define CONFIG_THEME_H

#include "config/mistakes.h"
#include "core/style.h"

struct yaml;

/* Change theme by what the file says: name, borders, graph, roles; what it does not mention stays.
 * Mistakes name the file, line and column; false when there were any. `extends` is the caller's. */
bool theme_read(const struct yaml *root, const char *path, struct theme *theme,
                struct mistakes *mistakes);

/* What a theme must keep whatever it extends: state is told by glyph before colour. Notes what is
 * not so; false then. */
bool theme_check(const struct theme *theme, const char *path, struct mistakes *mistakes);

#endif
