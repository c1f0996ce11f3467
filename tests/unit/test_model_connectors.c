/* Connectors that carry traffic and are not well, and what their counters did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"
#include "probe/trend.h"

static struct world *
world_one(struct connector **connector)
{
    struct world *world = world_new();

    world_tunnel(world, "prod");
    *connector = world_connector(world, "a", "prod");
    world_check(world, CHECK_EDGE_UDP_7844, "region1", 4);
    return world;
}

static struct edge_connection *
connections_of(struct connector *connector)
{
    return (struct edge_connection *)(uintptr_t)connector->connections;
}

static void
each_trouble_is_a_warning_with_a_cure(void **state)
{
    for (int i = 0; i < CONNECTOR_TROUBLES; i++) {
        struct connector *connector;
        struct world *world = world_one(&connector);
        struct edge_connection *all = connections_of(connector);
        const struct finding *finding;

        (void)state;
        assert_string_equal(world_rules(world), "");
        for (size_t k = 0; k < connector->n_connections; k++) {
            if (i == CONNECTOR_one_region)
                all[k].edge_address = "198.41.192.7";
            if (i == CONNECTOR_fell_back)
                all[k].protocol = "http2";
        }
        if (i == CONNECTOR_aimless)
            connector->service = "http_status:503";
        if (i == CONNECTOR_flapping)
            connector->registrations_10min = 4;
        if (i == CONNECTOR_refused)
            connector->new_register_failures = 1;
        if (i == CONNECTOR_failing)
            connector->request_errors_10min = 0.5;
        if (i == CONNECTOR_slow)
            all[1].rtt_us = 120000;
        if (i == CONNECTOR_losing)
            connector->loss = 0.05;
        if (i == CONNECTOR_small_mtu)
            all[2].mtu = 1232;
        if (i == CONNECTOR_old)
            connector->version = "2026.4.1";
        assert_string_equal(world_rules(world), "connector.degraded");
        finding = world_finding(world, "connector.degraded");
        assert_int_equal(finding->severity,
                         i == CONNECTOR_aimless ? SEVERITY_critical : SEVERITY_warn);
        assert_true(*finding->summary && *finding->next_step && finding->n_evidence > 0);
        assert_int_equal(world_assess(world)->connectors[0], finding->severity);
        world_free(world);
    }
}

static void
a_connector_forwards_to_the_proxy_of_its_tunnel(void **state)
{
    static const struct {
        const char *service, *listens, *says; /* NULL: nothing is wrong */
    } rows[] = {
        {"http://localhost:8080", ":8080", NULL},
        {"http://mcp-proxy:8080", "0.0.0.0:8080", NULL},
        {"http://localhost:8081", ":8080", "forwards to http://localhost:8081"},
        {"http://localhost", ":8080", NULL}, /* it does not say */
        {"http://localhost:8081", "", NULL},
        {"", ":8080", NULL},
        {"http_status:503", ":8080", "every request gets HTTP 503"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct connector *connector;
        struct world *world = world_one(&connector);

        connector->service = rows[i].service;
        world_proxy(world, "prod")->listen_address = rows[i].listens;
        assert_string_equal(world_rules(world), rows[i].says ? "connector.degraded" : "");
        if (rows[i].says)
            assert_non_null(
                strstr(world_finding(world, "connector.degraded")->summary, rows[i].says));
        world_free(world);
    }
}

static void
one_that_lost_connections_and_is_refused_is_critical(void **state)
{
    struct connector *connector;
    struct world *world = world_one(&connector);

    (void)state;
    connector->new_register_failures = 2;
    assert_int_equal(world_finding(world, "connector.degraded")->severity, SEVERITY_warn);
    connector->state = CONNECTOR_degraded;
    connector->ready_connections = 2;
    assert_int_equal(world_finding(world, "connector.degraded")->severity, SEVERITY_critical);
    assert_non_null(strstr(world_finding(world, "connector.degraded")->next_step, "token"));
    world_free(world);
}

static void
http2_is_no_trouble_where_udp_is_blocked(void **state)
{
    struct connector *connector;
    struct world *world = world_one(&connector);
    struct check *check = world_check(world, CHECK_EDGE_UDP_7844, "region1", 6);

    (void)state;
    check->verdict = CHECK_fail;
    for (size_t i = 0; i < connector->n_connections; i++)
        connections_of(connector)[i].protocol = "http2";
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
regions_are_told_by_their_networks(void **state)
{
    struct edge_connection all[2] = {{.edge_address = "2606:4700:a0::1"},
                                     {.edge_address = "2606:4700:a8::1"}};
    struct connector connector = {.connections = all, .n_connections = 2};

    (void)state;
    assert_false(connector_is_in_one_region(&connector));
    all[1].edge_address = "2606:4700:a0::10";
    assert_true(connector_is_in_one_region(&connector));
    all[0].edge_address = all[1].edge_address = "";
    assert_false(connector_is_in_one_region(&connector));
}

static void
versions_are_compared_as_dates(void **state)
{
    (void)state;
    assert_true(connector_is_older("2026.4.9", 2026, 5));
    assert_true(connector_is_older("2025.12.0", 2026, 5));
    assert_false(connector_is_older("2026.5.0", 2026, 5));
    assert_false(connector_is_older("2026.10.0", 2026, 5));
    assert_false(connector_is_older("", 2026, 5));
    assert_false(connector_is_older("DEV", 2026, 5));
}

static void
a_trend_is_the_difference_of_ten_minutes(void **state)
{
    static struct trend trend;
    struct cloudflared_metrics metrics = {
        .started_ms = 1000, .register_successes = 5, .lost_packets = 0};
    int64_t now_ms = 100000, wall_ms = INT64_C(86400) * 1000;

    (void)state;
    trend = (struct trend){0};
    trend_add(&trend, &metrics, now_ms);
    assert_int_equal(trend_registrations(&trend, &metrics, 4, wall_ms), -1);
    for (int i = 0; i < 120; i++) { /* twenty minutes, one registration a minute */
        now_ms += 10000;
        metrics.register_successes += i % 6 == 0;
        metrics.sent_bytes += 1232 * 100;
        metrics.lost_packets += 5;
        metrics.requests += 10;
        metrics.request_errors += i >= 60 ? 3 : 0; /* in the second ten minutes only */
        trend_add(&trend, &metrics, now_ms);
    }
    assert_int_equal(trend_registrations(&trend, &metrics, 4, wall_ms), 10);
    assert_true(trend_loss(&trend) > 0.049 && trend_loss(&trend) < 0.051);
    assert_true(trend_request_errors(&trend) > 0.29 && trend_request_errors(&trend) < 0.31);
    metrics.started_ms = wall_ms - 60000; /* it restarted: one look is enough now */
    metrics.register_successes = 9;
    trend_add(&trend, &metrics, now_ms + 10000);
    assert_int_equal(trend.restarts, 1);
    assert_true(trend_request_errors(&trend) < 0); /* two looks are needed */
    assert_int_equal(trend_registrations(&trend, &metrics, 4, wall_ms), 5);
}

static void
a_median_is_of_the_time_that_a_connection_was_up(void **state)
{
    static struct trend trend;
    struct cloudflared_metrics metrics = {.started_ms = 1000};
    struct cloudflared_tunnel tunnel = {
        .connections = {{.index = 0, .is_quic = true}, {.index = 1}, {.index = 2, .is_quic = true}},
        .n_connections = 3};
    int64_t now_ms = 100000;

    (void)state;
    trend = (struct trend){0};
    for (int i = 0; i < 4; i++)
        metrics.connections[i].smoothed_rtt_us = 7000;
    for (int minute = 0; minute < 20; minute++, now_ms += 60000) {
        trend_add(&trend, &metrics, now_ms);
        trend_add_rtts(&trend, &metrics, &tunnel, now_ms);
        if (minute != 9)
            continue;
        tunnel.n_connections = 2; /* the third dies of its delay, and its gauge stays as it was */
        metrics.connections[2].smoothed_rtt_us = 900000;
    }
    assert_int_equal(trend_median_rtt_us(&trend, 0), 7000);
    assert_int_equal(trend_median_rtt_us(&trend, 2), 7000);
    assert_int_equal(trend_median_rtt_us(&trend, 1), -1); /* HTTP/2 has none */
    assert_int_equal(trend_median_rtt_us(&trend, 3), -1); /* nor has what never was */
    metrics.started_ms = 2000;
    trend_add(&trend, &metrics, now_ms); /* it restarted */
    assert_int_equal(trend_median_rtt_us(&trend, 0), -1);
}

static bool
has_evidence(const struct finding *finding, const char *what)
{
    for (size_t i = 0; i < finding->n_evidence; i++)
        if (strstr(finding->evidence[i], what))
            return true;
    return false;
}

static void
what_its_log_complains_of_is_evidence_and_says_what_to_do(void **state)
{
    struct log_sighting seen = {LOG_SIGNAL_refused, WORLD_NOW_MS - 5000, 2,
                                "Register tunnel error"};
    struct connector *connector;
    struct world *world = world_one(&connector);
    const struct finding *finding;

    (void)state;
    connector->log = (struct log_facts){.origin = "x", .error = "", .seen = &seen, .n_seen = 1};
    assert_string_equal(world_rules(world), ""); /* it carries traffic: words are no fault */
    connector->state = CONNECTOR_degraded;
    connector->ready_connections = 2;
    finding = world_finding(world, "connector.degraded");
    assert_true(has_evidence(finding, "its log: the edge refused a registration, 2 times"));
    assert_string_equal(finding->next_step, log_signal_next(LOG_SIGNAL_refused));
    connector->state = CONNECTOR_down;
    connector->ready_connections = 0;
    finding = world_finding(world, "tunnel.no_connectors");
    assert_true(has_evidence(finding, "a, its log: the edge refused a registration"));
    assert_string_equal(finding->next_step, log_signal_next(LOG_SIGNAL_refused));
    seen.recent = 0;
    finding = world_finding(world, "tunnel.no_connectors");
    assert_false(has_evidence(finding, "its log"));
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_trouble_is_a_warning_with_a_cure),
        cmocka_unit_test(a_connector_forwards_to_the_proxy_of_its_tunnel),
        cmocka_unit_test(one_that_lost_connections_and_is_refused_is_critical),
        cmocka_unit_test(http2_is_no_trouble_where_udp_is_blocked),
        cmocka_unit_test(regions_are_told_by_their_networks),
        cmocka_unit_test(versions_are_compared_as_dates),
        cmocka_unit_test(a_trend_is_the_difference_of_ten_minutes),
        cmocka_unit_test(a_median_is_of_the_time_that_a_connection_was_up),
        cmocka_unit_test(what_its_log_complains_of_is_evidence_and_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
