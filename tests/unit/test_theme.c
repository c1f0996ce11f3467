/* Every shipped theme, every role, every depth: states differ by glyph, and all can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/colour.h"
#include "core/text.h"

enum { DARKEST = 0x000000, LIGHTEST_DARK = 0x1E1E1E, WHITE = 0xFFFFFF };
#define ENOUGH 4.5 /* WCAG 2.2, 1.4.3 */

struct fixture {
    struct arena *arena;
    struct config config;
};

static const char *
no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static int
load_themes(void **state)
{
    static const char *const folders[] = {"themes", NULL};
    struct config_request request = {.theme_folders = folders, .getenv = no_environment};
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char name[] = "sandwatch", *argv[] = {name, NULL};
    int argc = 1;
    struct err err = {0};

    assert_non_null(fixture);
    fixture->arena = arena_new();
    assert_true(config_load(&request, &argc, argv, fixture->arena, &fixture->config, &err));
    assert_int_equal(fixture->config.n_mistakes, 0);
    *state = fixture;
    return 0;
}

static int
free_themes(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static const struct theme *
find(const struct fixture *fixture, const char *name)
{
    for (size_t i = 0; i < fixture->config.n_themes; i++)
        if (strcmp(fixture->config.themes[i].name, name) == 0)
            return &fixture->config.themes[i];
    fail_msg("no theme %s", name);
    return NULL;
}

static void
all_six_themes_are_shipped(void **state)
{
    static const char *const names[] = {"default",      "high-contrast", "monochrome",
                                        "colour-blind", "light",         "wall"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(find(*state, names[i]));
}

static void
the_built_in_theme_is_the_default_file(void **state)
{
    const struct theme *file = find(*state, "default"), *builtin = theme_builtin();

    assert_string_equal(file->name, builtin->name);
    assert_int_equal(file->borders, builtin->borders);
    assert_int_equal(file->graph, builtin->graph);
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        const struct style *a = &file->role[role], *b = &builtin->role[role];

        if (a->fg != b->fg || a->bg != b->bg || a->fg16 != b->fg16 || a->bg16 != b->bg16 ||
            a->attributes != b->attributes || strcmp(a->glyph, b->glyph) != 0 ||
            strcmp(a->ascii, b->ascii) != 0)
            fail_msg("%s differs", role_name(role));
    }
}

static void
states_differ_by_glyph_and_glyphs_are_one_cell(void **state)
{
    static const enum role states[] = {ROLE_ok, ROLE_info, ROLE_warn, ROLE_fail, ROLE_stale};
    struct fixture *fixture = *state;

    for (size_t t = 0; t < fixture->config.n_themes; t++)
        for (size_t i = 0; i < COUNT_OF(states); i++) {
            const struct style *a = &fixture->config.themes[t].role[states[i]];

            assert_int_equal(text_cells(a->glyph), 1);
            assert_int_equal(strlen(a->ascii), 1);
            for (size_t j = i + 1; j < COUNT_OF(states); j++) {
                const struct style *b = &fixture->config.themes[t].role[states[j]];

                assert_string_not_equal(a->glyph, b->glyph);
                assert_string_not_equal(a->ascii, b->ascii);
            }
        }
}

/* What a terminal shows for one colour of a pen. */
static int32_t
shown(int32_t colour, enum colour_depth depth, int32_t otherwise)
{
    if (colour == COLOUR_DEFAULT)
        return otherwise;
    return depth == COLOUR_DEPTH_true ? colour : colour_of_256((uint8_t)colour);
}

/* Two thirds of the way from the background, as VTE dims. */
static int32_t
dimmed(int32_t fg, int32_t bg)
{
    int32_t mixed = 0;

    for (int shift = 0; shift <= 16; shift += 8)
        mixed |= ((fg >> shift & 0xFF) * 2 + (bg >> shift & 0xFF)) / 3 << shift;
    return mixed;
}

static bool
is_readable(const struct theme *theme, enum role role, enum colour_depth depth, struct pen pen,
            int32_t background)
{
    int32_t text = background == WHITE ? 0x000000 : 0xE5E5E5;
    int32_t bg = shown(pen.bg, depth, background), fg = shown(pen.fg, depth, text);

    if (pen.attributes & STYLE_DIM)
        fg = dimmed(fg, bg);
    if (depth == COLOUR_DEPTH_8 && pen.fg >= 0 && pen.attributes & STYLE_BOLD)
        fg = colour_of_256((uint8_t)(pen.fg + 8)); /* xterm and the Linux console show it bright */
    if (colour_contrast(fg, bg) < ENOUGH) {
        print_error("%s: %s at depth %d on #%06x: %.2f\n", theme->name, role_name(role), depth,
                    (unsigned)background, colour_contrast(fg, bg));
        return false;
    }
    return true;
}

/* Every role alone, selected and marked. */
static size_t
count_unreadable(const struct theme *theme, int32_t background, enum colour_depth first,
                 enum colour_depth last)
{
    size_t n = 0;

    for (enum colour_depth depth = first; depth <= last; depth++) {
        struct pen selected = colour_pen(&theme->role[ROLE_selected], depth);
        struct pen marked = colour_pen(&theme->role[ROLE_marked], depth);

        for (enum role role = 0; role < ROLE_COUNT; role++) {
            struct pen pen = colour_pen(&theme->role[role], depth);

            n += !is_readable(theme, role, depth, pen, background);
            if (role == ROLE_border || role == ROLE_border_focused)
                continue; /* frames are never selected */
            n += !is_readable(theme, role, depth, colour_pen_over(pen, selected), background);
            n += !is_readable(theme, role, depth, colour_pen_over(pen, marked), background);
        }
    }
    return n;
}

static void
every_role_can_be_read_at_every_depth(void **state)
{
    struct fixture *fixture = *state;
    size_t n = 0;

    for (size_t i = 0; i < fixture->config.n_themes; i++) {
        const struct theme *theme = &fixture->config.themes[i];

        if (strcmp(theme->name, "light") == 0) {
            n += count_unreadable(theme, WHITE, COLOUR_DEPTH_none, COLOUR_DEPTH_true);
            continue;
        }
        n += count_unreadable(theme, DARKEST, COLOUR_DEPTH_none, COLOUR_DEPTH_true);
        /* terminals that choose their black have 256 colours at least */
        n += count_unreadable(theme, LIGHTEST_DARK, COLOUR_DEPTH_256, COLOUR_DEPTH_true);
    }
    assert_int_equal(n, 0);
}

static void
high_contrast_means_seven_to_one(void **state)
{
    const struct theme *theme = find(*state, "high-contrast");

    for (enum role role = 0; role < ROLE_COUNT; role++) {
        struct pen pen = colour_pen(&theme->role[role], COLOUR_DEPTH_true);

        if (colour_contrast(shown(pen.fg, COLOUR_DEPTH_true, WHITE),
                            shown(pen.bg, COLOUR_DEPTH_true, LIGHTEST_DARK)) < 7)
            fail_msg("%s is too faint", role_name(role));
    }
}

static void
without_colour_no_role_has_one(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < fixture->config.n_themes; i++)
        for (enum role role = 0; role < ROLE_COUNT; role++) {
            struct pen pen = colour_pen(&fixture->config.themes[i].role[role], COLOUR_DEPTH_none);

            assert_int_equal(pen.fg, COLOUR_DEFAULT);
            assert_int_equal(pen.bg, COLOUR_DEFAULT);
        }
}

static void
a_selected_failing_cell_shows_both(void **state)
{
    const struct theme *theme = find(*state, "default");
    struct pen fail = colour_pen(&theme->role[ROLE_fail], COLOUR_DEPTH_256);
    struct pen selected = colour_pen(&theme->role[ROLE_selected], COLOUR_DEPTH_256);
    struct pen both = colour_pen_over(fail, selected);

    assert_int_equal(both.fg, fail.fg);
    assert_int_equal(both.bg, selected.bg);
}

static void
a_bright_colour_among_eight_is_bold(void **state)
{
    struct style style = {0xFF0000, COLOUR_DEFAULT, 9, COLOUR_DEFAULT, 0, "", ""};
    struct pen pen = colour_pen(&style, COLOUR_DEPTH_8);

    (void)state;
    assert_int_equal(pen.fg, 1);
    assert_true(pen.attributes & STYLE_BOLD);
}

static void
the_nearest_of_256_is_the_colour_itself_when_it_is_there(void **state)
{
    (void)state;
    for (int i = 16; i < 256; i++)
        assert_int_equal(colour_of_256(colour_to_256(colour_of_256((uint8_t)i))),
                         colour_of_256((uint8_t)i));
    assert_int_equal(colour_to_16(0xFF0505), 9);
    assert_true(colour_contrast(WHITE, DARKEST) > 20.9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_six_themes_are_shipped),
        cmocka_unit_test(the_built_in_theme_is_the_default_file),
        cmocka_unit_test(states_differ_by_glyph_and_glyphs_are_one_cell),
        cmocka_unit_test(every_role_can_be_read_at_every_depth),
        cmocka_unit_test(high_contrast_means_seven_to_one),
        cmocka_unit_test(without_colour_no_role_has_one),
        cmocka_unit_test(a_selected_failing_cell_shows_both),
        cmocka_unit_test(a_bright_colour_among_eight_is_bold),
        cmocka_unit_test(the_nearest_of_256_is_the_colour_itself_when_it_is_there),
    };

    return cmocka_run_group_tests(tests, load_themes, free_themes);
}
