/* Control drivers in the configuration: the shipped ones, one's own, and every way to write them
 * wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aid/folder.h"
#include "config/config.h"
#include "core/arena.h"

struct world {
    char *folder;
    struct arena *arena;
    struct config config;
    struct err err;
};

static const char *
no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static int
set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->folder = folder_new();
    world->arena = arena_new();
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *world = *state;

    folder_free(world->folder);
    arena_free(world->arena);
    free(world);
    return 0;
}

/* With the shipped drivers and those in the world's folder, which win. */
static bool
load(struct world *world, const char *yaml)
{
    const char *folders[] = {"drivers", world->folder, NULL};
    struct config_request request = {.driver_folders = folders, .getenv = no_environment};
    char name[] = "sandwatch", flag[] = "--config";
    char *argv[] = {name, flag, arena_printf(world->arena, "%s/config.conf", world->folder), NULL};
    int argc = 3;

    folder_write(world->folder, "config.conf", yaml);
    world->err = (struct err){0};
    return config_load(&request, &argc, argv, world->arena, &world->config, &world->err);
}

static const char *
with_pool(struct world *world, const char *control)
{
    return arena_printf(world->arena,
                        "contexts:\n  a:\n    pools:\n      - id: env_1\n"
                        "        control: %s\n",
                        control);
}

/* The mistake after "FILE:"; fails when there is none of that number. */
static const char *
mistake(const struct world *world, size_t i)
{
    assert_true(i < world->config.n_mistakes);
    return world->config.mistakes[i] + strlen(world->folder) + 1;
}

static void
assert_mistake(struct world *world, const char *expected)
{
    for (size_t i = 0; i < world->config.n_mistakes; i++)
        if (strcmp(mistake(world, i), expected) == 0)
            return;
    for (size_t i = 0; i < world->config.n_mistakes; i++)
        print_error("  %s\n", mistake(world, i));
    fail_msg("nobody says \"%s\"", expected);
}

static const char *
join(struct world *world, const char *const *argv)
{
    const char *joined = "";

    for (size_t i = 0; argv[i]; i++)
        joined = arena_printf(world->arena, "%s%s%s", joined, i ? "|" : "", argv[i]);
    return joined;
}

static const char *
expand(struct world *world, enum driver_verb verb, const char *worker)
{
    const char *const *argv;
    struct err err = {0};

    if (!driver_expand(&world->config.pools[0].control, verb, worker, world->arena, &argv, &err))
        fail_msg("%s", err.message);
    return join(world, argv);
}

static void
all_shipped_drivers_are_without_mistakes(void **state)
{
    static const char *const names[] = {"command", "compose", "kubernetes", "systemd"};
    struct world *world = *state;

    assert_true(load(world, ""));
    assert_int_equal(world->config.n_mistakes, 0);
    assert_int_equal(world->config.n_drivers, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(world->config.drivers[i]->name, names[i]);
}

#define SYSTEMD "{driver: systemd, units: \"claude-worker@*.service\""
#define COMPOSE "{driver: compose, project: pool, service: worker"
#define KUBERNETES                                                                                 \
    "{driver: kubernetes, context: prod, namespace: agents, workload: deployment/worker, "         \
    "selector: app=worker, replicas: 3}"
#define SYSTEMCTL "systemctl|--system|--no-ask-password|--no-pager|"
#define SSH "ssh|-o|BatchMode=yes|-o|ConnectTimeout=10|--|ops@build-07|"
#define KUBECTL "kubectl|--context=prod|--namespace=agents|"
#define FILTERS                                                                                    \
    "--filter|label=com.docker.compose.project=pool|"                                              \
    "--filter|label=com.docker.compose.service=worker|"                                            \
    "--filter|label=com.docker.compose.oneoff=False|--format|{{.Names}} {{.Status}}"

static const struct {
    const char *control;
    enum driver_verb verb;
    const char *worker, *argv;
} commands[] = {
    {SYSTEMD "}", DRIVER_list, NULL,
     SYSTEMCTL "list-units|--plain|--no-legend|--full|"
               "--state=active,activating,reloading,deactivating|--|claude-worker@*.service"},
    {SYSTEMD "}", DRIVER_drain, NULL, SYSTEMCTL "stop|--no-block|--|claude-worker@*.service"},
    {SYSTEMD "}", DRIVER_drain, "claude-worker@1.service",
     SYSTEMCTL "stop|--no-block|--|claude-worker@1.service"},
    {SYSTEMD "}", DRIVER_restart, "claude-worker@a\\x2d1.service",
     SYSTEMCTL "restart|--|claude-worker@a\\x2d1.service"},
    {SYSTEMD "}", DRIVER_start, NULL,
     SYSTEMCTL "start|--no-block|--all|--|claude-worker@*.service"},
    {SYSTEMD ", group: claude.target}", DRIVER_start, NULL,
     SYSTEMCTL "start|--no-block|--|claude.target"},
    {SYSTEMD ", group: claude.target}", DRIVER_start, "claude-worker@1.service",
     SYSTEMCTL "start|--no-block|--|claude-worker@1.service"},
    {SYSTEMD ", scope: user}", DRIVER_status, NULL,
     "systemctl|--user|--no-ask-password|--no-pager|status|--lines=0|--|claude-worker@*.service"},
    {SYSTEMD ", lines: 7}", DRIVER_logs, NULL,
     "journalctl|--system|--no-pager|--lines=7|--unit=claude-worker@*.service"},
    {SYSTEMD ", host: ops@build-07, become: sudo}", DRIVER_drain, NULL,
     SSH "sudo|-n|" SYSTEMCTL "stop|--no-block|--|'claude-worker@*.service'"},
    {SYSTEMD ", host: ops@build-07}", DRIVER_drain, "claude-worker@a\\x2d1.service",
     SSH SYSTEMCTL "stop|--no-block|--|'claude-worker@a\\x2d1.service'"},
    {COMPOSE "}", DRIVER_list, NULL, "docker|ps|" FILTERS},
    {COMPOSE ", context: far}", DRIVER_list, NULL, "docker|--context|far|ps|" FILTERS},
    {COMPOSE ", file: /srv/my c.yaml}", DRIVER_drain, NULL,
     "docker|compose|--file|/srv/my c.yaml|--project-name|pool|stop|-t|60|worker"},
    {COMPOSE ", grace: 600}", DRIVER_drain, "pool-worker-1", "docker|stop|-t|600|pool-worker-1"},
    {COMPOSE "}", DRIVER_restart, "pool-worker-1", "docker|restart|-t|60|pool-worker-1"},
    {COMPOSE "}", DRIVER_restart, NULL, "docker|compose|--project-name|pool|restart|-t|60|worker"},
    {COMPOSE "}", DRIVER_start, NULL, "docker|compose|--project-name|pool|start|worker"},
    {COMPOSE "}", DRIVER_start, "pool-worker-1", "docker|start|pool-worker-1"},
    {COMPOSE ", file: /c.yaml}", DRIVER_start, NULL,
     "docker|compose|--file|/c.yaml|--project-name|pool|up|--detach|--no-deps|--no-recreate|"
     "--no-build|worker"},
    {COMPOSE "}", DRIVER_status, "pool-worker-1", "docker|ps|--all|--filter|name=^pool-worker-1$"},
    {COMPOSE "}", DRIVER_logs, NULL,
     "docker|compose|--project-name|pool|logs|--no-color|--tail|200|worker"},
    {KUBERNETES, DRIVER_list, NULL,
     KUBECTL "get|pods|--no-headers|--selector=app=worker|"
             "--field-selector=status.phase!=Succeeded,status.phase!=Failed"},
    {KUBERNETES, DRIVER_drain, NULL, KUBECTL "scale|deployment/worker|--replicas=0"},
    {KUBERNETES, DRIVER_start, NULL, KUBECTL "scale|deployment/worker|--replicas=3"},
    {KUBERNETES, DRIVER_restart, NULL, KUBECTL "rollout|restart|deployment/worker"},
    {KUBERNETES, DRIVER_restart, "worker-7d-x",
     KUBECTL "delete|pod|worker-7d-x|--wait=true|--timeout=600s"},
    {KUBERNETES, DRIVER_logs, NULL, KUBECTL "logs|--tail=200|--prefix|--selector=app=worker"},
    {"{driver: command, list: [w, --all, \"{x y} {{end}}\"], drain: [d, \"-w={worker}\"]}",
     DRIVER_list, NULL, "w|--all|{x y} {{end}}"},
    {"{driver: command, drain: [d, \"-w={worker}\"]}", DRIVER_drain, "w/1", "d|-w=w/1"},
    {"{driver: command, drain: [d, {when: worker, words: [-w, \"{worker}\"]}]}", DRIVER_drain, NULL,
     "d"},
};

static void
what_shipped_drivers_run_is_exactly_this(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (!load(world, with_pool(world, commands[i].control)))
            fail_msg("%s: %s", commands[i].control, world->err.message);
        assert_string_equal(expand(world, commands[i].verb, commands[i].worker), commands[i].argv);
    }
}

/* As the plan of a rolling restart shows it, before the workers are listed. */
static void
every_shipped_driver_shows_how_it_restarts_any_worker(void **state)
{
    static const char *const controls[] = {SYSTEMD "}", COMPOSE "}", KUBERNETES};
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        assert_true(load(world, with_pool(world, controls[i])));
        assert_non_null(strstr(expand(world, DRIVER_restart, driver_any_worker), "{worker}"));
    }
}

static void
kubernetes_cannot_drain_one_pod(void **state)
{
    struct world *world = *state;
    const char *const *argv;
    struct err err = {0};

    assert_true(load(world, with_pool(world, KUBERNETES)));
    assert_false(world->config.pools[0].control.driver->verbs[DRIVER_drain].takes_worker);
    assert_true(world->config.pools[0].control.driver->verbs[DRIVER_restart].takes_worker);
    assert_false(driver_expand(&world->config.pools[0].control, DRIVER_drain, "a", world->arena,
                               &argv, &err));
}

static void
no_field_of_a_shipped_driver_takes_an_attack(void **state)
{
    static const char *const attacks[] = {
        "",
        " ",
        "-x",
        "--",
        "a b",
        "a;b",
        "a|b",
        "a&b",
        "$(id)",
        "`id`",
        "$HOME",
        "a\nb",
        "a\n",
        "\x1b[2J",
        "'",
        "\"",
        "a'b",
        "a\"b",
        "a>b",
        "{host}",
        "\\",
        "~",
        "a\tb",
        "(a)",
        "a#b",
        "-oProxyCommand=id",
        "a.service b.service",
    };
    struct world *world = *state;

    assert_true(load(world, ""));
    for (size_t i = 0; i < world->config.n_drivers; i++) {
        const struct driver *driver = world->config.drivers[i];

        for (size_t k = 0; k < COUNT_OF(attacks); k++) {
            for (size_t j = 0; j < driver->n_fields; j++)
                if (driver_value_fits(&driver->fields[j], attacks[k], NULL))
                    fail_msg("%s: %s: \"%s\"", driver->name, driver->fields[j].name, attacks[k]);
            if (driver_is_worker(driver, attacks[k]))
                fail_msg("%s: worker \"%s\"", driver->name, attacks[k]);
        }
    }
}

static void
a_control_is_on_record_with_its_origin(void **state)
{
    struct world *world = *state;
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);

    assert_non_null(out);
    assert_true(load(world, with_pool(world, "{driver: command, deadline: 9, environment: [MINE], "
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
    struct world *world = *state;
    const struct driver *shared, *own;

    assert_true(load(world, with_pool(world, SYSTEMD ", deadline: 7, environment: [MINE]}")));
    shared = world->config.drivers[world->config.n_drivers - 1];
    own = world->config.pools[0].control.driver;
    assert_string_equal(shared->name, "systemd");
    assert_int_equal(own->verbs[DRIVER_list].deadline_ms, 7000);
    assert_int_equal(shared->verbs[DRIVER_list].deadline_ms, 30000);
    assert_null(strstr(join(world, shared->environment), "MINE"));
    assert_non_null(strstr(join(world, own->environment), "PATH|"));
    assert_non_null(strstr(join(world, own->environment), "|MINE"));
}

static void
without_control_there_is_no_driver(void **state)
{
    struct world *world = *state;

    assert_true(load(world, "contexts: {a: {pools: [{id: env_1}, {id: env_2, control: null}], "
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
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(load(world, with_pool(world, cases[i].control)));
        assert_int_equal(world->err.code, ERR_CONFIG);
        assert_mistake(world, cases[i].mistake);
    }
}

static void
a_control_of_another_context_is_checked_and_not_in_force(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "context: a\n"
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
    struct world *world = *state;

    folder_write(
        world->folder, "systemd.yaml",
        "about: mine\nworker: w\nverbs: {list: [mine, {when: word, words: [\"{word}\"]}]}\n"
        "fields: {word: {help: h, pattern: \"[a-z]+\", default: dear}}\n");
    folder_write(world->folder, "nomad.yaml", "about: other\nworker: w\nverbs: {list: [nomad]}\n");
    assert_true(load(world, with_pool(world, "{driver: systemd}")));
    assert_string_equal(expand(world, DRIVER_list, NULL), "mine|dear");
    assert_int_equal(world->config.n_drivers, 5);
    assert_true(load(world, with_pool(world, "{driver: systemd, word: x}")));
    assert_string_equal(expand(world, DRIVER_list, NULL), "mine|x");
    assert_true(load(world, with_pool(world, "{driver: nomad}")));
    assert_int_equal(driver_verbs(&world->config.pools[0].control), 1u << DRIVER_list);
}

static void
mistakes_of_a_driver_are_fatal_only_where_it_is_used(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "mine.yaml", "about: x\nverbs: {lst: [a]}\n");
    assert_true(load(world, with_pool(world, SYSTEMD "}")));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_int_equal(world->config.n_fatal, 0);
    assert_mistake(world, "mine.yaml:2:9: verbs.lst: unknown key; did you mean \"list\"?");
    assert_false(load(world, with_pool(world, "{driver: mine}")));
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
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        folder_write(world->folder, "mine.yaml", cases[i].yaml);
        load(world, "");
        assert_int_equal(world->config.n_drivers, 4);
        assert_mistake(world, cases[i].mistake);
    }
}

static void
how_ops_are_done_is_configured(void **state)
{
    struct world *world = *state;

    assert_true(load(world, ""));
    assert_int_equal(world->config.arm, CONFIG_ARM_on_demand);
    assert_null(world->config.ops_journal);
    assert_int_equal(world->config.ops_arm_ms, 600000);
    assert_int_equal(world->config.ops_grace_ms, 60000);
    assert_int_equal(world->config.ops_undo_ms, 5000);
    assert_true(load(world, "contexts: {a: {arm: never}}\n"
                            "ops: {journal: not/there, arm_for: 60, grace: 1, undo: 0}\n"));
    assert_int_equal(world->config.n_mistakes, 0);
    assert_int_equal(world->config.arm, CONFIG_ARM_never);
    assert_string_equal(world->config.ops_journal + strlen(world->folder), "/not/there");
    assert_int_equal(world->config.ops_arm_ms, 60000);
    assert_int_equal(world->config.ops_grace_ms, 1000);
    assert_int_equal(world->config.ops_undo_ms, 0);
    assert_false(load(world, "contexts: {a: {arm: alway}}\nops: {undo: -1, grace: 0}\n"));
    assert_mistake(world, "config.conf:1:21: contexts.a.arm: expected on-demand or always or "
                          "never, found \"alway\"");
    assert_int_equal(world->config.n_mistakes, 3);
}

static void
a_new_tunnel_token_goes_to_one_place(void **state)
{
    struct world *world = *state;

    assert_true(load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: tnl_1, file: new}, "
                            "{tunnel_id: tnl_2, command: [vault, -]}]}}"));
    assert_int_equal(world->config.n_mistakes, 0); /* although the file is not there yet */
    assert_int_equal(world->config.n_tunnel_tokens, 2);
    assert_string_equal(world->config.tunnel_tokens[0].file + strlen(world->folder), "/new");
    assert_string_equal(join(world, world->config.tunnel_tokens[1].command), "vault|-");
    assert_false(load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: tnl_1}]}}"));
    assert_mistake(world, "config.conf:1:32: contexts.a.tunnel_tokens[0]: file or command is "
                          "missing");
    assert_false(load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: t, file: f, command: "
                             "[c]}]}}"));
    assert_mistake(world, "config.conf:1:56: contexts.a.tunnel_tokens[0].command: file stands "
                          "here too; keep one of them");
    assert_false(load(world, "contexts: {a: {tunnel_tokens: [{tunnel_id: t, file: f}, "
                             "{tunnel_id: t, file: g}]}}"));
    assert_false(load(world, "contexts: {a: {tunnel_tokens: [{file: f}]}}"));
}

static const char *
check_drivers(struct world *world, const char *yaml, int status)
{
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);
    const char *copy;

    assert_non_null(out);
    if (!load(world, yaml))
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
    struct world *world = *state;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_shipped_drivers_are_without_mistakes),
        TEST(what_shipped_drivers_run_is_exactly_this),
        TEST(every_shipped_driver_shows_how_it_restarts_any_worker),
        TEST(kubernetes_cannot_drain_one_pod),
        TEST(no_field_of_a_shipped_driver_takes_an_attack),
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
        TEST(each_list_is_run_on_request_and_its_end_is_told),
        TEST(many_lists_are_run_some_at_a_time_and_told_in_order),
        TEST(a_list_gets_only_the_variables_that_are_declared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
