/* JSON: forgiving where the service may grow, strict where it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/json.h"

static struct json *
parse(const char *text, struct err *err)
{
    return json_parse(text, strlen(text), err);
}

static void
members_of_another_type_count_as_not_there(void **state)
{
    struct err err = {0};
    struct json *json = parse("{\"s\":\"x\",\"n\":3,\"b\":true,\"z\":null,\"a\":[1,2]}", &err);

    (void)state;
    assert_string_equal(json_string(json, "s", "none"), "x");
    assert_string_equal(json_string(json, "n", "none"), "none");
    assert_string_equal(json_string(json, "absent", "none"), "none");
    assert_int_equal(json_int(json, "n", -1), 3);
    assert_int_equal(json_int(json, "s", -1), -1);
    assert_int_equal(json_int(json, "z", -1), -1);
    assert_true(json_bool(json, "b", false));
    assert_false(json_bool(json, "n", false));
    assert_true(json_is_null(json_get(json, "z")));
    assert_true(json_is_null(json_get(json, "absent")));
    assert_int_equal(json_count(json_get(json, "a")), 2);
    assert_null(json_get(json_get(json, "s"), "x"));
    assert_null(json_first(json_get(json, "s")));
    json_free(json);
}

static void
whole_numbers_are_whole_and_exact(void **state)
{
    struct err err = {0};
    struct json *json = parse("[3.5, 1e300, 9007199254740993, -9007199254740991, \"7\"]", &err);
    const struct json *item = json_first(json);

    (void)state;
    assert_int_equal(json_as_int(item, -1), -1);
    assert_int_equal(json_as_int(item = json_next(item), -1), -1);
    assert_int_equal(json_as_int(item = json_next(item), -1), -1);
    assert_int_equal(json_as_int(item = json_next(item), -1), INT64_C(-9007199254740991));
    assert_int_equal(json_as_int(json_next(item), -1), -1);
    json_free(json);
}

static void
nesting_has_an_end(void **state)
{
    char text[2 * JSON_DEEPEST + 3] = "";
    struct err err = {0};
    struct json *json;

    (void)state;
    memset(text, '[', JSON_DEEPEST);
    memset(text + JSON_DEEPEST, ']', JSON_DEEPEST);
    json = parse(text, &err);
    assert_non_null(json);
    json_free(json);
    memset(text, '[', JSON_DEEPEST + 1);
    memset(text + JSON_DEEPEST + 1, ']', JSON_DEEPEST + 1);
    assert_null(parse(text, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

static void
brackets_in_strings_do_not_nest(void **state)
{
    char text[JSON_DEEPEST * 2 + 8] = "\"";
    struct err err = {0};
    struct json *json;

    (void)state;
    memset(text + 1, '[', JSON_DEEPEST * 2);
    strcat(text, "\"");
    json = parse(text, &err);
    assert_non_null(json);
    json_free(json);
    json = parse("[\"\\\"[[\"]", &err);
    assert_non_null(json);
    json_free(json);
}

static void
what_is_not_json_is_refused_with_a_word(void **state)
{
    static const char *const bad[] = {
        "",       " ",       "<html>login</html>", "{", "{\"a\":}", "[1,]", "{\"a\":1}x", "nul",
        "\"open", "{'a':1}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = {0};

        assert_null(json_parse(bad[i], strlen(bad[i]), &err));
        assert_int_equal(err.code, ERR_FORMAT);
        assert_true(err.message[0] != '\0');
    }
}

static void
bytes_behind_the_value_are_refused_even_a_nul(void **state)
{
    static const char text[] = "{\"a\":1}\0\0";
    struct err err = {0};

    (void)state;
    assert_null(json_parse(text, sizeof(text) - 1, &err));
    assert_int_equal(err.code, ERR_FORMAT);
}

static void
a_message_about_garbage_is_safe_to_show(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(parse("\x1b[2J\x07 not json", &err));
    for (const char *c = err.message; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c != 0x7F);
}

static void
what_was_built_is_read_back(void **state)
{
    struct json *json = json_new_object(), *array, *again;
    struct err err = {0};
    char *text;

    (void)state;
    json_add_string(json, "name", "eu \"west\"\n");
    json_add_string(json, "nothing", NULL);
    json_add_int(json, "n", INT64_C(1795424853000));
    json_add_bool(json, "b", true);
    array = json_add_array(json, "list");
    json_add(array, NULL, json_new_int(1));
    json_add(json_add_object(array, NULL), "half", json_new_double(0.5));
    text = json_print(json, false);
    again = parse(text, &err);
    assert_string_equal(json_string(again, "name", ""), "eu \"west\"\n");
    assert_true(json_is_null(json_get(again, "nothing")));
    assert_int_equal(json_int(again, "n", 0), INT64_C(1795424853000));
    assert_true(json_double(json_next(json_first(json_get(again, "list"))), "half", 0) == 0.5);
    free(text);
    json_free(again);
    json_free(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_another_type_count_as_not_there),
        cmocka_unit_test(whole_numbers_are_whole_and_exact),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(brackets_in_strings_do_not_nest),
        cmocka_unit_test(what_is_not_json_is_refused_with_a_word),
        cmocka_unit_test(bytes_behind_the_value_are_refused_even_a_nul),
        cmocka_unit_test(a_message_about_garbage_is_safe_to_show),
        cmocka_unit_test(what_was_built_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
