/* `config check --drivers`: each list of workers, run on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "aid/configured.h"
#include "core/arena.h"

static const char *
check_drivers(struct configured *world, const char *yaml, int status)
{
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);
    const char *copy;

    assert_non_null(out);
    if (!configured_load(world, yaml))
        fail_msg("%s", world->err.message);
    assert_int_equal(config_check_drivers(&world->config, out), status);
    fclose(out);
    copy = arena_strdup(world->arena, shown);
    free(shown);
    return copy;
}

static void
each_list_is_run_on_request_and_its_end_is_told(void **state)
{
    assert_string_equal(
        check_drivers(*state,
                      "contexts:\n"
                      "  a:\n"
                      "    pools:\n"
                      "      - {id: env_1, name: good, control: {driver: command,\n"
                      "         list: [printf, 'w1 up\\nw2 up\\nw1\\n']}}\n"
                      "      - {id: env_2, control: {driver: command,\n"
                      "         list: [sh, -c, 'echo no such host >&2; exit 3']}}\n"
                      "      - {id: env_3, control: {driver: command,\n"
                      "         list: [sh, -c, 'kill -9 $$']}}\n"
                      "      - {id: env_4, control: {driver: command, deadline: 1,\n"
                      "         list: [sleep, '60']}}\n"
                      "      - {id: env_5, control: {driver: command,\n"
                      "         list: [printf, 'w1\\n$(id)\\n']}}\n"
                      "      - {id: env_6, control: {driver: command, list: [/not/there]}}\n"
                      "      - {id: env_7, control: {driver: command, drain: [x]}}\n"
                      "      - {id: env_8}\n"
                      "    connectors:\n"
                      "      - {url: 'http://127.0.0.1:1',\n"
                      "         control: {driver: command, list: ['true']}}\n",
                      1),
        "pool good: command: exit status 0, 2 workers\n"
        "pool env_2: command: command sh: exit status 3: no such host\n"
        "pool env_3: command: command sh: killed by signal 9\n"
        "pool env_4: command: command sleep: not done within 1 s\n"
        "pool env_5: command: exit status 0, 1 worker, and 1 that cannot be a worker's name\n"
        "pool env_6: command: command /not/there: cannot start: No such file or directory\n"
        "pool env_7: command: has no command that lists workers\n"
        "connector http://127.0.0.1:1: command: exit status 0, 0 workers\n");
}

static void
many_lists_are_run_some_at_a_time_and_told_in_order(void **state)
{
    struct configured *world = *state;
    const char *yaml = "contexts:\n  a:\n    pools:\n", *expected = "";

    for (int i = 0; i < 20; i++) {
        yaml = arena_printf(world->arena,
                            "%s      - {id: env_%d, control: {driver: command, list: [echo, w]}}\n",
                            yaml, i);
        expected = arena_printf(world->arena, "%spool env_%d: command: exit status 0, 1 worker\n",
                                expected, i);
    }
    assert_string_equal(check_drivers(world, yaml, 0), expected);
    assert_string_equal(check_drivers(world, "", 0),
                        "no pool and no connector has a control driver\n");
}

static void
a_list_gets_only_the_variables_that_are_declared(void **state)
{
    setenv("DECLARED", "declared", 1);
    setenv("UNDECLARED", "undeclared", 1);
    setenv("ANTHROPIC_API_KEY", "key", 1);
    assert_string_equal(
        check_drivers(*state,
                      "contexts: {a: {pools: [{id: env_1, control: {driver: command,\n"
                      "  environment: [DECLARED],\n"
                      "  list: [sh, -c, 'echo $UNDECLARED; echo $ANTHROPIC_API_KEY;\n"
                      "                  test $DECLARED = declared']}}]}}",
                      0),
        "pool env_1: command: exit status 0, 0 workers\n");
    unsetenv("DECLARED");
    unsetenv("UNDECLARED");
    unsetenv("ANTHROPIC_API_KEY");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, configured_begin, configured_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_list_is_run_on_request_and_its_end_is_told),
        TEST(many_lists_are_run_some_at_a_time_and_told_in_order),
        TEST(a_list_gets_only_the_variables_that_are_declared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
