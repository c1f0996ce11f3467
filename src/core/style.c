#include "core/style.h"

static const char *const names[ROLE_COUNT] = {
#define ROLE(id, what) #id,
#include "core/roles.def"
#undef ROLE
};

static const char *const whats[ROLE_COUNT] = {
#define ROLE(id, what) what,
#include "core/roles.def"
#undef ROLE
};

enum { NO = COLOUR_DEFAULT, GREEN = 2, YELLOW = 3, CYAN = 6, RED = 1 };
enum { BRIGHT_RED = 9, BRIGHT_YELLOW = 11, BRIGHT_MAGENTA = 13, BRIGHT_CYAN = 14, WHITE = 15 };

/* The same as themes/default.yaml, and a test says so: rgb and among-16 of foreground and
 * background, attributes, glyph, ASCII glyph. */
static const struct theme builtin =
    {
        .name = "default",
        .borders = BORDERS_light,
        .graph = GRAPH_block,
        .role =
            {
                [ROLE_text] = {NO, NO, NO, NO, 0, "", ""},
                [ROLE_dim] = {0xA3AFBC, NO, NO, NO, STYLE_DIM, "", ""},
                [ROLE_title] = {0xC9D4E0, NO, NO, NO, STYLE_BOLD, "", ""},
                [ROLE_title_focused] = {0x6CC7FF, NO, BRIGHT_CYAN, NO, STYLE_BOLD, "", ""},
                [ROLE_border] = {0x7B8794, NO, NO, NO, STYLE_DIM, "", ""},
                [ROLE_border_focused] = {0x6CC7FF, NO, BRIGHT_CYAN, NO, 0, "", ""},
                [ROLE_heading] = {0x9BBBE0, NO, CYAN, NO, 0, "", ""},
                [ROLE_ok] = {0x6FD08C, NO, GREEN, NO, 0, "●", "+"},
                [ROLE_info] = {0x9DBCFF, NO, CYAN, NO, 0, "◆", "i"},
                [ROLE_warn] = {0xF5C451, NO, YELLOW, NO, STYLE_BOLD, "▲", "!"},
                [ROLE_fail] = {0xFF7878, NO, BRIGHT_RED, NO, STYLE_BOLD, "✘", "X"},
                [ROLE_stale] = {0xB0AEBD, NO, NO, NO, STYLE_DIM, "◌", "~"},
                [ROLE_selected] = {NO, 0x22384F, NO, NO, STYLE_BOLD | STYLE_REVERSE, "▸", ">"},
                [ROLE_marked] = {0xD2A8FF, NO, BRIGHT_MAGENTA, NO, 0, "✚", "*"},
                [ROLE_bar] = {0xC9D4E0, NO, NO, NO, 0, "", ""},
                [ROLE_bar_production] = {0xFFFFFF, 0xA3171F, WHITE, RED, STYLE_BOLD, "", ""},
                [ROLE_armed] = {0x000000, 0xF5C451, NO, NO, STYLE_BOLD | STYLE_REVERSE, "", ""},
                [ROLE_key] = {0x79C8F5, NO, CYAN, NO, STYLE_BOLD, "", ""},
                [ROLE_match] = {0xFFD98A, NO, BRIGHT_YELLOW, NO, STYLE_UNDERLINE, "", ""},
                [ROLE_graph] = {0x63B8DE, NO, CYAN, NO, 0, "", ""},
            },
};

const char *
role_name(enum role role)
{
    return names[role];
}

const char *
role_what(enum role role)
{
    return whats[role];
}

const struct theme *
theme_builtin(void)
{
    return &builtin;
}
