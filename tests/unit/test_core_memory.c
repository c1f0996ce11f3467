/* Arenas and maps: what everything else keeps its things in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"

enum { MANY = 5000 };

static void
arena_memory_is_zeroed_and_aligned(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t bytes = 1; bytes < 3000; bytes += 7) {
        unsigned char *p = arena_alloc(arena, bytes);

        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, bytes);
    }
    arena_free(arena);
    arena_free(NULL);
}

static void
an_arena_takes_what_is_larger_than_its_chunks(void **state)
{
    struct arena *arena = arena_new();
    char *small = arena_strdup(arena, "small");
    char *large = arena_alloc(arena, 5 << 20);

    (void)state;
    memset(large, 'x', 5 << 20);
    assert_string_equal(small, "small");
    assert_string_equal(arena_printf(arena, "%s-%d", small, 7), "small-7");
    assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
    assert_true(arena_bytes(arena) >= 5 << 20);
    arena_free(arena);
}

static void
a_map_finds_all_and_only_what_was_set(void **state)
{
    struct map *map = map_new();
    static int values[MANY];
    char key[32];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        map_set(map, key, &values[i]);
    }
    assert_int_equal(map_count(map), MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_ptr_equal(map_get(map, key), &values[i]);
    }
    assert_null(map_get(map, "key"));
    map_free(map);
    map_free(NULL);
}

static void
a_map_forgets_what_is_removed_and_takes_it_again(void **state)
{
    struct map *map = map_new();
    static int values[2];
    char key[32];

    (void)state;
    for (int round = 0; round < MANY; round++) { /* removed places must not fill it up */
        snprintf(key, sizeof(key), "key %d", round);
        map_set(map, key, &values[0]);
        map_remove(map, key);
        assert_null(map_get(map, key));
    }
    assert_int_equal(map_count(map), 0);
    map_set(map, "", &values[0]); /* the empty key is a key */
    map_set(map, "", &values[1]);
    assert_ptr_equal(map_get(map, ""), &values[1]);
    assert_int_equal(map_count(map), 1);
    map_remove(map, "never there");
    map_free(map);
}

static void
a_walk_visits_each_pair_once(void **state)
{
    struct map *map = map_new();
    static int values[100];
    char name[32];
    const char *key;
    void *value;
    size_t visits = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%d", i);
        map_set(map, name, &values[i]);
    }
    map_remove(map, "50");
    for (size_t i = 0; map_next(map, &i, &key, &value); visits++)
        ++*(int *)value;
    assert_int_equal(visits, 99);
    for (int i = 0; i < 100; i++)
        assert_int_equal(values[i], i != 50);
    map_free(map);
}

static void
an_error_is_one_safe_line_with_its_place(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(err_set(&err, ERR_FORMAT, "id: expected %s\n\x1b[31m", "a string"));
    assert_false(err_context(&err, "work[%d]", 3));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_memory_equal(err.message, "work[3]: id: expected a string ", 31);
    assert_null(strchr(err.message, '\x1b'));
    assert_false(err_set(NULL, ERR_IO, "nobody listens"));
    assert_false(err_context(NULL, "nobody listens"));
}

static void
a_long_error_is_cut_and_ends(void **state)
{
    struct err err = {0};
    char word[2 * ERR_MESSAGE_BYTES];

    (void)state;
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    err_set(&err, ERR_IO, "%s", word);
    for (int i = 0; i < 5; i++)
        err_context(&err, "%s", word);
    assert_true(strlen(err.message) < ERR_MESSAGE_BYTES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_and_aligned),
        cmocka_unit_test(an_arena_takes_what_is_larger_than_its_chunks),
        cmocka_unit_test(a_map_finds_all_and_only_what_was_set),
        cmocka_unit_test(a_map_forgets_what_is_removed_and_takes_it_again),
        cmocka_unit_test(a_walk_visits_each_pair_once),
        cmocka_unit_test(an_error_is_one_safe_line_with_its_place),
        cmocka_unit_test(a_long_error_is_cut_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
