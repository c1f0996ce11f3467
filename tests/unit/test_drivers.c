/* Control drivers in the configuration: one's own, and every way to write them wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/configured.h"
#include "aid/folder.h"
#include "core/arena.h"

#define SYSTEMD "{driver: systemd, units: \"claude-worker@*.service\""

/* The mistake after "FILE:"; fails when there is none of that number. */
static const char *
mistake(const struct configured *world, size_t i)
{
    assert_true(i < world->config.n_mistakes);
    return world->config.mistakes[i] + strlen(world->folder) + 1;
}

static void
assert_mistake(struct configured *world, const char *expected)
{
    for (size_t i = 0; i < world->config.n_mistakes; i++)
        if (strcmp(mistake(world, i), expected) == 0)
            return;
    for (size_t i = 0; i < world->config.n_mistakes; i++)
        print_error("  %s\n", mistake(world, i));
    fail_msg("nobody says \"%s\"", expected);
}

static void
a_control_is_on_record_with_its_origin(void **state)
{
    struct configured *world = *state;
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);

    assert_non_null(out);
    assert_true(configured_load(
        world, configured_pool(world, "{driver: command, deadline: 9, environment: [MINE], "
                                      "list: [w, a b]}")));
    config_show(&world->config, out);
    fclose(out);
    assert_non_null(strstr(shown, "pools[0].control  "));
    assert_non_null(strstr(shown, "  w \"a b\""));
    assert_non_null(strstr(shown, "config.conf:5:76\n")); /* where list stands */
    assert_non_null(strstr(shown, "pools[0].control.deadline               9 s "));
    assert_non_null(strstr(shown, " SSH_AUTH_SOCK MINE "));
    free(shown);
}

static void
a_deadline_and_variables_are_this_control_s_own(void **state)
{
    struct configured *world = *state;
    const struct driver *shared, *own;

    assert_true(configured_load(
        world, configured_pool(world, SYSTEMD ", deadline: 7, environment: [MINE]}")));
    shared = world->config.drivers[world->config.n_drivers - 1];
    own = world->config.pools[0].control.driver;
    assert_string_equal(shared->name, "systemd");
    assert_int_equal(own->verbs[DRIVER_list].deadline_ms, 7000);
    assert_int_equal(shared->verbs[DRIVER_list].deadline_ms, 30000);
    assert_null(strstr(configured_join(world, shared->environment), "MINE"));
    assert_non_null(strstr(configured_join(world, own->environment), "PATH|"));
    assert_non_null(strstr(configured_join(world, own->environment), "|MINE"));
}

static void
without_control_there_is_no_driver(void **state)
{
    struct configured *world = *state;

    assert_true(configured_load(world,
                                "contexts: {a: {pools: [{id: env_1}, {id: env_2, control: null}], "
                                "connectors: [{url: \"http://127.0.0.1:1\", "
                                "control: {driver: systemd, units: c.service}}]}}"));
    assert_null(world->config.pools[0].control.driver);
    assert_null(world->config.pools[1].control.driver);
    assert_int_equal(driver_verbs(&world->config.pools[1].control), 0);
    assert_string_equal(world->config.connectors[0].control.driver->name, "systemd");
    assert_int_equal(driver_verbs(&world->config.connectors[0].control), (1u << DRIVER_VERBS) - 1);
}

#define AT5 "config.conf:5:"

static void
every_mistake_of_a_control_has_its_place(void **state)
{
    static const struct {
        const char *control, *mistake;
    } cases[] = {
        {"systemd",
         AT5 "18: contexts.a.pools[0].control: expected a map, as in {driver: systemd, …}"},
        {"{units: a.service}",
         AT5 "18: contexts.a.pools[0].control: expected a map, as in {driver: systemd, …}"},
        {"{driver: sistemd}",
         AT5 "27: contexts.a.pools[0].control.driver: there is no driver \"sistemd\"; did you mean "
             "\"systemd\"?"},
        {"{driver: docker}",
         AT5 "27: contexts.a.pools[0].control.driver: there is no driver \"docker\"; valid here: "
             "command, compose, kubernetes, systemd"},
        {SYSTEMD ", hots: x}",
         AT5 "70: contexts.a.pools[0].control.hots: unknown key; did you mean \"host\"?"},
        {SYSTEMD ", list: [x]}",
         AT5 "70: contexts.a.pools[0].control.list: a command stands here with \"driver: "
             "command\" only"},
        {"{driver: systemd}",
         AT5 "18: contexts.a.pools[0].control: units is missing: the units, by name or pattern, "
             "such as claude-worker@*.service"},
        {SYSTEMD ", scope: users}",
         AT5 "77: contexts.a.pools[0].control.scope: expected what matches system|user, found "
             "\"users\""},
        {SYSTEMD ", host: \"-oProxyCommand=x\"}",
         AT5 "76: contexts.a.pools[0].control.host: expected what matches "
             "([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9:][A-Za-z0-9_.:-]*, found "
             "\"-oProxyCommand=x\""},
        {SYSTEMD ", host: [x]}", AT5 "76: contexts.a.pools[0].control.host: expected text, found "
                                     "nothing"},
        {SYSTEMD ", host: \"\"}",
         AT5 "76: contexts.a.pools[0].control.host: expected another host, NAME or USER@NAME as "
             "ssh takes it; this one when not set, found nothing"},
        {SYSTEMD ", deadline: 0}",
         AT5 "80: contexts.a.pools[0].control.deadline: expected a deadline of 1 to 3600 seconds, "
             "found \"0\""},
        {SYSTEMD ", environment: [a b]}",
         AT5 "84: contexts.a.pools[0].control.environment: expected the name of a variable, found "
             "\"a b\""},
        {"{driver: command}", AT5 "18: contexts.a.pools[0].control: expected at least one of list, "
                                  "drain, restart, start, status, logs"},
        {"{driver: command, list: w}",
         AT5 "42: contexts.a.pools[0].control.list: expected a list of words, each in quotes, "
             "found \"w\""},
        {"{driver: command, list: [w, \"{worker}\"]}",
         AT5 "42: contexts.a.pools[0].control.list: it is for all workers, not for one"},
        {"{driver: command, drain: [w, \"{wroker}\"]}",
         AT5 "47: contexts.a.pools[0].control.drain: there is no field \"wroker\"; did you mean "
             "\"worker\"?"},
        {"{driver: command, drain: [w, {part: x}]}",
         AT5 "54: contexts.a.pools[0].control.drain: there is no part \"x\""},
        {"{driver: command, drain: [w, [x]]}",
         AT5 "47: contexts.a.pools[0].control.drain: a list cannot stand in a list"},
        {"{driver: command, drain: {word: [x]}}",
         AT5 "44: contexts.a.pools[0].control.drain.word: unknown key; did you mean \"words\"?"},
        {"{driver: command, drain: [curl, -u, sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxx]}",
         AT5 "54: contexts.a.pools[0].control.drain: a secret does not belong into a command's "
             "arguments"},
    };
    struct configured *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(configured_load(world, configured_pool(world, cases[i].control)));
        assert_int_equal(world->err.code, ERR_CONFIG);
        assert_mistake(world, cases[i].mistake);
    }
}

static void
a_control_of_another_context_is_checked_and_not_in_force(void **state)
{
    struct configured *world = *state;

    assert_false(configured_load(world,
                                 "context: a\n"
                                 "contexts:\n"
                                 "  a: {}\n"
                                 "  b: {pools: [{id: env_1, control: {driver: nothing}}]}\n"));
    assert_mistake(world, "config.conf:4:45: contexts.b.pools[0].control.driver: there is no "
                          "driver \"nothing\"; valid here: command, compose, kubernetes, systemd");
    assert_int_equal(world->config.n_pools, 0);
}

static void
one_s_own_driver_takes_the_place_of_a_shipped_one(void **state)
{
    struct configured *world = *state;

    folder_write(
        world->folder, "systemd.yaml",
        "about: mine\nworker: w\nverbs: {list: [mine, {when: word, words: [\"{word}\"]}]}\n"
        "fields: {word: {help: h, pattern: \"[a-z]+\", default: dear}}\n");
    folder_write(world->folder, "nomad.yaml", "about: other\nworker: w\nverbs: {list: [nomad]}\n");
    assert_true(configured_load(world, configured_pool(world, "{driver: systemd}")));
    assert_string_equal(configured_expand(world, DRIVER_list, NULL), "mine|dear");
    assert_int_equal(world->config.n_drivers, 5);
    assert_true(configured_load(world, configured_pool(world, "{driver: systemd, word: x}")));
    assert_string_equal(configured_expand(world, DRIVER_list, NULL), "mine|x");
    assert_true(configured_load(world, configured_pool(world, "{driver: nomad}")));
    assert_int_equal(driver_verbs(&world->config.pools[0].control), 1u << DRIVER_list);
}

static void
mistakes_of_a_driver_are_fatal_only_where_it_is_used(void **state)
{
    struct configured *world = *state;

    folder_write(world->folder, "mine.yaml", "about: x\nverbs: {lst: [a]}\n");
    assert_true(configured_load(world, configured_pool(world, SYSTEMD "}")));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_int_equal(world->config.n_fatal, 0);
    assert_mistake(world, "mine.yaml:2:9: verbs.lst: unknown key; did you mean \"list\"?");
    assert_false(configured_load(world, configured_pool(world, "{driver: mine}")));
    assert_int_equal(world->config.n_fatal, 1);
    assert_null(world->config.pools[0].control.driver);
}

static void
every_mistake_of_a_driver_file_has_its_place(void **state)
{
    static const struct {
        const char *yaml, *mistake;
    } cases[] = {
        {"[a]", "mine.yaml:1:1: driver: expected a map of keys and values, found nothing"},
        {"about: x", "mine.yaml:1:1: verbs: none is there"},
        {"verbs: {list: [a]}", "mine.yaml:1:1: about: it is missing"},
        {"about: x\nverbs: {list: [a]}",
         "mine.yaml:1:1: worker: what list prints needs the pattern of a worker's name"},
        {"about: x\nverb: {list: [a]}",
         "mine.yaml:2:1: verb: unknown key; did you mean \"verbs\"?"},
        {"about: x\nconfigured: true\nverbs: {list: [a]}",
         "mine.yaml:3:8: verbs: a driver that is configured has none of its own"},
        {"about: x\nconfigured: yes",
         "mine.yaml:2:13: configured: expected true or false, found \"yes\""},
        {"about: x\nverbs: {list: [\"{hots}\"]}\nfields: {host: {help: h, pattern: x}}",
         "mine.yaml:2:16: verbs.list: there is no field \"hots\"; did you mean \"host\"?"},
        {"about: x\nverbs: {list: [a, {when: hots, words: [b]}]}\n"
         "fields: {host: {help: h, pattern: x}}",
         "mine.yaml:2:26: verbs.list: there is no field \"hots\"; did you mean \"host\"?"},
        {"about: x\nverbs: {drain: [\"{worker}\"]}",
         "mine.yaml:2:17: verbs.drain: there is no field \"worker\""},
        {"about: x\nworker: w\nverbs: {list: [a, {when: worker, words: [b]}]}",
         "mine.yaml:3:15: verbs.list: it is for all workers, not for one"},
        {"about: x\nverbs: {list: [{part: a}]}\nparts: {a: [{part: a}]}",
         "mine.yaml:3:20: parts.a: there is no part \"a\""},
        {"about: x\nverbs: {list: [{part: aa}]}\nparts: {ab: [x]}",
         "mine.yaml:2:23: verbs.list: there is no part \"aa\"; did you mean \"ab\"?"},
        {"about: x\nverbs: {list: [a, {word: [b]}]}",
         "mine.yaml:2:20: verbs.list.word: unknown key; did you mean \"words\"?"},
        {"about: x\nverbs: {list: [a, {when: [], words: [b]}]}",
         "mine.yaml:2:26: verbs.list: expected a field's name, or a list of them, found nothing"},
        {"about: x\nverbs: {list: [a, {remote_shell: 1, words: [b]}]}",
         "mine.yaml:2:34: verbs.list: expected true or false, found \"1\""},
        {"about: x\nverbs: {list: []}",
         "mine.yaml:2:15: verbs.list: expected a list of words, each in quotes, found nothing"},
        {"about: x\nverbs: {list: {deadline: 3601, words: [a]}}",
         "mine.yaml:2:26: verbs.list: expected a deadline of 1 to 3600 seconds, found \"3601\""},
        {"about: x\nverbs: {list: [a]}\nfields: {driver: {help: h, pattern: x}}",
         "mine.yaml:3:10: fields.driver: a field's name has letters a to z and _, and means "
         "nothing else"},
        {"about: x\nverbs: {list: [a]}\nfields: {drain: {help: h, pattern: x}}",
         "mine.yaml:3:10: fields.drain: a field's name has letters a to z and _, and means "
         "nothing else"},
        {"about: x\nverbs: {list: [a]}\nfields: {f: {help: h}}",
         "mine.yaml:3:13: fields.f: pattern is missing"},
        {"about: x\nverbs: {list: [a]}\nfields: {f: {help: h, pattern: \"(\"}}",
         "mine.yaml:3:32: fields.f: not a regular expression: Unmatched ( or \\("},
        {"about: x\nverbs: {list: [a]}\nfields: {f: {help: h, pattern: \"a{2}\"}}",
         "mine.yaml:3:32: fields.f: a pattern has no counts {n} and no references \\1"},
        {"about: x\nverbs: {list: [a]}\nfields: {f: {help: h, pattern: \"a\", default: b}}",
         "mine.yaml:3:46: fields.f: expected what matches a, found \"b\""},
        {"about: x\nworker: \"[\"\nverbs: {list: [a]}",
         "mine.yaml:2:9: worker: not a regular expression: Invalid regular expression"},
        {"about: x\nenvironment: [A=b]\nverbs: {list: [a]}",
         "mine.yaml:2:15: environment: expected the name of a variable, found \"A=b\""},
    };
    struct configured *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        folder_write(world->folder, "mine.yaml", cases[i].yaml);
        configured_load(world, "");
        assert_int_equal(world->config.n_drivers, 4);
        assert_mistake(world, cases[i].mistake);
    }
}

static void
how_ops_are_done_is_configured(void **state)
{
    struct configured *world = *state;

    assert_true(configured_load(world, ""));
    assert_int_equal(world->config.arm, CONFIG_ARM_on_demand);
    assert_null(world->config.ops_journal);
    assert_int_equal(world->config.ops_arm_ms, 600000);
    assert_int_equal(world->config.ops_grace_ms, 60000);
    assert_int_equal(world->config.ops_undo_ms, 5000);
    assert_true(configured_load(world,
                                "contexts: {a: {arm: never}}\n"
                                "ops: {journal: not/there, arm_for: 60, grace: 1, undo: 0}\n"));
    assert_int_equal(world->config.n_mistakes, 0);
    assert_int_equal(world->config.arm, CONFIG_ARM_never);
    assert_string_equal(world->config.ops_journal + strlen(world->folder), "/not/there");
    assert_int_equal(world->config.ops_arm_ms, 60000);
    assert_int_equal(world->config.ops_grace_ms, 1000);
    assert_int_equal(world->config.ops_undo_ms, 0);
    assert_false(
        configured_load(world, "contexts: {a: {arm: alway}}\nops: {undo: -1, grace: 0}\n"));
    assert_mistake(world, "config.conf:1:21: contexts.a.arm: expected on-demand or always or "
                          "never, found \"alway\"");
    assert_int_equal(world->config.n_mistakes, 3);
}

static void
a_new_tunnel_token_goes_to_one_place(void **state)
{
    struct configured *world = *state;

    assert_true(configured_load(world,
                                "contexts: {a: {tunnel_tokens: [{tunnel_id: tnl_1, file: new}, "
                                "{tunnel_id: tnl_2, command: [vault, -]}]}}"));
    assert_int_equal(world->config.n_mistakes, 0); /* although the file is not there yet */
    assert_int_equal(world->config.n_tunnel_tokens, 2);
    assert_string_equal(world->config.tunnel_tokens[0].file + strlen(world->folder), "/new");
    assert_string_equal(configured_join(world, world->config.tunnel_tokens[1].command), "vault|-");
    assert_false(configured_load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: tnl_1}]}}"));
    assert_mistake(world, "config.conf:1:32: contexts.a.tunnel_tokens[0]: file or command is "
                          "missing");
    assert_false(configured_load(world,
                                 "contexts: {a: {tunnel_tokens: [{tunnel_id: t, file: f, command: "
                                 "[c]}]}}"));
    assert_mistake(world, "config.conf:1:56: contexts.a.tunnel_tokens[0].command: file stands "
                          "here too; keep one of them");
    assert_false(configured_load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: t, file: f}, "
                                        "{tunnel_id: t, file: g}]}}"));
    assert_false(configured_load(world, "contexts: {a: {tunnel_tokens: [{file: f}]}}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, configured_begin, configured_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_control_is_on_record_with_its_origin),
        TEST(a_deadline_and_variables_are_this_control_s_own),
        TEST(without_control_there_is_no_driver),
        TEST(every_mistake_of_a_control_has_its_place),
        TEST(a_control_of_another_context_is_checked_and_not_in_force),
        TEST(one_s_own_driver_takes_the_place_of_a_shipped_one),
        TEST(mistakes_of_a_driver_are_fatal_only_where_it_is_used),
        TEST(every_mistake_of_a_driver_file_has_its_place),
        TEST(how_ops_are_done_is_configured),
        TEST(a_new_tunnel_token_goes_to_one_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
