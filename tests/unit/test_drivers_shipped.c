/* The shipped control drivers: what they run, and what their fields do not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "aid/configured.h"

static void
all_shipped_drivers_are_without_mistakes(void **state)
{
    static const char *const names[] = {"command", "compose", "kubernetes", "systemd"};
    struct configured *world = *state;

    assert_true(configured_load(world, ""));
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
    struct configured *world = *state;

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (!configured_load(world, configured_pool(world, commands[i].control)))
            fail_msg("%s: %s", commands[i].control, world->err.message);
        assert_string_equal(configured_expand(world, commands[i].verb, commands[i].worker),
                            commands[i].argv);
    }
}

/* As the plan of a rolling restart shows it, before the workers are listed. */
static void
every_shipped_driver_shows_how_it_restarts_any_worker(void **state)
{
    static const char *const controls[] = {SYSTEMD "}", COMPOSE "}", KUBERNETES};
    struct configured *world = *state;

    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        assert_true(configured_load(world, configured_pool(world, controls[i])));
        assert_non_null(
            strstr(configured_expand(world, DRIVER_restart, driver_any_worker), "{worker}"));
    }
}

static void
kubernetes_cannot_drain_one_pod(void **state)
{
    struct configured *world = *state;
    const char *const *argv;
    struct err err = {0};

    assert_true(configured_load(world, configured_pool(world, KUBERNETES)));
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
    struct configured *world = *state;

    assert_true(configured_load(world, ""));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, configured_begin, configured_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_shipped_drivers_are_without_mistakes),
        TEST(what_shipped_drivers_run_is_exactly_this),
        TEST(every_shipped_driver_shows_how_it_restarts_any_worker),
        TEST(kubernetes_cannot_drain_one_pod),
        TEST(no_field_of_a_shipped_driver_takes_an_attack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
