/* The layout: every size has one, and nothing overlaps or leaves the screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ui/layout.h"

static bool
overlap(struct rect a, struct rect b)
{
    return a.w > 0 && a.h > 0 && b.w > 0 && b.h > 0 && a.x < b.x + b.w && b.x < a.x + a.w &&
           a.y < b.y + b.h && b.y < a.y + a.h;
}

static void
check_one(int w, int h, int focus, bool is_zoomed)
{
    struct layout layout = layout_make(w, h, focus, is_zoomed);
    struct rect parts[VIEW_COUNT + 5];
    size_t n = 0;

    parts[n++] = layout.bar;
    parts[n++] = layout.diagnosis;
    parts[n++] = layout.message;
    parts[n++] = layout.hints;
    parts[n++] = layout.detail;
    for (int i = 0; i < VIEW_COUNT; i++)
        if (layout.size[i] != VIEW_HIDDEN)
            parts[n++] = layout.view[i];
    for (size_t i = 0; i < n; i++) {
        assert_true(parts[i].x >= 0 && parts[i].y >= 0);
        assert_true(parts[i].w >= 0 && parts[i].h >= 0);
        assert_true(parts[i].x + parts[i].w <= w && parts[i].y + parts[i].h <= h);
        for (size_t j = 0; j < i; j++)
            assert_false(overlap(parts[i], parts[j]));
    }
    if (!layout.is_counts)
        assert_int_not_equal(layout.size[focus], VIEW_HIDDEN);
}

static void
every_size_has_a_layout_without_overlaps(void **state)
{
    (void)state;
    for (int w = 1; w <= 260; w += w < 90 ? 1 : 7)
        for (int h = 1; h <= 90; h += h < 30 ? 1 : 5)
            for (int focus = 0; focus < VIEW_COUNT; focus++) {
                check_one(w, h, focus, false);
                check_one(w, h, focus, true);
            }
}

static size_t
shown(const struct layout *layout, enum view_size size)
{
    size_t n = 0;

    for (int i = 0; i < VIEW_COUNT; i++)
        n += layout->size[i] == size;
    return n;
}

static void
eighty_by_24_has_one_table_and_a_strip(void **state)
{
    struct layout layout = layout_make(80, 24, PANE_jobs, false);

    (void)state;
    assert_int_equal(shown(&layout, VIEW_WHOLE), 1);
    assert_int_equal(shown(&layout, VIEW_SUMMARY), 4);
    assert_int_equal(layout.size[PANE_jobs], VIEW_WHOLE);
    layout = layout_make(80, 24, PANE_checks, false);
    assert_int_equal(layout.size[PANE_checks], VIEW_WHOLE);
    assert_int_equal(layout.size[PANE_jobs], VIEW_SUMMARY);
}

static void
a_large_screen_shows_all_panes_and_the_events(void **state)
{
    struct layout layout = layout_make(120, 40, PANE_jobs, false);

    (void)state;
    assert_int_equal(shown(&layout, VIEW_WHOLE), VIEW_COUNT);
    assert_int_equal(layout.detail.w, 0);
    layout = layout_make(200, 60, PANE_jobs, false);
    assert_int_equal(shown(&layout, VIEW_WHOLE), VIEW_COUNT);
    assert_true(layout.detail.w > 40);
}

static void
a_small_screen_shows_one_pane_and_the_diagnosis(void **state)
{
    struct layout layout = layout_make(79, 23, PANE_tunnels, false);

    (void)state;
    assert_int_equal(shown(&layout, VIEW_WHOLE), 1);
    assert_int_equal(layout.size[PANE_tunnels], VIEW_WHOLE);
    assert_int_equal(layout.diagnosis.h, 1);
}

static void
below_forty_by_ten_only_the_diagnosis_and_the_counts_are_left(void **state)
{
    struct layout layout = layout_make(39, 9, PANE_jobs, false);

    (void)state;
    assert_true(layout.is_counts);
    assert_int_equal(layout.diagnosis.h, 8);
    layout = layout_make(1, 1, PANE_jobs, false);
    assert_true(layout.is_symbol);
}

static void
zoom_gives_everything_to_the_focused_pane(void **state)
{
    struct layout layout = layout_make(200, 60, PANE_layers, true);

    (void)state;
    assert_int_equal(shown(&layout, VIEW_WHOLE), 1);
    assert_int_equal(layout.view[PANE_layers].w, 200);
    assert_true(layout.view[PANE_layers].h >= 56);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_has_a_layout_without_overlaps),
        cmocka_unit_test(eighty_by_24_has_one_table_and_a_strip),
        cmocka_unit_test(a_large_screen_shows_all_panes_and_the_events),
        cmocka_unit_test(a_small_screen_shows_one_pane_and_the_diagnosis),
        cmocka_unit_test(below_forty_by_ten_only_the_diagnosis_and_the_counts_are_left),
        cmocka_unit_test(zoom_gives_everything_to_the_focused_pane),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
