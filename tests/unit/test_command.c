/* Commands and keys: every default is valid, the operator's changes are checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "ui/app.h"
#include "ui/command.h"
#include "ui/keys.h"

static void
every_default_key_is_known_and_given_once(void **state)
{
    struct bindings bindings;
    struct err err = {0};
    size_t written = 0;

    (void)state;
    assert_true(bindings_make(&bindings, NULL, 0, &err));
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (!command_infos[i].keys[0]) /* said on the command line only */
            continue;
        assert_int_not_equal(bindings_key(&bindings, (enum command_id)i), KEY_NONE);
        for (const char *s = command_infos[i].keys; *s; s++)
            written += *s == ' ';
        written++;
    }
    assert_int_equal(bindings.n, written);
    for (size_t i = 0; i < bindings.n; i++)
        assert_int_not_equal(bindings.row[i].key, KEY_NONE);
}

static void
every_command_has_help(void **state)
{
    (void)state;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        assert_true(strlen(command_infos[i].help) > 5);
        assert_int_equal(command_find(command_infos[i].name), i);
    }
    assert_int_equal(command_find("dance"), COMMAND_none);
}

static void
a_binding_moves_a_key(void **state)
{
    const struct ui_binding changes[] = {{"F9", "quit"}, {"q", "none"}, {"^X", "zoom"}};
    struct bindings bindings;
    struct err err = {0};

    (void)state;
    assert_true(bindings_make(&bindings, changes, 3, &err));
    assert_int_equal(bindings_find(&bindings, KEY_f9), COMMAND_quit);
    assert_int_equal(bindings_find(&bindings, 'q'), COMMAND_none);
    assert_int_equal(bindings_find(&bindings, 'X' & 0x1F), COMMAND_zoom);
    assert_int_equal(bindings_find(&bindings, 'z'), COMMAND_zoom);
}

static void
refused(const struct ui_binding *changes, size_t n, const char *words)
{
    struct bindings bindings;
    struct err err = {0};

    assert_false(bindings_make(&bindings, changes, n, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, words));
}

static void
wrong_bindings_are_refused_by_name(void **state)
{
    const struct ui_binding no_key[] = {{"F13", "quit"}};
    const struct ui_binding no_command[] = {{"x", "zooom"}};
    const struct ui_binding twice[] = {{"x", "zoom"}, {"x", "quit"}};
    const struct ui_binding locked_in[] = {{"q", "none"}, {"F10", "none"}, {"Ctrl-C", "none"}};

    (void)state;
    refused(no_key, 1, "F13");
    refused(no_command, 1, "\"zoom\"");
    refused(twice, 2, "twice");
    refused(locked_in, 3, "no key is left that quits");
}

static void
completion_walks_through_what_begins_alike(void **state)
{
    enum command_id first = command_complete("p", COMMAND_none);

    (void)state;
    assert_int_equal(first, COMMAND_page_up);
    assert_int_equal(command_complete("p", first), COMMAND_page_down);
    assert_int_equal(command_complete("xyz", COMMAND_none), COMMAND_none);
}

static void
names_of_keys_are_read_and_written_alike(void **state)
{
    static const char *const names[] = {"a",    "G", "F1",    "F12", "^R",    "Up",    "PgDn",
                                        "Home", "é", "Space", "Tab", "S-Tab", "Enter", "Esc"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        TEXT(out, 16);

        assert_int_not_equal(key_parse(names[i]), KEY_NONE);
        key_add(&out, key_parse(names[i]));
        assert_string_equal(out.bytes, names[i]);
    }
    assert_int_equal(key_parse("ctrl-r"), key_parse("^R"));
    assert_int_equal(key_parse(""), KEY_NONE);
    assert_int_equal(key_parse("F99"), KEY_NONE);
    assert_int_equal(key_parse("ab"), KEY_NONE);
    assert_int_equal(key_parse("\033"), KEY_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_key_is_known_and_given_once),
        cmocka_unit_test(every_command_has_help),
        cmocka_unit_test(a_binding_moves_a_key),
        cmocka_unit_test(wrong_bindings_are_refused_by_name),
        cmocka_unit_test(completion_walks_through_what_begins_alike),
        cmocka_unit_test(names_of_keys_are_read_and_written_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
