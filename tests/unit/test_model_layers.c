/* The checks of the security layers: what the facts amount to, and what nobody may claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"

#define DAY_MS (INT64_C(86400) * 1000)

static const struct layer_check *
check_of(struct world *world, const char *id)
{
    const struct assessment *assessment = world_assess(world);

    for (size_t i = 0; i < assessment->n_layers; i++)
        for (size_t k = 0; k < assessment->layers[i].n_checks; k++)
            if (strcmp(assessment->layers[i].checks[k].id, id) == 0)
                return &assessment->layers[i].checks[k];
    fail_msg("there is no check %s", id);
    return NULL;
}

static enum layer_verdict
verdict_of(struct world *world, const char *id)
{
    return check_of(world, id)->verdict;
}

static enum layer_verdict
layer_verdict(struct world *world, int number)
{
    return world_assess(world)->layers[number - 1].verdict;
}

/* A tunnel, its proxy and one MCP server, and nothing is wrong. */
static struct world *
world_good(struct proxy **proxy, struct upstream **upstream)
{
    struct world *world = world_new();

    world_tunnel(world, "prod");
    world_connector(world, "a", "prod");
    world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    *proxy = world_proxy(world, "prod");
    *upstream = world_upstream(world, "wiki");
    return world;
}

static void
what_nobody_can_see_is_never_verified(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    assert_string_equal(world_rules(world), "");
    assert_int_equal(layer_verdict(world, 1), LAYER_not_observable); /* the mutual TLS */
    assert_int_equal(layer_verdict(world, 2), LAYER_not_observable); /* what is really served */
    assert_int_equal(layer_verdict(world, 3), LAYER_verified);
    assert_int_equal(verdict_of(world, "L1-7"), LAYER_verified);
    assert_int_equal(verdict_of(world, "L2-2"), LAYER_verified);
    assert_int_equal(verdict_of(world, "L2-3"), LAYER_verified);
    world_free(world);
}

static void
an_open_server_is_critical_unless_the_risk_was_accepted(void **state)
{
    static const struct waiver waivers[] = {{"wiki", "", "ana", "a demo server"}};
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    upstream->reply[OAUTH_ASK_initialize].answer = OAUTH_open;
    assert_string_equal(world_rules(world), "layer.oauth_open");
    assert_int_equal(world_finding(world, "layer.oauth_open")->severity, SEVERITY_critical);
    assert_int_equal(layer_verdict(world, 3), LAYER_failed);
    assert_int_equal(world_assess(world)->tunnels[0], SEVERITY_critical);
    proxy->waivers = waivers;
    proxy->n_waivers = 1;
    assert_string_equal(world_rules(world), "");
    assert_int_equal(layer_verdict(world, 3), LAYER_accepted_risk);
    assert_non_null(strstr(check_of(world, "L3-1")->evidence, "accepted by ana: a demo server"));
    world_free(world);
}

static void
servers_that_say_the_same_are_told_together_and_faults_one_by_one(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);
    const char *evidence;

    (void)state;
    for (int i = 0; i < 60; i++)
        world_upstream(world, world_string(world, "server-number-%d", i));
    assert_memory_equal(check_of(world, "L3-1")->evidence, "wiki, server-number-0, ", 23);
    for (int i = 0; i < 60; i++)
        ((struct upstream *)world_row(world, SLOT_upstreams, (size_t)i + 1))
            ->reply[OAUTH_ASK_initialize]
            .answer = OAUTH_open;
    assert_memory_equal(check_of(world, "L3-1")->evidence, "server-number-0: it serves", 26);
    evidence = check_of(world, "L3-1")->evidence;
    assert_string_equal(evidence + strlen(evidence) - strlen("…"), "…"); /* there are more */
    world_free(world);
}

static void
accepting_any_token_is_as_bad_as_asking_for_none(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    upstream->reply[OAUTH_ASK_bad_token].answer = OAUTH_token_accepted;
    assert_string_equal(world_rules(world), "layer.oauth_open");
    upstream->reply[OAUTH_ASK_bad_token].answer = OAUTH_token_refused;
    upstream->reply[OAUTH_ASK_stream].answer = OAUTH_stream_open;
    assert_string_equal(world_rules(world), "layer.oauth_open");
    world_free(world);
}

static void
a_server_that_cannot_be_reached_is_not_called_insecure(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    upstream->reply[OAUTH_ASK_initialize].answer = OAUTH_unreachable;
    assert_string_equal(world_rules(world), "");
    assert_int_equal(layer_verdict(world, 3), LAYER_not_observable);
    world_free(world);
}

static void
certificates_are_judged_by_rules_time_and_registration(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    proxy->server.until_ms = WORLD_NOW_MS + 20 * DAY_MS;
    assert_int_equal(verdict_of(world, "L2-4"), LAYER_warning);
    proxy->server.until_ms = WORLD_NOW_MS;
    assert_int_equal(verdict_of(world, "L2-4"), LAYER_failed);
    assert_string_equal(world_rules(world), "layer.inner_tls");
    proxy->server.until_ms = WORLD_NOW_MS + 80 * DAY_MS;
    proxy->ca.fingerprint = "00";
    assert_int_equal(verdict_of(world, "L2-2"), LAYER_failed);
    assert_string_equal(world_rules(world), "layer.inner_tls");
    proxy->ca.fingerprint = proxy->server.fingerprint;
    proxy->rules[CERTIFICATE_s_10] = (struct certificate_proof){PROOF_broken, "x"};
    assert_int_equal(verdict_of(world, "L2-3"), LAYER_warning);
    assert_string_equal(world_rules(world), "");
    proxy->rules[CERTIFICATE_s_1] = (struct certificate_proof){PROOF_broken, "by another"};
    assert_string_equal(world_rules(world), "layer.inner_tls");
    proxy->rules[CERTIFICATE_s_1].proof = PROOF_unknown;
    proxy->rules[CERTIFICATE_s_10].proof = PROOF_holds;
    assert_int_equal(verdict_of(world, "L2-3"), LAYER_not_observable);
    world_free(world);
}

static void
what_the_proxy_may_reach_is_judged_by_its_width(void **state)
{
    static const struct {
        struct proxy_range range;
        enum layer_verdict verdict;
    } rows[] = {
        {{"10.1.0.0/16", 0x0a010000, 16}, LAYER_verified},
        {{"172.31.0.0/16", 0xac1f0000, 16}, LAYER_verified},
        {{"127.0.0.1", 0x7f000001, 32}, LAYER_warning},
        {{"8.8.8.8", 0x08080808, 32}, LAYER_warning},
        {{"100.64.0.0/10", 0x64400000, 10}, LAYER_warning},
        {{"169.254.0.0/16", 0xa9fe0000, 16}, LAYER_failed},
        {{"168.0.0.0/6", 0xa8000000, 6}, LAYER_failed}, /* contains it */
        {{"0.0.0.0/0", 0, 0}, LAYER_failed},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct proxy *proxy;
        struct upstream *upstream;
        struct world *world = world_good(&proxy, &upstream);

        proxy->ranges = &rows[i].range;
        proxy->n_ranges = 1;
        proxy->has_ranges = true;
        assert_int_equal(verdict_of(world, "L1-6"), rows[i].verdict);
        assert_string_equal(world_rules(world),
                            rows[i].verdict == LAYER_failed ? "layer.upstream_ips" : "");
        world_free(world);
    }
}

static void
a_route_outside_the_ranges_and_an_open_guard_are_findings(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    upstream->outside = "203.0.113.7";
    assert_string_equal(world_rules(world), "layer.upstream_ips");
    assert_non_null(strstr(world_finding(world, "layer.upstream_ips")->next_step, "allowed_ips"));
    upstream->outside = "";
    upstream->is_ipv6_only = true;
    assert_string_equal(world_rules(world), "layer.upstream_ips");
    assert_non_null(strstr(world_finding(world, "layer.upstream_ips")->next_step, "IPv4 address"));
    upstream->is_ipv6_only = false;
    proxy->disables_ip_validation = true;
    assert_string_equal(world_rules(world), "layer.upstream_ips");
    world_free(world);
}

static void
whoever_answers_in_the_edges_place_fails_the_layer(void **state)
{
    static const struct {
        enum check_kind kind;
        enum check_meaning meaning;
        enum check_verdict verdict;
        enum layer_verdict expected;
    } rows[] = {
        {CHECK_EDGE_TCP_7844, CHECK_MEANS_intercepted, CHECK_fail, LAYER_failed},
        {CHECK_EDGE_TCP_7844, CHECK_MEANS_other_name, CHECK_fail, LAYER_failed},
        {CHECK_EDGE_UDP_7844, CHECK_MEANS_intercepted, CHECK_fail, LAYER_failed},
        {CHECK_EDGE_TCP_7844, CHECK_MEANS_nothing, CHECK_fail, LAYER_warning},  /* a reset */
        {CHECK_EDGE_TCP_7844, CHECK_MEANS_nothing, CHECK_warn, LAYER_warning},  /* our store */
        {CHECK_EDGE_UDP_7844, CHECK_MEANS_nothing, CHECK_fail, LAYER_verified}, /* TCP proves it */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct proxy *proxy;
        struct upstream *upstream;
        struct world *world = world_good(&proxy, &upstream);
        struct check *check = world_check(world, rows[i].kind, "region2", 4);

        check->meaning = rows[i].meaning;
        check->verdict = rows[i].verdict;
        check->failed_stage = STAGE_tls;
        check->error = "what was seen";
        assert_int_equal(verdict_of(world, "L1-2"), rows[i].expected);
        if (rows[i].expected != LAYER_verified)
            assert_non_null(strstr(check_of(world, "L1-2")->evidence, "what was seen"));
        assert_int_equal(world_assess(world)->tunnels[0] == SEVERITY_critical,
                         rows[i].expected == LAYER_failed);
        world_free(world);
    }
}

static void
what_is_seen_over_tcp_and_udp_alike_is_said_once(void **state)
{
    static const enum check_kind kinds[] = {CHECK_EDGE_TCP_7844, CHECK_EDGE_UDP_7844};
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);
    const char *first;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct check *check = world_check(world, kinds[i], "region2", 4);

        check->address = "198.41.192.7:7844";
        check->meaning = CHECK_MEANS_intercepted;
        check->verdict = CHECK_fail;
        check->error = "issuer CN=Firewall";
    }
    first = strstr(check_of(world, "L1-2")->evidence, "CN=Firewall");
    assert_non_null(first);
    assert_null(strstr(first + 1, "CN=Firewall"));
    world_free(world);
}

static void
a_connector_that_lacks_something_is_named(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);
    struct connector *connector = world_connector(world, "b", "prod");
    struct edge_connection *all = (struct edge_connection *)(uintptr_t)connector->connections;

    (void)state;
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_verified);
    for (size_t i = 0; i < connector->n_connections; i++)
        all[i].edge_address = "198.41.192.7";
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_warning);
    assert_non_null(strstr(check_of(world, "L1-1")->evidence, "all of b lead to one region"));
    connector->state = CONNECTOR_degraded;
    connector->ready_connections = 1;
    connector->expected_connections = 8;
    assert_non_null(strstr(check_of(world, "L1-1")->evidence, "b has 1 of 8"));
    assert_non_null(strstr(world_finding(world, "connector.degraded")->summary, "1 of 8"));
    connector->state = CONNECTOR_unreachable;
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_warning); /* the other carries the tunnel */
    assert_non_null(strstr(check_of(world, "L1-1")->evidence, "b is unreachable"));
    ((struct connector *)world_row(world, SLOT_connectors, 0))->state = CONNECTOR_down;
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_failed);
    world_free(world);
}

static void
a_proxy_of_another_domain_is_noticed(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    proxy->tunnel_domain = "other.example.com";
    assert_int_equal(verdict_of(world, "L1-4"), LAYER_failed);
    proxy->tunnel_domain = "prod.tunnel.example.com";
    proxy->data_domain = "other.example.com";
    assert_int_equal(verdict_of(world, "L1-4"), LAYER_failed);
    world_free(world);
}

static void
failed_handshakes_in_the_log_are_a_warning_then_a_failure(void **state)
{
    static const struct waiver waiver = {"", "L2-7", "ana", "an old client"};
    struct log_sighting seen = {LOG_SIGNAL_inner_tls, WORLD_NOW_MS - 1000, 0,
                                "tls handshake failed"};
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_not_observable);
    proxy->log = (struct log_facts){.origin = "/var/log/proxy", .error = ""};
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_not_observable); /* no line yet */
    proxy->log.line_ms = WORLD_NOW_MS - 1000;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_verified);
    proxy->log.seen = &seen;
    proxy->log.n_seen = 1;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_verified); /* long ago */
    seen.recent = 1;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_warning);
    seen.recent = 3;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_failed);
    assert_int_equal(layer_verdict(world, 2), LAYER_failed);
    proxy->waivers = &waiver;
    proxy->n_waivers = 1;
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_accepted_risk);
    assert_non_null(strstr(check_of(world, "L2-7")->evidence, "accepted by ana: an old client"));
    proxy->log.error = "/var/log/proxy: Permission denied";
    assert_int_equal(verdict_of(world, "L2-7"), LAYER_not_observable);
    world_free(world);
}

static void
without_the_api_a_tunnel_is_known_by_its_proxy(void **state)
{
    struct world *world = world_new();
    struct source_status *source = world_source(world, SOURCE_tunnels);
    struct upstream *upstream;
    const struct assessment *assessment;

    (void)state;
    source->state = SOURCE_STATE_disabled;
    snprintf(source->error, sizeof(source->error), "no credential");
    world_proxy(world, "prod");
    upstream = world_upstream(world, "wiki");
    assessment = world_assess(world);
    assert_int_equal(assessment->n_layers, 3);
    assert_string_equal(assessment->layers[0].tunnel_name, "prod.tunnel.example.com");
    assert_int_equal(verdict_of(world, "L1-4"), LAYER_not_observable);
    assert_non_null(strstr(check_of(world, "L1-4")->evidence, "no credential"));
    assert_int_equal(verdict_of(world, "L2-1"), LAYER_not_observable);
    assert_int_equal(verdict_of(world, "L2-2"), LAYER_not_observable);
    assert_int_equal(verdict_of(world, "L2-3"), LAYER_verified);
    assert_int_equal(layer_verdict(world, 3), LAYER_verified);
    upstream->reply[OAUTH_ASK_initialize].answer = OAUTH_open;
    assert_int_equal(layer_verdict(world, 3), LAYER_failed);
    world_free(world);
}

static void
a_proxy_whose_tunnel_the_api_does_not_list_is_noticed(void **state)
{
    struct world *world = world_new();
    const struct assessment *assessment;

    (void)state;
    world_tunnel(world, "prod");
    world_tunnel(world, "staging");
    world_proxy(world, "other")->ca.fingerprint = "0f"; /* and its CA is nobody's either */
    assessment = world_assess(world);
    assert_int_equal(assessment->n_layers, 9);
    assert_string_equal(assessment->layers[6].tunnel_name, "other.tunnel.example.com");
    assert_int_equal(assessment->layers[6].verdict, LAYER_warning);
    assert_non_null(strstr(assessment->layers[6].evidence[0], "lists no tunnel"));
    world_free(world);
}

/* Only when there is nothing else that they could serve. */
static void
connectors_belong_to_the_only_proxy_without_the_api(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_connector(world, "a", "one");
    world_proxy(world, "prod");
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_verified);
    world_connector(world, "b", "two");
    assert_int_equal(verdict_of(world, "L1-1"), LAYER_not_observable);
    world_free(world);
}

static void
a_port_that_others_reach_is_a_warning_and_the_proxys_in_public_a_failure(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);
    struct connector *connector = world_connector(world, "b", "prod");

    (void)state;
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_not_observable);
    connector->exposure = (struct exposure){.at_ms = WORLD_NOW_MS, .tried = 0, .address = ""};
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_not_observable); /* no other address */
    connector->exposure.tried = 2;
    proxy->exposure = connector->exposure;
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_verified);
    connector->exposure.address = "203.0.113.9:20241";
    connector->exposure.is_public = true;
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_warning);
    assert_non_null(strstr(check_of(world, "L1-8")->evidence, "metrics port of b accepts"));
    connector->version = "2026.4.0";
    assert_non_null(strstr(world_finding(world, "connector.degraded")->summary,
                           "which is open at 203.0.113.9:20241"));
    proxy->exposure.address = "10.0.0.5:8080";
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_warning);
    proxy->exposure.is_public = true;
    assert_int_equal(verdict_of(world, "L1-8"), LAYER_failed);
    world_free(world);
}

static void
what_the_proxy_serves_is_compared_with_its_files(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_not_observable);
    proxy->served = (struct served){.answer = SERVED_no_answer,
                                    .asked = "127.0.0.1:8080 as wiki",
                                    .error = "no WebSocket",
                                    .fingerprint = "",
                                    .issuer = ""};
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_not_observable);
    proxy->served.answer = SERVED_tls_failed;
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_warning);
    proxy->served.answer = SERVED_certificate;
    proxy->served.fingerprint = proxy->server.fingerprint;
    proxy->served.until_ms = WORLD_NOW_MS + DAY_MS;
    proxy->served.is_of_authority = true;
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_verified);
    assert_int_equal(layer_verdict(world, 2), LAYER_verified); /* nothing is left to be seen */
    proxy->served.is_of_authority = false;
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_failed);
    proxy->served.is_of_authority = true;
    proxy->served.fingerprint = "0f0f";
    assert_non_null(strstr(check_of(world, "L2-6")->evidence, "it did not reload"));
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_failed);
    proxy->served.until_ms = WORLD_NOW_MS - DAY_MS;
    assert_non_null(strstr(check_of(world, "L2-6")->evidence, "expired"));
    proxy->served.until_ms = WORLD_NOW_MS + DAY_MS;
    proxy->server.fingerprint = proxy->ca.fingerprint = "";
    assert_int_equal(verdict_of(world, "L2-6"), LAYER_not_observable);
    world_free(world);
}

static void
a_stranger_is_judged_by_arrival(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);
    struct stranger *stranger = &proxy->stranger;

    (void)state;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_not_observable);
    *stranger = (struct stranger){.answer = STRANGER_no_name, .url = "https://x/1", .error = "no"};
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_verified);
    stranger->answer = STRANGER_refused;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_verified);
    stranger->answer = STRANGER_unheard; /* no route from here keeps nobody else out */
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_not_observable);
    stranger->answer = STRANGER_timeout;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_warning);
    stranger->answer = STRANGER_status;
    stranger->status = 403;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_verified);
    stranger->status = 200;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_warning);
    stranger->status = 403;
    stranger->has_moved = true; /* others make requests as well */
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_not_observable);
    stranger->was_idle = true;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_failed);
    stranger->has_moved = false;
    stranger->is_in_log = true;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_failed);
    stranger->is_in_log = false;
    stranger->is_from_server = true;
    assert_int_equal(verdict_of(world, "L1-5"), LAYER_failed);
    world_free(world);
}

static void
a_server_certificate_in_its_last_week_is_a_warning(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    proxy->server.until_ms = WORLD_NOW_MS + 20 * DAY_MS;
    assert_string_equal(world_rules(world), "");
    assert_int_equal(verdict_of(world, "L2-4"), LAYER_warning);
    proxy->server.until_ms = WORLD_NOW_MS + 5 * DAY_MS;
    assert_string_equal(world_rules(world), "layer.inner_tls");
    assert_int_equal(world_finding(world, "layer.inner_tls")->severity, SEVERITY_warn);
    assert_non_null(strstr(world_finding(world, "layer.inner_tls")->summary, "expires in 5d"));
    proxy->rules[CERTIFICATE_s_1] = (struct certificate_proof){PROOF_broken, "not signed"};
    assert_int_equal(world_finding(world, "layer.inner_tls")->severity, SEVERITY_critical);
    world_free(world);
}

/* The very millisecond: 30 days left are not less than 30 days, and none left is expired. */
static void
times_are_judged_to_the_millisecond(void **state)
{
    static const struct {
        int64_t left_ms;
        enum layer_verdict verdict;
    } rows[] = {
        {30 * DAY_MS, LAYER_verified},
        {30 * DAY_MS - 1, LAYER_warning},
        {1, LAYER_warning},
        {0, LAYER_failed},
        {-1, LAYER_failed},
    };
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        proxy->server.until_ms = WORLD_NOW_MS + rows[i].left_ms;
        assert_int_equal(verdict_of(world, "L2-4"), rows[i].verdict);
    }
    proxy->server.until_ms = WORLD_NOW_MS + 80 * DAY_MS;
    proxy->server.from_ms = WORLD_NOW_MS;
    assert_int_equal(verdict_of(world, "L2-4"), LAYER_verified);
    proxy->server.from_ms = WORLD_NOW_MS + 1;
    assert_int_equal(verdict_of(world, "L2-4"), LAYER_failed);
    assert_string_equal(world_rules(world), "layer.inner_tls");
    world_free(world);
}

/* Also when the API says nothing, for the CA lies there. */
static void
the_ca_in_the_proxys_files_is_told_sixty_days_before(void **state)
{
    struct proxy *proxy;
    struct upstream *upstream;
    struct world *world = world_good(&proxy, &upstream);

    (void)state;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_verified);
    proxy->ca.fingerprint = "0f0f"; /* the API does not know it */
    proxy->ca.until_ms = WORLD_NOW_MS + 59 * DAY_MS;
    proxy->server.until_ms = WORLD_NOW_MS + 40 * DAY_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_warning);
    assert_non_null(strstr(check_of(world, "L2-5")->evidence, "in /data/x.crt expires in 59d"));
    proxy->ca.until_ms = WORLD_NOW_MS + 70 * DAY_MS;
    proxy->server.until_ms = WORLD_NOW_MS + 80 * DAY_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_warning);
    assert_non_null(strstr(check_of(world, "L2-5")->evidence, "expires before the server"));
    proxy->ca.until_ms = WORLD_NOW_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_failed);
    world_free(world);
}

static void
a_ca_near_its_end_is_told_sixty_days_before(void **state)
{
    struct world *world = world_new();
    struct tunnel *tunnel = world_tunnel(world, "prod");
    struct certificate *certificate = (struct certificate *)(uintptr_t)tunnel->certificates;

    (void)state;
    assert_int_equal(tunnel->n_certificates, 1);
    certificate->expires_ms = WORLD_NOW_MS + 61 * DAY_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_verified);
    certificate->expires_ms = WORLD_NOW_MS + 59 * DAY_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_warning);
    certificate->expires_ms = WORLD_NOW_MS - DAY_MS;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_failed);
    tunnel->n_certificates = 0;
    assert_int_equal(verdict_of(world, "L2-5"), LAYER_not_observable);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_can_see_is_never_verified),
        cmocka_unit_test(an_open_server_is_critical_unless_the_risk_was_accepted),
        cmocka_unit_test(servers_that_say_the_same_are_told_together_and_faults_one_by_one),
        cmocka_unit_test(accepting_any_token_is_as_bad_as_asking_for_none),
        cmocka_unit_test(a_server_that_cannot_be_reached_is_not_called_insecure),
        cmocka_unit_test(certificates_are_judged_by_rules_time_and_registration),
        cmocka_unit_test(what_the_proxy_may_reach_is_judged_by_its_width),
        cmocka_unit_test(a_route_outside_the_ranges_and_an_open_guard_are_findings),
        cmocka_unit_test(whoever_answers_in_the_edges_place_fails_the_layer),
        cmocka_unit_test(what_is_seen_over_tcp_and_udp_alike_is_said_once),
        cmocka_unit_test(a_connector_that_lacks_something_is_named),
        cmocka_unit_test(a_proxy_of_another_domain_is_noticed),
        cmocka_unit_test(failed_handshakes_in_the_log_are_a_warning_then_a_failure),
        cmocka_unit_test(without_the_api_a_tunnel_is_known_by_its_proxy),
        cmocka_unit_test(a_proxy_whose_tunnel_the_api_does_not_list_is_noticed),
        cmocka_unit_test(connectors_belong_to_the_only_proxy_without_the_api),
        cmocka_unit_test(a_port_that_others_reach_is_a_warning_and_the_proxys_in_public_a_failure),
        cmocka_unit_test(what_the_proxy_serves_is_compared_with_its_files),
        cmocka_unit_test(a_stranger_is_judged_by_arrival),
        cmocka_unit_test(a_server_certificate_in_its_last_week_is_a_warning),
        cmocka_unit_test(times_are_judged_to_the_millisecond),
        cmocka_unit_test(the_ca_in_the_proxys_files_is_told_sixty_days_before),
        cmocka_unit_test(a_ca_near_its_end_is_told_sixty_days_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
