/* style.h — how a meaning looks: roles, and the theme that gives each a colour, an attribute and a
 * glyph.
 *
 * Here, below both, because the configuration reads themes and the screen draws with them. */
#ifndef CORE_STYLE_H
#define CORE_STYLE_H

#include "core/base.h"

enum role {
#define ROLE(id, what) ROLE_##id,
#include "core/roles.def"
#undef ROLE
    ROLE_COUNT
};

enum {
    STYLE_BOLD = 1,
    STYLE_DIM = 2,
    STYLE_REVERSE = 4,
    STYLE_UNDERLINE = 8,
};

#define COLOUR_DEFAULT (-1)

enum { GLYPH_BYTES = 8 };

struct style {
    int32_t fg, bg;     /* 0xRRGGBB, or COLOUR_DEFAULT: the terminal's own */
    int16_t fg16, bg16; /* 0 to 15, or COLOUR_DEFAULT; for terminals with 8 or 16 colours */
    uint8_t attributes; /* STYLE_ bits */
    char glyph[GLYPH_BYTES], ascii[GLYPH_BYTES]; /* one cell each; "" where the role has none */
};

enum borders { BORDERS_light, BORDERS_heavy, BORDERS_ascii, BORDERS_none };
enum graph { GRAPH_block, GRAPH_braille, GRAPH_ascii };

struct theme {
    char name[32];
    struct style role[ROLE_COUNT];
    enum borders borders;
    enum graph graph;
};

const char *role_name(enum role role); /* as in theme files */
const char *role_what(enum role role);

/* The theme that is built in, so that the screen never depends on a file. */
const struct theme *theme_builtin(void);

#endif
