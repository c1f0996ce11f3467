#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/fetch.h"
#include "aid/pretend.h"
#include "core/json.h"
#include "sim/connector_life.h"
#include "sim/connector_metrics.h"

static struct json *
page(struct network *network, size_t i, const char *path, int status)
{
    struct fetched got = fetch_at(network_connector_url(network, i), path);
    struct json *json = json_parse(got.body, strlen(got.body), NULL);

    assert_int_equal(got.status, status);
    assert_non_null(json);
    fetched_free(&got);
    return json;
}

static void
a_ready_connector_says_four_connections(void **state)
{
    struct json *ready = page(*state, 0, "/ready", 200);

    assert_int_equal(json_int(ready, "status", 0), 200);
    assert_int_equal(json_int(ready, "readyConnections", 0), 4);
    assert_int_equal(strlen(json_string(ready, "connectorId", "")), 36);
    json_free(ready);
}

static void
two_connectors_are_two(void **state)
{
    struct json *a = page(*state, 0, "/ready", 200), *b = page(*state, 1, "/ready", 200);

    assert_string_not_equal(json_string(a, "connectorId", ""), json_string(b, "connectorId", ""));
    json_free(a);
    json_free(b);
}

static void
a_connector_that_is_down_answers_503_and_shows_no_connections(void **state)
{
    struct json *ready, *tunnel;

    assert_true(network_fault(*state, "connectors-down", true));
    ready = page(*state, 1, "/ready", 503);
    tunnel = page(*state, 1, "/diag/tunnel", 200);
    assert_int_equal(json_int(ready, "readyConnections", -1), 0);
    assert_null(json_get(tunnel, "connections"));
    json_free(ready);
    json_free(tunnel);
}

static void
only_the_first_connector_degrades(void **state)
{
    struct json *a, *b, *tunnel;
    const struct json *connection;

    assert_true(network_fault(*state, "connector-degraded", true));
    a = page(*state, 0, "/ready", 200);
    b = page(*state, 1, "/ready", 200);
    tunnel = page(*state, 0, "/diag/tunnel", 200);
    assert_int_equal(json_int(a, "readyConnections", 0), 2);
    assert_int_equal(json_int(b, "readyConnections", 0), 4);
    connection = json_first(json_get(tunnel, "connections"));
    assert_null(json_get(connection, "protocol")); /* HTTP/2 is 0, and 0 is left out */
    json_free(a);
    json_free(b);
    json_free(tunnel);
}

static void
quic_is_protocol_1_and_index_0_is_left_out(void **state)
{
    struct json *tunnel = page(*state, 0, "/diag/tunnel", 200);
    const struct json *list = json_get(tunnel, "connections"), *c;
    int without = 0;

    assert_string_equal(json_string(tunnel, "tunnelID", ""), "tnl_011");
    assert_non_null(json_get(tunnel, "connectorID"));
    assert_int_equal(json_count(list), 4);
    for (c = json_first(list); c; c = json_next(c)) {
        assert_int_equal(json_int(c, "protocol", 0), 1);
        assert_memory_equal(json_string(c, "edgeAddress", ""), "198.41.", 7);
        without += json_get(c, "index") == NULL;
    }
    assert_int_equal(without, 1);
    json_free(tunnel);
}

/* What somebody gets who wants the port of that URL: 0, or errno. */
static int
bind_to_port_of(const char *url)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

    at.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
    failed = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : errno;
    close(fd);
    return failed;
}

static void
an_unreachable_connector_refuses_and_comes_back_on_its_port(void **state)
{
    struct fetched got;

    assert_true(network_fault(*state, "connectors-unreachable", true));
    got = fetch_at(network_connector_url(*state, 0), "/ready");
    assert_int_equal(got.status, 0);
    fetched_free(&got);
    assert_int_equal(bind_to_port_of(network_connector_url(*state, 0)), EADDRINUSE);
    assert_true(network_fault(*state, "connectors-unreachable", false));
    json_free(page(*state, 0, "/ready", 200));
}

static void
the_command_line_is_never_shown(void **state)
{
    struct fetched got = fetch_at(network_connector_url(*state, 0), "/debug/pprof/cmdline");

    assert_int_equal(got.status, 403);
    fetched_free(&got);
}

static void
every_page_of_cloudflared_is_there(void **state)
{
    struct json *config = page(*state, 0, "/config", 200);
    struct json *system = page(*state, 0, "/diag/system", 200);
    struct json *flags = page(*state, 0, "/diag/configuration", 200);
    struct fetched health = fetch_at(network_connector_url(*state, 0), "/healthcheck");
    struct fetched none = fetch_at(network_connector_url(*state, 0), "/nothing");

    assert_string_equal(
        json_string(json_first(json_get(json_get(config, "config"), "ingress")), "service", ""),
        "http://localhost:8080");
    assert_true(json_is_object(json_get(system, "errors")));
    assert_string_equal(json_string(flags, "url", ""), "http://localhost:8080");
    assert_string_equal(health.body, "OK\n");
    assert_int_equal(none.status, 404);
    json_free(config);
    json_free(system);
    json_free(flags);
    fetched_free(&health);
    fetched_free(&none);
}

/* The value of the series that begins with this text; fails the test when there is none. */
static double
series(const char *metrics, const char *name)
{
    char wanted[200];
    const char *at;

    snprintf(wanted, sizeof(wanted), "\n%s ", name);
    at = strstr(metrics, wanted);
    assert_non_null(at);
    return strtod(at + strlen(wanted), NULL);
}

static void
the_metrics_have_their_traps(void **state)
{
    struct network_faults faults = {0};
    struct life life;
    char *before, *after;

    (void)state;
    life_begin(&life, 0, 3, 1000000000000);
    before = connector_metrics(&life);
    atomic_store(&faults.on[FAULT_connectors_down], true);
    life_go_on(&life, &faults, 1000000000000 + 1000);
    after = connector_metrics(&life);
    assert_int_equal(life_connections(&life), 0);
    assert_true(series(after, "cloudflared_tunnel_ha_connections") > 3.5);
    assert_non_null(strstr(before, "edge_location=\""));
    assert_non_null(strstr(before, "\"} 0\n")); /* where connection 0 once was */
    assert_null(strstr(before, "register_fail"));
    assert_non_null(strstr(before, "e+0")); /* large numbers have an exponent */
    free(before);
    free(after);
}

static void
counters_move_with_time_and_only_upwards(void **state)
{
    static const char name[] = "cloudflared_tunnel_total_requests";
    struct network_faults faults = {0};
    struct life life;
    char *before, *after;

    (void)state;
    life_begin(&life, 1, 3, 1000000000000);
    before = connector_metrics(&life);
    life_go_on(&life, &faults, 1000000000000 + 10000);
    after = connector_metrics(&life);
    assert_true(series(after, name) > series(before, name) + 10);
    life_go_on(&life, &faults, 1000000000000); /* the clock was set back */
    free(before);
    before = connector_metrics(&life);
    assert_true(series(before, name) >= series(after, name));
    free(before);
    free(after);
}

static void
a_rejected_token_counts_failed_registrations(void **state)
{
    struct network_faults faults = {0};
    struct life life;
    char *metrics;

    (void)state;
    life_begin(&life, 0, 3, 1000000000000);
    atomic_store(&faults.on[FAULT_token_rejected], true);
    life_go_on(&life, &faults, 1000000000000 + 60000);
    metrics = connector_metrics(&life);
    assert_true(series(metrics, "cloudflared_tunnel_tunnel_register_fail{error=\"server_error\","
                                "rpcName=\"registerConnection\"}") > 10);
    free(metrics);
}

static void
connections_come_back_one_a_second(void **state)
{
    struct network_faults faults = {0};
    struct life life;

    (void)state;
    life_begin(&life, 0, 3, 1000000000000);
    atomic_store(&faults.on[FAULT_connectors_down], true);
    life_go_on(&life, &faults, 1000000000000 + 1000);
    atomic_store(&faults.on[FAULT_connectors_down], false);
    life_go_on(&life, &faults, 1000000000000 + 3000);
    assert_int_equal(life_connections(&life), 2);
    life_go_on(&life, &faults, 1000000000000 + 9000);
    assert_int_equal(life_connections(&life), 4);
}

static void
an_unknown_fault_is_refused(void **state)
{
    assert_false(network_fault(*state, "weather", true));
    for (const char *const *name = network_fault_names(); *name; name++)
        assert_false(network_fault_is_on(*state, *name));
}

static bool
log_has(struct network *network, size_t i, const char *what)
{
    static char content[64 * 1024];
    FILE *file = fopen(network_connector_log(network, i), "re");
    size_t n;

    assert_non_null(file);
    n = fread(content, 1, sizeof(content) - 1, file);
    content[n] = '\0';
    fclose(file);
    return strstr(content, what) != NULL;
}

static void
connectors_write_logs_in_both_formats(void **state)
{
    assert_true(log_has(*state, 0, "Z INF Registered tunnel connection connIndex=3 ip=198.41."));
    assert_true(log_has(*state, 1, "\"message\":\"Registered tunnel connection\""));
    assert_true(log_has(*state, 0, "INF precheck complete hard_fail=false"));
    assert_false(log_has(*state, 0, "Lost connection"));
    assert_true(network_fault(*state, "connectors-down", true));
    assert_true(log_has(*state, 0, "INF Lost connection with the edge connIndex=0"));
    assert_true(log_has(*state, 0, "edge discovery: error looking up Cloudflare edge IPs"));
    assert_true(network_fault(*state, "connectors-down", false));
}

static void
without_udp_they_fall_back_and_say_so(void **state)
{
    struct json *tunnel;

    assert_true(network_fault(*state, "udp-blocked", true));
    tunnel = page(*state, 0, "/diag/tunnel", 200);
    assert_null(json_get(json_first(json_get(tunnel, "connections")), "protocol"));
    json_free(tunnel);
    assert_true(log_has(*state, 0, "no recent network activity"));
    assert_true(log_has(*state, 1, "Switching to fallback protocol http2"));
    assert_true(network_fault(*state, "udp-blocked", false));
}

int
main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, pretend_start, pretend_stop)
    const struct CMUnitTest tests[] = {
        LIVE(a_ready_connector_says_four_connections),
        LIVE(two_connectors_are_two),
        LIVE(a_connector_that_is_down_answers_503_and_shows_no_connections),
        LIVE(only_the_first_connector_degrades),
        LIVE(quic_is_protocol_1_and_index_0_is_left_out),
        LIVE(an_unreachable_connector_refuses_and_comes_back_on_its_port),
        LIVE(the_command_line_is_never_shown),
        LIVE(every_page_of_cloudflared_is_there),
        LIVE(connectors_write_logs_in_both_formats),
        LIVE(without_udp_they_fall_back_and_say_so),
        LIVE(an_unknown_fault_is_refused),
        cmocka_unit_test(the_metrics_have_their_traps),
        cmocka_unit_test(counters_move_with_time_and_only_upwards),
        cmocka_unit_test(a_rejected_token_counts_failed_registrations),
        cmocka_unit_test(connections_come_back_one_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
