/* Drivers: from a template and values to an argv, and nothing that a value says can change what is
 * run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>

#include "core/arena.h"
#include "core/child.h"
#include "core/driver.h"

static const char *const when_host[] = {"host", NULL};
static const char *const when_worker[] = {"worker", NULL};
static const char *const worker_and_host[] = {"worker", "host", NULL};

static const struct driver_field fields[] = {
    {.name = "units",
     .help = "which units",
     .pattern = "[A-Za-z0-9@*.-]+[.]service",
     .is_required = true},
    {.name = "host", .help = "where", .pattern = "[A-Za-z0-9.-]+"},
    {.name = "lines", .help = "how many", .pattern = "[0-9]+", .fallback = "20"},
    {.name = "anything", .help = "whatever", .pattern = ".*"},
};

enum { UNITS, HOST, LINES, ANYTHING };
enum { WITHIN_MS = 20000 };

static const struct driver_word list_words[] = {
    {.text = "ssh", .when = when_host},
    {.text = "--", .when = when_host},
    {.text = "{host}", .when = when_host, .opens_remote_shell = true},
    {.text = "systemctl"},
    {.text = "--lines={lines}"},
    {.text = "it's {} {UP} {{x}}"},
    {.text = "{worker}", .when = when_worker},
    {.text = "{units}", .unless = when_worker},
    {.text = "here", .unless = worker_and_host},
};

static const struct driver_word restart_words[] = {{.text = "kick"}, {.text = "{worker}"}};
static const struct driver_word logs_words[] = {{.text = "logs"}, {.text = "{anything}"}};
static const struct driver_word start_words[] = {{.text = "start"}, {.text = "--x={anything}"}};

static const struct driver driver = {
    .name = "test",
    .fields = fields,
    .n_fields = COUNT_OF(fields),
    .worker_pattern = "[A-Za-z0-9@.\\-]+",
    .verbs =
        {
            [DRIVER_list] = {list_words, COUNT_OF(list_words), .takes_worker = true},
            [DRIVER_restart] = {.words = restart_words,
                                .n = COUNT_OF(restart_words),
                                .takes_worker = true,
                                .needs_worker = true},
            [DRIVER_logs] = {.words = logs_words, .n = COUNT_OF(logs_words)},
            [DRIVER_start] = {.words = start_words, .n = COUNT_OF(start_words)},
        },
};

struct fixture {
    struct arena *arena;
    const char *values[COUNT_OF(fields)];
    struct driver_use use;
    struct err err;
};

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->arena = arena_new();
    fixture->values[UNITS] = "w@*.service";
    fixture->use = (struct driver_use){&driver, fixture->values};
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* The argv with | between its words; NULL when it was refused. */
static const char *
expand(struct fixture *fixture, enum driver_verb verb, const char *worker)
{
    const char *const *argv = NULL;
    const char *joined = "";

    fixture->err = (struct err){0};
    if (!driver_expand(&fixture->use, verb, worker, fixture->arena, &argv, &fixture->err)) {
        assert_null(argv);
        assert_int_equal(fixture->err.code, ERR_CONFIG);
        return NULL;
    }
    for (size_t i = 0; argv[i]; i++)
        joined = arena_printf(fixture->arena, "%s%s%s", joined, i ? "|" : "", argv[i]);
    return joined;
}

static void
assert_refused(struct fixture *fixture, enum driver_verb verb, const char *worker, const char *why)
{
    assert_null(expand(fixture, verb, worker));
    if (!strstr(fixture->err.message, why))
        fail_msg("\"%s\" does not say \"%s\"", fixture->err.message, why);
}

static void
verbs_have_names_and_are_found_by_them(void **state)
{
    (void)state;
    for (int verb = 0; verb < DRIVER_VERBS; verb++)
        assert_int_equal(driver_verb_find(driver_verb_name((enum driver_verb)verb)), verb);
    assert_string_equal(driver_verb_name(DRIVER_drain), "drain");
    assert_int_equal(driver_verb_find("drains"), DRIVER_VERBS);
    assert_int_equal(driver_verb_find(""), DRIVER_VERBS);
}

static void
what_a_driver_can_do_is_known(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(driver_verbs(&fixture->use), 1u << DRIVER_list | 1u << DRIVER_restart |
                                                      1u << DRIVER_logs | 1u << DRIVER_start);
    assert_int_equal(driver_verbs(NULL), 0);
    assert_int_equal(driver_verbs(&(struct driver_use){0}), 0);
    assert_refused(fixture, DRIVER_drain, NULL, "test: drain: this driver cannot");
}

static void
values_defaults_and_groups_become_words(void **state)
{
    struct fixture *fixture = *state;

    assert_string_equal(expand(fixture, DRIVER_list, NULL),
                        "systemctl|--lines=20|it's {} {UP} {{x}}|w@*.service|here");
    fixture->values[LINES] = "7";
    assert_string_equal(expand(fixture, DRIVER_list, "w@1.service"),
                        "systemctl|--lines=7|it's {} {UP} {{x}}|w@1.service");
}

static void
behind_a_remote_shell_every_word_is_quoted(void **state)
{
    struct fixture *fixture = *state;

    fixture->values[HOST] = "build-07";
    assert_string_equal(
        expand(fixture, DRIVER_list, NULL),
        "ssh|--|build-07|systemctl|--lines=20|'it'\\''s {} {UP} {{x}}'|'w@*.service'");
    assert_string_equal(
        expand(fixture, DRIVER_list, "w@a\\x2d1.service"),
        "ssh|--|build-07|systemctl|--lines=20|'it'\\''s {} {UP} {{x}}'|'w@a\\x2d1.service'");
}

/* ssh joins its words with spaces and hands them to a shell. */
static void
a_shell_reads_back_exactly_the_words_that_were_quoted(void **state)
{
    static const struct driver_word words[] = {
        {.text = "ssh", .opens_remote_shell = true},
        {.text = "printf"},
        {.text = "%s|"},
        {.text = ""},
        {.text = "it's"},
        {.text = "''"},
        {.text = "=ls"},
        {.text = "~"},
        {.text = "{anything}"},
    };
    static const char value[] = "$(id) `id` \\ \"x\" ;&|<>*?[a]#!{a,b} 'y'";
    struct driver remote = driver;
    struct fixture *fixture = *state;
    const char *const *argv;
    const char *line = "";
    struct child *child;
    struct child_output output;

    remote.verbs[DRIVER_list] = (struct driver_template){.words = words, .n = COUNT_OF(words)};
    fixture->use.driver = &remote;
    fixture->values[ANYTHING] = value;
    assert_true(driver_expand(&fixture->use, DRIVER_list, NULL, fixture->arena, &argv, NULL));
    for (size_t i = 1; argv[i]; i++)
        line = arena_printf(fixture->arena, "%s%s%s", line, i > 1 ? " " : "", argv[i]);
    argv = (const char *const[]){"sh", "-c", line, NULL};
    child = child_start(
        &(struct child_plan){.argv = argv, .most_output_bytes = 4096, .within_ms = WITHIN_MS},
        NULL);
    assert_non_null(child);
    while (child_step(child) == CHILD_RUNNING) /* which ends at its deadline */
        poll(&(struct pollfd){.fd = child_fd(child), .events = POLLIN}, 1, WITHIN_MS);
    output = child_output(child);
    assert_string_equal(arena_strndup(fixture->arena, output.bytes, output.n),
                        arena_printf(fixture->arena, "|it's|''|=ls|~|%s|", value));
    child_free(child);
}

static void
a_value_is_one_word_or_none(void **state)
{
    static const char *const attacks[] = {
        "",
        " ",
        "a b.service",
        "a.service b.service",
        "a.service;reboot",
        "a.service\n",
        "\na.service",
        "a.service\nb.service",
        "$(id).service",
        "`id`.service",
        "a'.service",
        "a\".service",
        "a.service|sh",
        "a.service&",
        "a>b.service",
        "a\\.service",
        "{host}.service",
        "a.service\x7f",
        "\x1b[2Ja.service",
        "-x.service",
        "--now.service",
        "a.serviced",
        "xa.service ",
        "é.service",
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT_OF(attacks); i++) {
        fixture->values[UNITS] = attacks[i];
        if (expand(fixture, DRIVER_list, NULL))
            fail_msg("\"%s\" was taken", attacks[i]);
        fixture->values[UNITS] = "w.service";
        if (expand(fixture, DRIVER_restart, attacks[i]) && !strstr(attacks[i], ".serviced"))
            if (strcmp(attacks[i], "a\\.service") != 0) /* systemd's own names have backslashes */
                fail_msg("worker \"%s\" was taken", attacks[i]);
    }
}

static void
a_value_is_never_an_option_of_its_own(void **state)
{
    struct fixture *fixture = *state;

    fixture->values[ANYTHING] = "--output=/etc/passwd";
    assert_refused(fixture, DRIVER_logs, NULL, "would be read as an option");
    fixture->values[ANYTHING] = "-";
    assert_refused(fixture, DRIVER_logs, NULL, "would be read as an option");
    assert_string_equal(expand(fixture, DRIVER_start, NULL), "start|--x=-");
    assert_refused(fixture, DRIVER_restart, "-f", "would be read as an option");
}

static void
whatever_the_pattern_a_value_is_bounded_and_has_no_control_character(void **state)
{
    struct fixture *fixture = *state;
    char longest[DRIVER_LONGEST_VALUE + 2];

    memset(longest, 'x', sizeof(longest));
    longest[DRIVER_LONGEST_VALUE] = '\0';
    fixture->values[ANYTHING] = longest;
    assert_non_null(expand(fixture, DRIVER_logs, NULL));
    longest[DRIVER_LONGEST_VALUE] = 'x';
    longest[DRIVER_LONGEST_VALUE + 1] = '\0';
    assert_refused(fixture, DRIVER_logs, NULL, "anything: expected at most 255 bytes");
    fixture->values[ANYTHING] = "a\nb";
    assert_refused(fixture, DRIVER_logs, NULL, "control");
    fixture->values[ANYTHING] = "";
    assert_refused(fixture, DRIVER_logs, NULL, "found nothing");
    fixture->values[ANYTHING] = "$(id); it's {host} \"x\"";
    assert_string_equal(expand(fixture, DRIVER_logs, NULL), "logs|$(id); it's {host} \"x\"");
}

static void
every_value_is_checked_whichever_verb_is_meant(void **state)
{
    struct fixture *fixture = *state;

    fixture->values[HOST] = "a b";
    assert_refused(fixture, DRIVER_restart, "w", "test: restart: host: expected what matches");
    fixture->values[HOST] = NULL;
    fixture->values[UNITS] = NULL;
    assert_refused(fixture, DRIVER_restart, "w", "units is missing");
    fixture->use.values = NULL;
    assert_refused(fixture, DRIVER_restart, "w", "units is missing");
}

static void
what_a_word_needs_must_be_there(void **state)
{
    assert_refused(*state, DRIVER_logs, NULL, "anything has no value");
}

static void
one_worker_and_all_of_them_are_not_mixed_up(void **state)
{
    struct fixture *fixture = *state;

    assert_refused(fixture, DRIVER_restart, NULL, "is for one worker, not for all");
    fixture->values[ANYTHING] = "x";
    assert_refused(fixture, DRIVER_logs, "w", "is for all workers, not for one");
    assert_refused(fixture, DRIVER_restart, "no such worker", "no worker of this driver");
    assert_string_equal(expand(fixture, DRIVER_restart, "w-1"), "kick|w-1");
}

static void
a_pattern_matches_all_or_nothing(void **state)
{
    static const struct {
        const char *pattern, *value;
        bool fits;
    } cases[] = {
        {"a|ab", "ab", true},
        {"a|b", "ab", false},
        {"a", "xa", false},
        {"a)|(b", "ax", false},
        {"user|system", "user", true},
        {"user|system", "users", false},
        {"a|", "b", false},
        {"^a$", "a", true},
        {"[^/]+", "a\nb", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct driver_field field = {.name = "f", .help = "h", .pattern = cases[i].pattern};

        if (driver_value_fits(&field, cases[i].value, NULL) != cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].value);
    }
}

static void
a_pattern_is_quick_or_refused(void **state)
{
    static const char *const bad[] = {
        "", "(a", "[a", "a{9999}", "((a{99}){99}){99}", "(a)\\1", "a+++++++++++", "*", "a**{1}"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err = (struct err){0};
        if (driver_pattern_is_valid(bad[i], &err))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_true(*err.message);
    }
    assert_true(driver_pattern_is_valid("((((((((a+)+)+)+)+)+)+)+)", NULL));
}

static void
a_list_is_read_line_by_line(void **state)
{
    static const char printed[] = "w@1.service loaded active running Worker 1\r\n"
                                  "\n"
                                  "  w@2.service\tloaded\n"
                                  "w@1.service again\n"
                                  "$(reboot) x\n"
                                  "-- no\n"
                                  "w@3.service";
    struct fixture *fixture = *state;
    struct driver_workers workers =
        driver_workers_read(&driver, printed, strlen(printed), fixture->arena);

    assert_int_equal(workers.n, 4);
    assert_string_equal(workers.names[0], "w@1.service");
    assert_string_equal(workers.names[1], "w@2.service");
    assert_string_equal(workers.names[2], "--"); /* its pattern says so; no word can begin so */
    assert_string_equal(workers.names[3], "w@3.service");
    assert_int_equal(workers.n_refused, 1);
    assert_null(expand(fixture, DRIVER_restart, "--"));
}

static void
an_empty_an_endless_and_a_broken_list_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    size_t n = 0, room = (size_t)(DRIVER_MOST_WORKERS + 10) * 8;
    char *many = arena_alloc(fixture->arena, room);
    struct driver_workers workers = driver_workers_read(&driver, NULL, 0, fixture->arena);

    assert_int_equal(workers.n + workers.n_refused, 0);
    workers = driver_workers_read(&driver, "a\0b\nc", 5, fixture->arena);
    assert_int_equal(workers.n, 1);
    assert_int_equal(workers.n_refused, 1);
    for (int i = 0; i < DRIVER_MOST_WORKERS + 10; i++)
        n += (size_t)snprintf(many + n, room - n, "w%d\n", i);
    workers = driver_workers_read(&driver, many, n, fixture->arena);
    assert_int_equal(workers.n, DRIVER_MOST_WORKERS);
    assert_int_equal(workers.n_refused, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_have_names_and_are_found_by_them),
        cmocka_unit_test(what_a_driver_can_do_is_known),
        cmocka_unit_test(values_defaults_and_groups_become_words),
        cmocka_unit_test(behind_a_remote_shell_every_word_is_quoted),
        cmocka_unit_test(a_shell_reads_back_exactly_the_words_that_were_quoted),
        cmocka_unit_test(a_value_is_one_word_or_none),
        cmocka_unit_test(a_value_is_never_an_option_of_its_own),
        cmocka_unit_test(whatever_the_pattern_a_value_is_bounded_and_has_no_control_character),
        cmocka_unit_test(every_value_is_checked_whichever_verb_is_meant),
        cmocka_unit_test(what_a_word_needs_must_be_there),
        cmocka_unit_test(one_worker_and_all_of_them_are_not_mixed_up),
        cmocka_unit_test(a_pattern_matches_all_or_nothing),
        cmocka_unit_test(a_pattern_is_quick_or_refused),
        cmocka_unit_test(a_list_is_read_line_by_line),
        cmocka_unit_test(an_empty_an_endless_and_a_broken_list_are_bounded),
    };
    struct CMUnitTest with_fixture[COUNT_OF(tests)];

    memcpy(with_fixture, tests, sizeof(tests));
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        with_fixture[i].setup_func = set_up;
        with_fixture[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(with_fixture, NULL, NULL);
}
