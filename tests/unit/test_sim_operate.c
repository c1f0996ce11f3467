/* The processes of the customer as an operator's control driver handles them: workers and
 * connectors, through `sandwatch sim control`, and what a rotated tunnel token does to connectors
 * (facts/management-api.md 8.2, facts/connectivity.md C). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/folder.h"
#include "aid/simulator.h"
#include "core/clock.h"
#include "sim/operate.h"

enum { WITHIN_MS = 10000 };

static struct simulator *sim;

static int
start(void **state)
{
    (void)state;
    sim = simulator_start("drain-stuck");
    json_free(
        simulator_control(sim, "/sim/switch", "{\"name\":\"fleet.pace\",\"value\":\"2000\"}"));
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    simulator_stop(sim);
    return 0;
}

/* What `sandwatch sim control URL …` prints; the arguments end in NULL. Caller frees. */
static char *
operate(const char *url, const char *const *more, enum err_code expected)
{
    char *arguments[8] = {(char *)(uintptr_t)url}, *printed = NULL;
    struct err err = {0};
    size_t bytes = 0;
    int n = 1;
    FILE *out = open_memstream(&printed, &bytes);

    assert_non_null(out);
    for (; more[n - 1]; n++)
        arguments[n] = (char *)(uintptr_t)more[n - 1];
    assert_true(sim_operate(n, arguments, out, &err) == (expected == ERR_NONE));
    if (err.code != expected)
        fail_msg("%d instead of %d: %s", err.code, expected, err.message);
    fclose(out);
    return printed;
}

#define OPERATE(...) operate(simulator_url(sim), (const char *const[]){__VA_ARGS__, NULL}, ERR_NONE)
#define DO(...) free(OPERATE(__VA_ARGS__))
#define REFUSED(code, ...)                                                                         \
    free(operate(simulator_url(sim), (const char *const[]){__VA_ARGS__, NULL}, code))

/* Called while waiting for something; false when that has taken too long. */
static bool
may_wait(int64_t deadline_ms)
{
    poll(NULL, 0, 10);
    return clock_mono_ms() < deadline_ms;
}

/* Wait until the status of the thing contains this. */
static void
until_said(const char *kind, const char *name, const char *line)
{
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;

    for (;;) {
        char *printed = OPERATE("status", kind, name);
        bool is_there = strstr(printed, line);

        if (!is_there && !may_wait(deadline_ms))
            fail_msg("waited for \"%s\" in vain:\n%s", line, printed);
        free(printed);
        if (is_there)
            return;
    }
}

static void
workers_are_listed_drained_and_started_one_by_one(void **state)
{
    char *printed = OPERATE("list", "pool", "eu-west-build");
    size_t lines = 0;

    (void)state;
    for (const char *c = printed; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 22);
    free(printed);
    DO("drain", "pool", "eu-west-build", "build-03");
    until_said("pool", "eu-west-build", "build-03 down ");
    printed = OPERATE("list", "pool", "eu-west-build");
    assert_non_null(strstr(printed, "build-04 working\n"));
    assert_null(strstr(printed, "build-03"));
    free(printed);
    printed = OPERATE("logs", "pool", "eu-west-build", "build-03");
    assert_non_null(strstr(printed, "build-03: SIGTERM\n"));
    assert_non_null(strstr(printed, "build-03: exited\n"));
    assert_null(strstr(printed, "build-04:"));
    free(printed);
    DO("start", "pool", simulator_pool(sim, 0), ""); /* an empty worker is none: all of them */
    DO("start", "pool", "eu-west-build", "build-03");
    until_said("pool", "eu-west-build", "build-03 polling ");
    printed = OPERATE("status", "pool", "eu-west-build", "build-03");
    assert_int_equal(strncmp(printed, "build-03 polling build-03-", 26), 0);
    free(printed);
}

static void
a_restart_is_over_when_the_worker_polls_as_another_process(void **state)
{
    char *before = OPERATE("status", "pool", "eu-west-build", "build-20"), *after;

    (void)state;
    assert_non_null(strstr(before, "build-20 working build-20-"));
    DO("restart", "pool", "eu-west-build", "build-20"); /* the deaf one: it is killed */
    after = OPERATE("status", "pool", "eu-west-build", "build-20");
    assert_non_null(strstr(after, "build-20 polling build-20-"));
    assert_int_not_equal(strncmp(before + 17, after + 17, 21), 0);
    free(before);
    free(after);
}

static void
what_does_not_exist_is_refused_and_wrong_arguments_are_a_usage_error(void **state)
{
    (void)state;
    REFUSED(ERR_REFUSED, "drain", "pool", "nowhere");
    REFUSED(ERR_REFUSED, "drain", "pool", "docs", "build-99");
    REFUSED(ERR_REFUSED, "list", "connector", "no/where?");
    REFUSED(ERR_USAGE, "explode", "pool", "docs");
    REFUSED(ERR_USAGE, "drain", "tunnel", "prod-eu");
    REFUSED(ERR_USAGE, "drain", "pool");
    REFUSED(ERR_USAGE, "drain", "pool", "docs", "build-01", "build-02");
}

static void
a_simulator_is_looked_for_on_loopback_only_and_its_absence_is_told(void **state)
{
    static const char *const list[] = {"list", "pool", "docs", NULL};

    (void)state;
    free(operate("http://192.0.2.1:80", list, ERR_USAGE));
    free(operate("https://127.0.0.1:80", list, ERR_USAGE));
    free(operate("http://127.0.0.1:1", list, ERR_NET));
}

static const char *
connector(size_t nth)
{
    const struct json *url = json_first(json_get(simulator_ready(sim), "connectors"));

    while (nth-- > 0)
        url = json_next(url);
    return json_as_string(url, "");
}

/* The status of /ready, 0 when nobody listens, and how many connections there are; 36 characters of
 * its id to id, when wanted. */
static int
ready(size_t nth, int64_t *connections, char id[40])
{
    struct fetched got = fetch_at(connector(nth), "/ready");
    struct json *json = json_parse(got.body, strlen(got.body), NULL);
    int status = got.status;

    *connections = json_int(json, "readyConnections", -1);
    if (id)
        snprintf(id, 40, "%s", json_string(json, "connectorId", ""));
    json_free(json);
    fetched_free(&got);
    return status;
}

static void
until_connected(size_t nth, int64_t wanted)
{
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS, connections;

    while (ready(nth, &connections, NULL) == 0 || connections != wanted)
        if (!may_wait(deadline_ms))
            fail_msg("%d connections instead of %d", (int)connections, (int)wanted);
}

static void
a_drained_connector_refuses_and_a_started_one_is_another_process_with_all_connections(void **state)
{
    char before[40], after[40];
    int64_t connections;

    (void)state;
    assert_int_equal(ready(0, &connections, before), 200);
    DO("drain", "connector", "prod-eu-1");
    until_said("connector", "prod-eu-1", "prod-eu-1 down ");
    assert_int_equal(ready(0, &connections, NULL), 0);
    assert_int_equal(ready(1, &connections, NULL), 200);
    DO("start", "connector", "prod-eu-1");
    until_connected(0, 4);
    assert_int_equal(ready(0, &connections, after), 200);
    assert_string_not_equal(before, after);
    DO("start", "connector", "prod-eu-1"); /* nothing to do */
    assert_int_equal(ready(0, &connections, before), 200);
    assert_string_equal(before, after);
}

static void
a_connector_that_starts_has_no_connection_at_first(void **state)
{
    int64_t connections;

    (void)state;
    json_free(simulator_control(sim, "/sim/switch", "{\"name\":\"fleet.pace\",\"value\":\"100\"}"));
    DO("drain", "connector", "prod-eu-1");
    DO("start", "connector", "prod-eu-1");
    until_said("connector", "prod-eu-1", "prod-eu-1 starting ");
    until_connected(0, 0);
    assert_int_equal(ready(0, &connections, NULL), 503);
    until_connected(0, 1);
}

static char *
token_path(const struct json *tunnel)
{
    char *config = strdup(json_string(simulator_ready(sim), "config", "")), *path = NULL;

    assert_true(asprintf(&path, "%s/%s.token", dirname(config), json_string(tunnel, "id", "")) > 0);
    free(config);
    return path;
}

static void
write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* The only tunnel; caller frees. */
static struct json *
tunnel(void)
{
    struct simulator_ask ask = {.path = "/v1/tunnels",
                                .credential =
                                    json_string(simulator_world(sim), "tunnels_token", NULL)};
    struct json *list = simulator_json(sim, &ask, 200);
    struct json *one = json_copy(json_first(json_get(list, "data")));

    json_free(list);
    return one;
}

static void
after_a_rotation_connections_stay_up_but_a_restart_needs_the_new_token(void **state)
{
    struct json *of = tunnel(), *token;
    char path[200], *file = token_path(of);
    struct simulator_ask rotate = {.method = "POST",
                                   .path = path,
                                   .body = "{}",
                                   .credential =
                                       json_string(simulator_world(sim), "tunnels_token", NULL)};
    struct fetched metrics;
    int64_t connections;

    (void)state;
    snprintf(path, sizeof(path), "/v1/tunnels/%s/rotate_token", json_string(of, "id", ""));
    token = simulator_json(sim, &rotate, 200);
    assert_int_equal(ready(0, &connections, NULL), 200);
    assert_int_equal(connections, 4);
    DO("drain", "connector", "prod-eu-1"); /* the file still has the old one */
    DO("start", "connector", "prod-eu-1");
    until_connected(0, 0);
    for (int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;;) {
        bool is_failing;

        metrics = fetch_at(connector(0), "/metrics");
        is_failing = strstr(metrics.body, "register_fail{error=\"server_error\"");
        fetched_free(&metrics);
        if (is_failing)
            break;
        assert_true(may_wait(deadline_ms));
    }
    assert_int_equal(ready(0, &connections, NULL), 503);
    assert_int_equal(ready(1, &connections, NULL), 200); /* not restarted: it is still connected */
    write_text(file, json_string(token, "tunnel_token", ""));
    DO("restart", "connector", "prod-eu-1");
    assert_int_equal(ready(0, &connections, NULL), 200);
    until_connected(0, 4);
    write_text(file, "\n"); /* no token, no connector */
    REFUSED(ERR_REFUSED, "restart", "connector", "prod-eu-1");
    until_said("connector", "prod-eu-1", "prod-eu-1 down ");
    free(file);
    json_free(token);
    json_free(of);
}

static void
another_world_has_all_its_connectors_up_again(void **state)
{
    int64_t connections;

    (void)state;
    DO("drain", "connector", "prod-eu-1");
    json_free(simulator_control(sim, "/sim/scenario", "{\"name\":\"drain-stuck\"}"));
    until_said("connector", "prod-eu-1", "prod-eu-1 up ");
    assert_int_equal(ready(0, &connections, NULL), 0); /* its ports are new, as its process is */
}

int
main(void)
{
#define WITH_ITS_OWN(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_ITS_OWN(workers_are_listed_drained_and_started_one_by_one),
        WITH_ITS_OWN(a_restart_is_over_when_the_worker_polls_as_another_process),
        WITH_ITS_OWN(what_does_not_exist_is_refused_and_wrong_arguments_are_a_usage_error),
        WITH_ITS_OWN(a_simulator_is_looked_for_on_loopback_only_and_its_absence_is_told),
        WITH_ITS_OWN(
            a_drained_connector_refuses_and_a_started_one_is_another_process_with_all_connections),
        WITH_ITS_OWN(a_connector_that_starts_has_no_connection_at_first),
        WITH_ITS_OWN(after_a_rotation_connections_stay_up_but_a_restart_needs_the_new_token),
        WITH_ITS_OWN(another_world_has_all_its_connectors_up_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
