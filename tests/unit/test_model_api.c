/* The management API as a whole: is it us, the network, or the service? One cause, one finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"

static const enum source api_sources[] = {SOURCE_environments, SOURCE_stats,   SOURCE_work,
                                          SOURCE_sessions,     SOURCE_tunnels, SOURCE_certificates};

/* Every source of the API failed with that, `since` seconds ago; 0: it never worked. */
static struct world *
failing_world(enum err_code code, const char *error, int64_t since_s)
{
    struct world *world = world_new();

    world_service(world);
    for (size_t i = 0; i < COUNT_OF(api_sources); i++) {
        world_source(world, api_sources[i])->ok_at_ms = since_s ? world_ago(since_s) : 0;
        world_fail(world, api_sources[i], code, error);
    }
    return world;
}

static void
is_found(struct world *world, const char *rules, enum severity severity)
{
    assert_string_equal(world_rules(world), rules);
    assert_int_equal(world_assess(world)->findings[0].severity, severity);
    world_free(world);
}

static struct check *
failing_check(struct world *world, enum check_kind kind, enum check_stage stage)
{
    struct check *check = world_check(world, kind, kind == CHECK_API_443 ? "api" : "region1", 4);

    check->verdict = CHECK_fail;
    check->failed_stage = stage;
    check->error = "connection timed out";
    return check;
}

static void
an_api_that_never_answered_is_critical_at_the_first_failure(void **state)
{
    static const enum err_code silences[] = {ERR_NET, ERR_TIMEOUT, ERR_SERVER, ERR_FORMAT};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(silences); i++)
        is_found(failing_world(silences[i], "x", 0), "api.unreachable", SEVERITY_critical);
}

static void
one_failure_after_good_answers_is_no_finding_yet(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_fail(world, SOURCE_stats, ERR_NET, "connection reset");
    world_source(world, SOURCE_stats)->failures = 1;
    assert_string_equal(world_rules(world), "");
    world_source(world, SOURCE_stats)->failures = 3; /* and nothing else answered since */
    assert_string_equal(world_rules(world), "api.unreachable");
    world_free(world);
}

static void
silence_is_a_warning_and_critical_after_five_minutes(void **state)
{
    (void)state;
    is_found(failing_world(ERR_NET, "x", 62), "api.unreachable", SEVERITY_warn);
    is_found(failing_world(ERR_NET, "x", 302), "api.unreachable", SEVERITY_critical);
}

static void
one_source_that_fails_while_others_answer_is_not_the_api(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_source(world, SOURCE_sessions)->ok_at_ms = world_ago(100);
    world_fail(world, SOURCE_sessions, ERR_SERVER, "HTTP 500");
    for (size_t i = 0; i < COUNT_OF(api_sources); i++)
        if (api_sources[i] != SOURCE_sessions)
            world_source(world, api_sources[i])->ok_at_ms = world_ago(0);
    is_found(world, "source.stale", SEVERITY_warn);
}

static void
an_answer_that_refuses_is_contact_all_the_same(void **state)
{
    struct world *world = failing_world(ERR_NET, "x", 100);

    (void)state;
    world_fail(world, SOURCE_stats, ERR_RATE, "429");
    world_source(world, SOURCE_stats)->tried_at_ms = WORLD_NOW_MS;
    assert_string_equal(world_rules(world), "api.rate_limited");
    world_free(world);
}

static void
the_summary_names_the_broken_stage(void **state)
{
    static const struct {
        enum check_stage stage;
        const char *words;
    } rows[] = {
        {STAGE_dns, "name cannot be resolved"},
        {STAGE_tcp, "TCP fails"},
        {STAGE_tls, "TLS with it fails"},
        {STAGE_http, "does not answer requests"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = failing_world(ERR_NET, "x", 0);

        failing_check(world, CHECK_API_443, rows[i].stage);
        assert_non_null(strstr(world_finding(world, "api.unreachable")->summary, rows[i].words));
        world_free(world);
    }
}

static void
a_host_without_any_network_is_one_finding(void **state)
{
    struct world *world = failing_world(ERR_NET, "x", 0);

    (void)state;
    failing_check(world, CHECK_API_443, STAGE_tcp);
    failing_check(world, CHECK_EDGE_TCP_7844, STAGE_tcp);
    failing_check(world, CHECK_EDGE_UDP_7844, STAGE_quic);
    assert_non_null(strstr(world_finding(world, "api.unreachable")->summary, "its own network"));
    is_found(world, "api.unreachable", SEVERITY_critical);
}

/* The cable was pulled half a minute ago. */
static void
a_network_that_is_lost_explains_its_connectors_and_is_critical_at_once(void **state)
{
    struct world *world = failing_world(ERR_TIMEOUT, "no answer within 15 s", 30);

    (void)state;
    failing_check(world, CHECK_API_443, STAGE_tcp);
    failing_check(world, CHECK_EDGE_TCP_7844, STAGE_tcp);
    failing_check(world, CHECK_EDGE_UDP_7844, STAGE_quic);
    world_tunnel(world, "prod");
    world_connector(world, "a", "prod")->state = CONNECTOR_down;
    world_connector(world, "b", "prod")->state = CONNECTOR_unreachable;
    world_source(world, SOURCE_connectors)->ok_at_ms = world_ago(600);
    assert_non_null(strstr(world_finding(world, "api.unreachable")->summary, "its own network"));
    is_found(world, "api.unreachable", SEVERITY_critical);
}

static void
a_server_error_is_the_services_fault_and_says_so(void **state)
{
    struct world *world = failing_world(ERR_SERVER, "HTTP 503", 0);
    const struct finding *finding = world_finding(world, "api.unreachable");

    (void)state;
    assert_non_null(strstr(finding->summary, "on the service's side"));
    assert_non_null(strstr(finding->evidence[0], "HTTP 503"));
    world_free(world);
}

static void
a_refused_key_is_critical_at_the_first_401(void **state)
{
    struct world *world = failing_world(ERR_AUTH, "refused", 0);

    (void)state;
    world_pool(world, "eu-west")->stats_at_ms = 0;
    is_found(world, "api.unauthorized", SEVERITY_critical);
}

static void
a_refused_environment_key_is_not_a_refused_api_key(void **state)
{
    struct world *world = world_new();
    struct pool *pool = world_pool(world, "eu-west");

    (void)state;
    world_fail(world, SOURCE_work, ERR_AUTH, "refused");
    pool->work_access = WORK_REFUSED;
    is_found(world, "pool.no_environment_key", SEVERITY_info);
}

static void
a_refused_tunnel_token_names_the_tunnel_token(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_fail(world, SOURCE_tunnels, ERR_AUTH, "refused");
    assert_string_equal(world_finding(world, "api.unauthorized")->subject, "tunnel credential");
    is_found(world, "api.unauthorized", SEVERITY_critical);
}

static void
a_missing_scope_is_told_once_for_each_credential(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_fail(world, SOURCE_tunnels, ERR_FORBIDDEN, "403");
    world_fail(world, SOURCE_certificates, ERR_FORBIDDEN, "403");
    assert_int_equal(world_assess(world)->n_findings, 1);
    assert_non_null(
        strstr(world_finding(world, "api.forbidden")->next_step, "workspace:manage_tunnels"));
    world_fail(world, SOURCE_sessions, ERR_FORBIDDEN, "403");
    assert_int_equal(world_assess(world)->n_findings, 2);
    is_found(world, "api.forbidden", SEVERITY_warn);
}

static void
what_the_service_does_not_offer_us_is_no_fault(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_fail(world, SOURCE_tunnels, ERR_BETA, "not enabled");
    world_source(world, SOURCE_tunnels)->state = SOURCE_STATE_disabled;
    world_source(world, SOURCE_certificates)->state = SOURCE_STATE_disabled;
    world_source(world, SOURCE_certificates)->ok_at_ms = 0;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
three_rate_limits_in_five_minutes_are_critical(void **state)
{
    struct world *world = world_new();
    struct service *service = world_service(world);

    (void)state;
    service->rate_limited_until_ms = WORLD_NOW_MS + 9000;
    service->rate_limited_count = 2;
    assert_int_equal(world_finding(world, "api.rate_limited")->severity, SEVERITY_warn);
    assert_non_null(strstr(world_finding(world, "api.rate_limited")->summary, "again in 9s"));
    service->rate_limited_count = 3;
    is_found(world, "api.rate_limited", SEVERITY_critical);
}

static void
a_spend_cap_hides_rate_limits_and_old_data(void **state)
{
    struct world *world = failing_world(ERR_SPEND, "limit reached", 5000);

    (void)state;
    world_service(world)->rate_limited_until_ms = WORLD_NOW_MS + 9000;
    is_found(world, "api.spend_capped", SEVERITY_critical);
}

static void
slow_is_a_median_above_two_seconds(void **state)
{
    struct world *world = world_new();
    struct service *service = world_service(world);

    (void)state;
    service->latency_us = 2000000;
    assert_string_equal(world_rules(world), "");
    service->latency_us = 2000001;
    assert_string_equal(world_rules(world), "api.slow");
    service->latency_us = -1;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
slow_tells_the_service_from_the_way_there(void **state)
{
    struct world *world = world_new();
    struct check *check = world_check(world, CHECK_API_443, "api", 4);
    const struct finding *finding;

    (void)state;
    world_service(world)->latency_us = 3000000;
    finding = world_finding(world, "api.slow");
    assert_non_null(strstr(finding->evidence[2], "spent in the service"));
    check->stage_us[STAGE_tcp] = 1500000;
    finding = world_finding(world, "api.slow");
    assert_non_null(strstr(finding->evidence[2], "the way there is slow"));
    world_free(world);
}

static void
a_source_is_out_of_date_after_three_intervals(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_source(world, SOURCE_sessions)->ok_at_ms = world_ago(90);
    assert_string_equal(world_rules(world), "");
    world_source(world, SOURCE_sessions)->ok_at_ms = world_ago(91);
    assert_string_equal(world_finding(world, "source.stale")->subject_id, "sessions");
    world_source(world, SOURCE_sessions)->interval_ms = 60000; /* the budget stretched it */
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
dead_connectors_explain_their_silent_source(void **state)
{
    struct world *world = world_new();
    struct connector *connector = world_connector(world, "a", "x");

    (void)state;
    connector->state = CONNECTOR_unreachable;
    world_source(world, SOURCE_connectors)->ok_at_ms = 0;
    world_fail(world, SOURCE_connectors, ERR_NET, "connection refused");
    is_found(world, "tunnel.no_connectors", SEVERITY_critical);
}

static void
a_clock_that_is_off_by_a_minute_is_told(void **state)
{
    struct world *world = world_new();
    struct service *service = world_service(world);

    (void)state;
    service->clock_offset_ms = -59999;
    assert_string_equal(world_rules(world), "");
    service->clock_offset_ms = -60000;
    assert_non_null(strstr(world_finding(world, "api.clock_skew")->summary, "ahead of"));
    service->clock_offset_ms = 300000;
    assert_non_null(strstr(world_finding(world, "api.clock_skew")->summary, "behind"));
    is_found(world, "api.clock_skew", SEVERITY_critical);
}

static void
every_rule_has_a_name_and_a_meaning(void **state)
{
    size_t n = 0;

    (void)state;
    for (; rule_name_at(n); n++) {
        assert_non_null(strchr(rule_name_at(n), '.'));
        assert_true(strlen(rule_what(rule_name_at(n))) > 10);
    }
    assert_true(n >= 26);
    assert_string_equal(rule_what("no.such_rule"), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_api_that_never_answered_is_critical_at_the_first_failure),
        cmocka_unit_test(one_failure_after_good_answers_is_no_finding_yet),
        cmocka_unit_test(silence_is_a_warning_and_critical_after_five_minutes),
        cmocka_unit_test(one_source_that_fails_while_others_answer_is_not_the_api),
        cmocka_unit_test(an_answer_that_refuses_is_contact_all_the_same),
        cmocka_unit_test(the_summary_names_the_broken_stage),
        cmocka_unit_test(a_host_without_any_network_is_one_finding),
        cmocka_unit_test(a_network_that_is_lost_explains_its_connectors_and_is_critical_at_once),
        cmocka_unit_test(a_server_error_is_the_services_fault_and_says_so),
        cmocka_unit_test(a_refused_key_is_critical_at_the_first_401),
        cmocka_unit_test(a_refused_environment_key_is_not_a_refused_api_key),
        cmocka_unit_test(a_refused_tunnel_token_names_the_tunnel_token),
        cmocka_unit_test(a_missing_scope_is_told_once_for_each_credential),
        cmocka_unit_test(what_the_service_does_not_offer_us_is_no_fault),
        cmocka_unit_test(three_rate_limits_in_five_minutes_are_critical),
        cmocka_unit_test(a_spend_cap_hides_rate_limits_and_old_data),
        cmocka_unit_test(slow_is_a_median_above_two_seconds),
        cmocka_unit_test(slow_tells_the_service_from_the_way_there),
        cmocka_unit_test(a_source_is_out_of_date_after_three_intervals),
        cmocka_unit_test(dead_connectors_explain_their_silent_source),
        cmocka_unit_test(a_clock_that_is_off_by_a_minute_is_told),
        cmocka_unit_test(every_rule_has_a_name_and_a_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
