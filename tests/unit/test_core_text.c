/* Text: whatever comes from outside, nothing but whole, harmless characters goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/text.h"

#define REPLACED "\xEF\xBF\xBD"

static void
cleans_to(const char *raw, size_t n, const char *expected)
{
    char out[256];

    text_clean(out, sizeof(out), raw, n);
    assert_string_equal(out, expected);
}

static void
every_control_character_is_replaced(void **state)
{
    (void)state;
    for (int c = 0; c < 0x100; c++) {
        char raw[4] = {'a', (char)c, 'b', '\0'};
        char out[16];

        if (c == '\n' || c == '\t' || c == '\r') {
            cleans_to(raw, 3, "a b");
        } else if (c < 0x20 || c >= 0x7F) { /* from 0x80 on it is malformed as well */
            cleans_to(raw, 3, "a" REPLACED "b");
        } else {
            text_clean(out, sizeof(out), raw, 3);
            assert_memory_equal(out, raw, 3);
        }
    }
}

static void
c1_controls_in_well_formed_utf8_are_replaced(void **state)
{
    (void)state;
    for (unsigned c = 0x80; c < 0xA0; c++) {
        char raw[4];

        assert_int_equal(text_encode(c, raw), 2);
        cleans_to(raw, 2, REPLACED);
    }
}

static void
what_reorders_or_hides_text_is_replaced(void **state)
{
    static const uint32_t bad[] = {
        0xAD,   0x61C,  0x180E, 0x200B, 0x200D,  0x200E,  0x200F,  0x2028, 0x2029, 0x202A,
        0x202B, 0x202C, 0x202D, 0x202E, 0x2060,  0x2066,  0x2067,  0x2068, 0x2069, 0xFEFF,
        0xFFF9, 0xFFFE, 0xFFFF, 0xFDD0, 0x1FFFE, 0xE0001, 0xE0041, 0xE000, 0xF8FF, 0x10FFFF,
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char raw[4];
        size_t n = text_encode(bad[i], raw);

        cleans_to(raw, n, REPLACED);
    }
}

static void
malformed_utf8_is_replaced_and_the_rest_is_kept(void **state)
{
    static const struct {
        const char *raw, *clean;
    } rows[] = {
        {"a\xC3", "a" REPLACED},                                   /* ends too early */
        {"\xC3(", REPLACED "("},                                   /* no continuation */
        {"\x80x", REPLACED "x"},                                   /* continuation alone */
        {"\xC0\xAFx", REPLACED REPLACED "x"},                      /* overlong */
        {"\xE0\x80\xAFx", REPLACED REPLACED REPLACED "x"},         /* overlong */
        {"\xED\xA0\x80x", REPLACED REPLACED REPLACED "x"},         /* surrogate */
        {"\xF4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED}, /* beyond Unicode */
        {"\xFE\xFFok", REPLACED REPLACED "ok"},
        {"日本語", "日本語"},
        {"\xF0\x9F\x90\x99", "\xF0\x9F\x90\x99"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cleans_to(rows[i].raw, strlen(rows[i].raw), rows[i].clean);
}

static void
a_full_buffer_ends_on_a_whole_character(void **state)
{
    TEXT(text, 6);

    (void)state;
    text_add(&text, "aé日x"); /* 1 + 2 + 3 bytes; the NUL needs one */
    assert_string_equal(text.bytes, "aé");
    assert_true(text.is_cut);
    text_add(&text, "z");
    assert_string_equal(text.bytes, "aé"); /* nothing slips in behind the gap */
    text_clear(&text);
    text_addf(&text, "%d", 12);
    assert_string_equal(text.bytes, "12");
    assert_false(text.is_cut);
}

static void
cells_count_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(text_cells(""), 0);
    assert_int_equal(text_cells("abc"), 3);
    assert_int_equal(text_cells("日本"), 4);
    assert_int_equal(text_cells("e\xCC\x81"), 1); /* e with a combining accent */
    assert_int_equal(text_cells("\x1b["), 2);     /* one replacement, one bracket */
}

static void
a_cut_to_cells_says_so_and_never_exceeds_them(void **state)
{
    static const char name[] = "日本語 nightly";

    (void)state;
    for (size_t cells = 0; cells < 20; cells++) {
        TEXT(text, 64);

        text_add_cells(&text, name, cells, "…");
        assert_true(text_cells(text.bytes) <= cells);
        assert_true(cells >= text_cells(name) ? strcmp(text.bytes, name) == 0
                                              : cells == 0 || strstr(text.bytes, "…") != NULL);
    }
}

static void
a_safe_copy_is_bounded(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(text_clean_dup(arena, NULL, 10), "");
    assert_string_equal(text_clean_dup(arena, "abc", 3), "abc");
    assert_string_equal(text_clean_dup(arena, "abcd", 3), "abc…");
    assert_string_equal(text_clean_dup(arena, "日本", 4), "日…");
    assert_string_equal(text_clean_dup(arena, "\x1b", 3), REPLACED); /* it grows to three bytes */
    assert_string_equal(text_clean_dup(arena, "\x1b", 2), "…");
    arena_free(arena);
}

static void
integers_are_read_whole_or_not_at_all(void **state)
{
    static const char *const bad[] = {"",    " 1",  "1 ", "+1", "0x10",
                                      "1.0", "1e3", "-",  "a1", "9223372036854775808"};
    int64_t n = 7;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(int_parse(bad[i], &n));
    assert_int_equal(n, 7);
    assert_true(int_parse("-12", &n));
    assert_int_equal(n, -12);
    assert_true(int_parse("9223372036854775807", &n));
    assert_true(n == INT64_MAX);
}

static void
distances_find_the_word_that_was_meant(void **state)
{
    (void)state;
    assert_int_equal(text_distance("pools", "pools"), 0);
    assert_int_equal(text_distance("pols", "pools"), 1);
    assert_int_equal(text_distance("poosl", "pools"), 1); /* a swap is one mistake */
    assert_int_equal(text_distance("", "abc"), 3);
    assert_true(text_distance("thresholds", "themes") > 3);
}

static void
searching_ignores_case_beyond_ascii(void **state)
{
    (void)state;
    assert_true(text_contains("Nightly Bump", "nightly"));
    assert_true(text_contains("ÜBER alles", "über"));
    assert_true(text_contains("anything", ""));
    assert_true(text_contains("", ""));
    assert_false(text_contains("abc", "abcd"));
    assert_true(text_contains("aab", "ab"));
}

static const char *
ends(const char *s, size_t cells)
{
    static char out[80];
    struct text text = {.bytes = out, .size = sizeof(out)};

    text_clear(&text);
    text_add_ends(&text, s, cells, "…");
    assert_true(text_cells(out) <= cells);
    return out;
}

static void
a_name_keeps_both_its_ends(void **state)
{
    (void)state;
    assert_string_equal(ends("ap-south-batch-017", 18), "ap-south-batch-017");
    assert_string_equal(ends("ap-south-batch-017", 11), "ap-so…h-017");
    assert_string_equal(ends("ap-south-batch-017", 10), "ap-so…-017");
    assert_string_equal(ends("ap-south-batch-017", 2), "a…");
    assert_string_equal(ends("ap-south-batch-017", 1), "…");
    assert_string_equal(ends("ap-south-batch-017", 0), "");
    assert_string_equal(ends("日本語日本語", 8), "日本…語"); /* two cells are never split */
    assert_string_equal(ends("", 5), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_control_character_is_replaced),
        cmocka_unit_test(c1_controls_in_well_formed_utf8_are_replaced),
        cmocka_unit_test(what_reorders_or_hides_text_is_replaced),
        cmocka_unit_test(malformed_utf8_is_replaced_and_the_rest_is_kept),
        cmocka_unit_test(a_full_buffer_ends_on_a_whole_character),
        cmocka_unit_test(cells_count_what_a_terminal_shows),
        cmocka_unit_test(a_cut_to_cells_says_so_and_never_exceeds_them),
        cmocka_unit_test(a_safe_copy_is_bounded),
        cmocka_unit_test(integers_are_read_whole_or_not_at_all),
        cmocka_unit_test(distances_find_the_word_that_was_meant),
        cmocka_unit_test(searching_ignores_case_beyond_ascii),
        cmocka_unit_test(a_name_keeps_both_its_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
