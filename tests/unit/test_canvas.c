/* The canvas: what may get in, what is cut where, and wide characters that stay whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "ui/canvas.h"

/* Row y as text. Borrowed until the next call. */
static const char *
row(const struct canvas *canvas, int y)
{
    static char line[2048];
    struct text out = {.bytes = line, .size = sizeof(line)};

    text_clear(&out);
    for (int x = 0; x < canvas_width(canvas); x++)
        text_add(&out, canvas_at(canvas, x, y)->bytes);
    return line;
}

static void
no_control_byte_gets_in(void **state)
{
    struct canvas *canvas = canvas_new(40, 1);

    (void)state;
    canvas_text(canvas, 0, 0, 40, ROLE_text,
                "a\033[31mb\ac\x9b"
                "d\r\ne\x7f");
    for (const char *s = row(canvas, 0); *s; s++)
        assert_true((unsigned char)*s >= 0x20 && *s != 0x7F);
    assert_null(strstr(row(canvas, 0), "\xC2\x9B"));
    canvas_free(canvas);
}

static void
a_cut_string_ends_in_an_ellipsis(void **state)
{
    struct canvas *canvas = canvas_new(10, 1);

    (void)state;
    assert_int_equal(canvas_text(canvas, 0, 0, 6, ROLE_text, "worker pools"), 6);
    assert_string_equal(row(canvas, 0), "worke…    ");
    assert_int_equal(canvas_text(canvas, 0, 0, 6, ROLE_text, "worker"), 6);
    assert_string_equal(row(canvas, 0), "worker    ");
    assert_int_equal(canvas_text(canvas, 0, 0, 0, ROLE_text, "worker"), 0);
    canvas_free(canvas);
}

static void
a_wide_character_is_never_halved_by_the_cut(void **state)
{
    struct canvas *canvas = canvas_new(8, 1);

    (void)state;
    assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_text, "漢字漢字"), 3);
    assert_string_equal(row(canvas, 0), "漢…     ");
    assert_string_equal(canvas_at(canvas, 1, 0)->bytes, "");
    canvas_free(canvas);
}

static void
a_wide_character_at_the_edge_becomes_a_space(void **state)
{
    struct canvas *canvas = canvas_new(3, 1);

    (void)state;
    canvas_text(canvas, 2, 0, 10, ROLE_text, "漢");
    assert_string_equal(row(canvas, 0), "   ");
    canvas_free(canvas);
}

static void
what_is_left_of_an_overwritten_wide_character_is_a_space(void **state)
{
    struct canvas *canvas = canvas_new(4, 1);

    (void)state;
    canvas_text(canvas, 0, 0, 4, ROLE_text, "漢字");
    canvas_text(canvas, 1, 0, 2, ROLE_text, "ab");
    assert_string_equal(row(canvas, 0), " ab ");
    canvas_free(canvas);
}

static void
combining_marks_stay_with_their_base(void **state)
{
    struct canvas *canvas = canvas_new(4, 1);

    (void)state;
    assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_text, "e\u0301x"), 2);
    assert_string_equal(canvas_at(canvas, 0, 0)->bytes, "e\u0301");
    assert_string_equal(canvas_at(canvas, 1, 0)->bytes, "x");
    canvas_free(canvas);
}

static void
a_tower_of_marks_does_not_overflow_its_cell(void **state)
{
    struct canvas *canvas = canvas_new(2, 1);
    TEXT(tower, 256);

    (void)state;
    text_add(&tower, "e");
    for (int i = 0; i < 80; i++)
        text_add_char(&tower, 0x301);
    canvas_text(canvas, 0, 0, 2, ROLE_text, tower.bytes);
    assert_true(strlen(canvas_at(canvas, 0, 0)->bytes) < CELL_BYTES);
    canvas_free(canvas);
}

static void
nothing_is_drawn_outside_the_clip(void **state)
{
    struct canvas *canvas = canvas_new(6, 2);

    (void)state;
    canvas_clip(canvas, (struct rect){1, 0, 3, 1});
    canvas_text(canvas, 0, 0, 6, ROLE_text, "abcdef");
    canvas_text(canvas, 0, 1, 6, ROLE_text, "ghijkl");
    canvas_fill(canvas, (struct rect){-5, -5, 50, 50}, ROLE_text, ".");
    assert_string_equal(row(canvas, 0), " ...  ");
    assert_string_equal(row(canvas, 1), "      ");
    canvas_clip(canvas, (struct rect){-9, -9, 5, 5});
    canvas_text(canvas, 0, 0, 6, ROLE_text, "abcdef");
    assert_string_equal(row(canvas, 0), " ...  ");
    canvas_free(canvas);
}

static void
a_role_laid_over_keeps_the_one_below(void **state)
{
    struct canvas *canvas = canvas_new(3, 1);

    (void)state;
    canvas_text(canvas, 0, 0, 3, ROLE_fail, "bad");
    canvas_over(canvas, (struct rect){0, 0, 3, 1}, ROLE_selected);
    assert_int_equal(canvas_at(canvas, 1, 0)->role, ROLE_fail);
    assert_int_equal(canvas_at(canvas, 1, 0)->over, ROLE_selected);
    canvas_free(canvas);
}

static void
a_frame_leaves_its_inside(void **state)
{
    struct canvas *canvas = canvas_new(4, 3);
    struct rect inner = canvas_frame(canvas, canvas_all(canvas), theme_builtin(), true, false);

    (void)state;
    assert_string_equal(row(canvas, 0), "+--+");
    assert_string_equal(row(canvas, 1), "|  |");
    assert_int_equal(inner.x, 1);
    assert_int_equal(inner.w, 2);
    assert_int_equal(inner.h, 1);
    canvas_frame(canvas, (struct rect){0, 0, 1, 1}, theme_builtin(), true, false);
    canvas_free(canvas);
}

static void
right_aligned_text_ends_at_the_right(void **state)
{
    struct canvas *canvas = canvas_new(6, 1);

    (void)state;
    canvas_right(canvas, 0, 0, 6, ROLE_text, "12");
    assert_string_equal(row(canvas, 0), "    12");
    canvas_right(canvas, 0, 0, 3, ROLE_text, "12345");
    assert_string_equal(row(canvas, 0), "12… 12");
    canvas_free(canvas);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_control_byte_gets_in),
        cmocka_unit_test(a_cut_string_ends_in_an_ellipsis),
        cmocka_unit_test(a_wide_character_is_never_halved_by_the_cut),
        cmocka_unit_test(a_wide_character_at_the_edge_becomes_a_space),
        cmocka_unit_test(what_is_left_of_an_overwritten_wide_character_is_a_space),
        cmocka_unit_test(combining_marks_stay_with_their_base),
        cmocka_unit_test(a_tower_of_marks_does_not_overflow_its_cell),
        cmocka_unit_test(nothing_is_drawn_outside_the_clip),
        cmocka_unit_test(a_role_laid_over_keeps_the_one_below),
        cmocka_unit_test(a_frame_leaves_its_inside),
        cmocka_unit_test(right_aligned_text_ends_at_the_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
