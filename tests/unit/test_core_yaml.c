/* YAML: a tree that knows where everything stands, and mistakes that say where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/yaml.h"

static const struct yaml *
parse(struct arena *arena, const char *text, struct err *err)
{
    return yaml_parse(arena, "file.yaml", text, strlen(text), err);
}

static void
every_node_knows_its_line_and_column(void **state)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    const struct yaml *root = parse(arena, "a: 1\nlist:\n  - x\n  - \"y\"\n", &err);
    const struct yaml *list = yaml_get(root, "list");

    (void)state;
    assert_non_null(root);
    assert_int_equal(yaml_get(root, "a")->line, 1);
    assert_int_equal(yaml_get(root, "a")->column, 4);
    assert_int_equal(list->key_line, 2);
    assert_int_equal(list->key_column, 1);
    assert_int_equal(list->kind, YAML_list);
    assert_string_equal(list->first->value, "x");
    assert_false(list->first->is_quoted);
    assert_int_equal(list->first->next->line, 4);
    assert_true(list->first->next->is_quoted);
    assert_null(list->first->next->next);
    arena_free(arena);
}

static void
mistakes_name_file_line_and_column(void **state)
{
    static const struct {
        const char *text, *where, *what;
    } rows[] = {
        {"a: 1\nb: 2\na: 3\n", "file.yaml:3:1: ", "twice"},
        {"a: &x 1\nb: *x\n", "file.yaml:2:4: ", "aliases"},
        {"a: [1, 2\nb: 3\n", "file.yaml:", ""},
        {"a: 1\n---\nb: 2\n", "file.yaml:2:1: ", "one document"},
        {"a:\n\t- 1\n", "file.yaml:2:1: ", ""},
        {"? [1, 2]\n: 3\n", "file.yaml:1:3: ", "plain key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct err err = {0};

        assert_null(parse(arena, rows[i].text, &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_memory_equal(err.message, rows[i].where, strlen(rows[i].where));
        assert_non_null(strstr(err.message, rows[i].what));
        arena_free(arena);
    }
}

static void
only_in_foreign_files_aliases_and_merges_are_read(void **state)
{
    static const char text[] = "a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, b: 3}\n---\nf: 1\n";
    static const char endless[] = "a: &x [*x]\n";
    struct arena *arena = arena_new();
    struct err err = {0};
    const struct yaml *root;

    (void)state;
    assert_null(parse(arena, text, &err));
    root = yaml_parse_foreign(arena, "file.yaml", text, strlen(text), &err);
    assert_non_null(root);
    assert_string_equal(yaml_get(yaml_get(root, "d"), "c")->value, "2");
    assert_string_equal(yaml_get(yaml_get(root, "e"), "b")->value, "3");
    assert_string_equal(yaml_get(yaml_get(root, "e"), "c")->value, "2");
    assert_null(yaml_get(yaml_get(root, "e"), "<<"));
    assert_null(yaml_get(root, "f"));
    assert_null(yaml_parse_foreign(arena, "file.yaml", endless, strlen(endless), &err));
    assert_string_equal(err.message, "file.yaml:1:8: this alias has no anchor before it: \"x\"");
    arena_free(arena);
}

static void
an_empty_file_is_an_empty_map(void **state)
{
    static const char *const empty[] = {"", "\n", "# only a comment\n", "---\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        struct arena *arena = arena_new();
        struct err err = {0};
        const struct yaml *root = parse(arena, empty[i], &err);

        assert_non_null(root);
        assert_int_equal(root->kind, YAML_map);
        assert_null(root->first);
        arena_free(arena);
    }
}

static void
nesting_has_an_end(void **state)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    char deep[64] = "";

    (void)state;
    memset(deep, '[', YAML_DEEPEST + 1);
    assert_null(parse(arena, deep, &err));
    assert_non_null(strstr(err.message, "nested too deep"));
    arena_free(arena);
}

static void
null_is_told_from_the_word_null(void **state)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    const struct yaml *root = parse(arena, "a:\nb: ~\nc: null\nd: \"null\"\ne: 0\n", &err);

    (void)state;
    assert_true(yaml_is_null(yaml_get(root, "a")));
    assert_true(yaml_is_null(yaml_get(root, "b")));
    assert_true(yaml_is_null(yaml_get(root, "c")));
    assert_false(yaml_is_null(yaml_get(root, "d")));
    assert_false(yaml_is_null(yaml_get(root, "e")));
    assert_true(yaml_is_null(yaml_get(root, "not there")));
    arena_free(arena);
}

static void
a_missing_file_says_so(void **state)
{
    struct arena *arena = arena_new();
    struct err err = {0};

    (void)state;
    assert_null(yaml_load(arena, "/nonexistent/file.yaml", &err));
    assert_non_null(strstr(err.message, "/nonexistent/file.yaml: cannot read"));
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_line_and_column),
        cmocka_unit_test(mistakes_name_file_line_and_column),
        cmocka_unit_test(only_in_foreign_files_aliases_and_merges_are_read),
        cmocka_unit_test(an_empty_file_is_an_empty_map),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(null_is_told_from_the_word_null),
        cmocka_unit_test(a_missing_file_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
