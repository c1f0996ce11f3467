/* Tunnels, connectors, the edge and the three layers: what was seen, and never more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"

enum { DAY_S = 86400 };

static void
a_tunnel_without_a_certificate_is_critical(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_tunnel(world, "prod")->n_certificates = 0;
    assert_string_equal(world_rules(world), "tunnel.no_certificate");
    assert_int_equal(world_assess(world)->tunnels[0], SEVERITY_critical);
    world_free(world);
}

static void
expired_and_archived_certificates_do_not_count(void **state)
{
    struct world *world = world_new();
    struct tunnel *tunnel = world_tunnel(world, "prod");

    (void)state;
    tunnel->n_certificates = 0;
    world_certificate(world, tunnel, -DAY_S);
    world_certificate(world, tunnel, 900 * DAY_S)->is_archived = true;
    assert_string_equal(world_rules(world), "tunnel.no_certificate");
    world_free(world);
}

static void
certificates_that_were_never_read_are_not_missing(void **state)
{
    struct world *world = world_new();
    struct tunnel *tunnel = world_tunnel(world, "prod");

    (void)state;
    tunnel->n_certificates = 0;
    tunnel->certificates_at_ms = 0;
    assert_string_equal(world_rules(world), "");
    tunnel->certificates_at_ms = world_ago(5);
    tunnel->is_archived = true;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_certificate_expires_soon_at_30_days_and_critically_at_7(void **state)
{
    static const struct {
        int64_t left_s;
        const char *rules;
        enum severity severity;
    } rows[] = {
        {30 * DAY_S, "", SEVERITY_info},
        {30 * DAY_S - 1, "certificate.expiring", SEVERITY_warn},
        {7 * DAY_S, "certificate.expiring", SEVERITY_warn},
        {7 * DAY_S - 1, "certificate.expiring", SEVERITY_critical},
        {1, "certificate.expiring", SEVERITY_critical},
        {0, "tunnel.no_certificate", SEVERITY_critical},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();
        struct tunnel *tunnel = world_tunnel(world, "prod");

        tunnel->n_certificates = 0;
        world_certificate(world, tunnel, rows[i].left_s);
        assert_string_equal(world_rules(world), rows[i].rules);
        assert_int_equal(world_assess(world)->tunnels[0], rows[i].severity);
        world_free(world);
    }
}

static void
a_certificate_with_a_successor_may_expire(void **state)
{
    struct world *world = world_new();
    struct tunnel *tunnel = world_tunnel(world, "prod");

    (void)state;
    world_certificate(world, tunnel, 3 * DAY_S);
    assert_string_equal(world_rules(world), "");
    tunnel->n_certificates = 0;
    world_certificate(world, tunnel, 3 * DAY_S)->expires_ms = 0; /* never expires */
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_tunnel_is_down_only_when_all_its_connectors_are(void **state)
{
    struct world *world = world_new();
    struct connector *first, *second;

    (void)state;
    world_tunnel(world, "prod");
    first = world_connector(world, "a", "prod");
    second = world_connector(world, "b", "prod");
    first->state = CONNECTOR_down;
    assert_string_equal(world_rules(world), "connector.degraded");
    assert_int_equal(world_assess(world)->connectors[0], SEVERITY_warn);
    assert_int_equal(world_assess(world)->connectors[1], SEVERITY_info);
    second->state = CONNECTOR_unreachable;
    assert_string_equal(world_rules(world), "tunnel.no_connectors");
    assert_int_equal(world_assess(world)->n_findings, 1);
    assert_int_equal(world_assess(world)->tunnels[0], SEVERITY_critical);
    second->state = CONNECTOR_unknown; /* not asked yet: nothing is known of it */
    assert_string_equal(world_rules(world), "tunnel.no_connectors");
    world_free(world);
}

static void
a_tunnel_without_known_connectors_is_not_judged(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_tunnel(world, "prod");
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
connectors_of_an_unknown_tunnel_are_judged_too(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_connector(world, "a", "x")->state = CONNECTOR_down;
    ((struct connector *)world_row(world, SLOT_connectors, 0))->tunnel_id = "";
    assert_string_equal(world_finding(world, "tunnel.no_connectors")->subject, "connectors");
    world_free(world);
}

static void
the_next_step_depends_on_who_answers(void **state)
{
    struct world *world = world_new();
    struct connector *connector = world_connector(world, "a", "prod");

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    connector->state = CONNECTOR_unreachable;
    assert_non_null(strstr(world_finding(world, "tunnel.no_connectors")->next_step, "start cloud"));
    connector->state = CONNECTOR_down;
    assert_non_null(strstr(world_finding(world, "tunnel.no_connectors")->next_step, "nsenter"));
    world_check(world, CHECK_EDGE_UDP_7844, "region1", 4)->verdict = CHECK_fail;
    assert_non_null(strstr(world_finding(world, "tunnel.no_connectors")->next_step, "dial"));
    connector->register_failures = 12;
    assert_non_null(strstr(world_finding(world, "tunnel.no_connectors")->next_step, "token"));
    world_free(world);
}

static struct check *
edge_check(struct world *world, enum check_kind kind, const char *target, int family, bool is_ok)
{
    struct check *check = world_check(world, kind, target, family);

    if (!is_ok) {
        check->verdict = CHECK_fail;
        check->failed_stage = kind == CHECK_EDGE_UDP_7844 ? STAGE_quic : STAGE_tcp;
        check->error = "no answer";
    }
    return check;
}

static void
an_edge_that_never_answers_is_critical_and_explains_its_connectors(void **state)
{
    struct world *world = world_new();

    (void)state;
    edge_check(world, CHECK_EDGE_TCP_7844, "region1", 4, false);
    edge_check(world, CHECK_EDGE_UDP_7844, "region1", 4, false);
    edge_check(world, CHECK_EDGE_TCP_7844, "region2", 4, false);
    world_connector(world, "a", "prod")->state = CONNECTOR_down;
    assert_string_equal(world_rules(world), "edge.unreachable");
    assert_int_equal(world_assess(world)->n_findings, 1);
    assert_int_equal(world_assess(world)->findings[0].severity, SEVERITY_critical);
    world_free(world);
}

static void
one_dead_region_is_a_warning(void **state)
{
    struct world *world = world_new();

    (void)state;
    edge_check(world, CHECK_EDGE_TCP_7844, "region1", 4, false);
    edge_check(world, CHECK_EDGE_TCP_7844, "region2", 4, true);
    assert_int_equal(world_finding(world, "edge.unreachable")->severity, SEVERITY_warn);
    assert_string_equal(world_finding(world, "edge.unreachable")->subject, "region1");
    world_free(world);
}

static void
one_good_address_family_is_enough(void **state)
{
    struct world *world = world_new();

    (void)state;
    edge_check(world, CHECK_EDGE_TCP_7844, "region1", 4, true);
    edge_check(world, CHECK_EDGE_TCP_7844, "region1", 6, false);
    edge_check(world, CHECK_EDGE_UDP_7844, "region1", 4, false)->verdict = CHECK_skip;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static struct check *
failing(struct world *world, enum check_kind kind, enum check_stage stage)
{
    struct check *check = world_check(world, kind, "region1", 4);

    check->verdict = CHECK_fail;
    check->failed_stage = stage;
    check->error = "wrong";
    check->failing_since_ms = world_ago(60);
    return check;
}

static void
names_that_do_not_resolve_are_one_finding(void **state)
{
    struct world *world = world_new();

    (void)state;
    failing(world, CHECK_EDGE_TCP_7844, STAGE_dns);
    failing(world, CHECK_EDGE_UDP_7844, STAGE_dns);
    assert_string_equal(world_rules(world), "dns.broken");
    world_free(world);
}

/* facts/connectivity.md A3: one name of the edge that does not resolve fails the whole discovery.
 */
static void
a_region_without_a_name_keeps_connectors_from_starting(void **state)
{
    struct world *world = world_new();
    struct check *check;

    (void)state;
    edge_check(world, CHECK_EDGE_TCP_7844, "region2", 4, true);
    check = failing(world, CHECK_EDGE_TCP_7844, STAGE_dns);
    check->meaning = CHECK_MEANS_no_start;
    assert_string_equal(world_rules(world), "dns.broken");
    assert_int_equal(world_finding(world, "dns.broken")->severity, SEVERITY_critical);
    assert_non_null(strstr(world_finding(world, "dns.broken")->summary, "starts now"));
    world_free(world);

    world = world_new();
    check =
        edge_check(world, CHECK_EDGE_TCP_7844, "region1", 4, true); /* and it is only a warning */
    check->verdict = CHECK_warn;
    check->meaning = CHECK_MEANS_no_start;
    world_connector(world, "one", "prod");
    assert_int_equal(world_finding(world, "dns.broken")->severity, SEVERITY_warn);
    world_free(world);
}

static void
interception_is_not_called_unreachable(void **state)
{
    struct world *world = world_new();
    struct check *check;

    (void)state;
    check = failing(world, CHECK_EDGE_TCP_7844, STAGE_tls);
    check->meaning = CHECK_MEANS_intercepted;
    check->error = "self-signed certificate; issuer CN=Firewall";
    failing(world, CHECK_EDGE_UDP_7844, STAGE_tls)->meaning = CHECK_MEANS_intercepted;
    assert_string_equal(world_rules(world), "edge.tls_intercepted");
    assert_non_null(strstr(world_finding(world, "edge.tls_intercepted")->summary,
                           ": issuer CN=Firewall (self-signed certificate)"));
    world_free(world);
}

static void
a_path_for_small_packets_is_a_warning_of_its_own(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    failing(world, CHECK_EDGE_UDP_7844, STAGE_quic)->meaning = CHECK_MEANS_mtu;
    assert_string_equal(world_rules(world), "edge.mtu");
    world_free(world);
}

static void
udp_blocked_beside_working_tcp_is_its_own_finding(void **state)
{
    struct world *world = world_new();

    (void)state;
    edge_check(world, CHECK_EDGE_TCP_7844, "region1", 4, true);
    edge_check(world, CHECK_EDGE_UDP_7844, "region1", 4, false);
    edge_check(world, CHECK_EDGE_UDP_7844, "region1", 6, false);
    assert_string_equal(world_rules(world), "edge.udp_blocked");
    world_free(world);
}

static const struct layer *
layer_of(struct world *world, int number)
{
    return &world_assess(world)->layers[number - 1];
}

static bool
has_evidence(const struct layer *layer, const char *words)
{
    for (size_t i = 0; i < layer->n_evidence; i++)
        if (strstr(layer->evidence[i], words))
            return true;
    return false;
}

static void
a_healthy_tunnel_has_three_layers_that_are_not_observable(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_tunnel(world, "prod");
    world_connector(world, "a", "prod");
    world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    assert_int_equal(world_assess(world)->n_layers, 3);
    for (int number = 1; number <= 3; number++) {
        assert_int_equal(layer_of(world, number)->number, number);
        assert_int_equal(layer_of(world, number)->verdict, LAYER_not_observable);
        assert_true(has_evidence(layer_of(world, number), "not observable from here"));
    }
    assert_true(has_evidence(layer_of(world, 1), "1 of 1 connector registered"));
    assert_true(has_evidence(layer_of(world, 2), "1 valid CA certificate"));
    world_free(world);
}

static void
what_was_seen_to_be_wrong_is_a_warning_or_a_failure(void **state)
{
    struct world *world = world_new();
    struct tunnel *tunnel = world_tunnel(world, "prod");
    struct check *check = world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    struct job *job;

    (void)state;
    check->verdict = CHECK_fail;
    check->failed_stage = STAGE_tls;
    check->error = "unable to get local issuer certificate";
    assert_int_equal(layer_of(world, 1)->verdict, LAYER_warning);
    assert_true(has_evidence(layer_of(world, 1), "local issuer"));
    tunnel->is_archived = true;
    assert_int_equal(layer_of(world, 1)->verdict, LAYER_failed);
    tunnel->is_archived = false;
    tunnel->n_certificates = 0;
    assert_int_equal(layer_of(world, 2)->verdict, LAYER_failed);
    world_certificate(world, tunnel, 20 * DAY_S);
    assert_int_equal(layer_of(world, 2)->verdict, LAYER_warning);
    world_pool(world, "eu-west");
    job = world_job(world, "eu-west", "x");
    job->last_error = "mcp_authentication_failed_error: wiki";
    assert_int_equal(layer_of(world, 3)->verdict, LAYER_warning);
    world_free(world);
}

static void
a_refused_login_is_held_against_the_tunnel_it_names_only(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_tunnel(world, "prod");
    world_tunnel(world, "staging");
    world_pool(world, "eu-west");
    world_job(world, "eu-west", "x")->last_error =
        "mcp_authentication_failed_error: https://wiki.staging.tunnel.example.com/mcp";
    assert_int_equal(world_assess(world)->layers[2].verdict, LAYER_not_observable);
    assert_int_equal(world_assess(world)->layers[5].verdict, LAYER_warning);
    world_free(world);
}

static void
rows_are_counted_by_state(void **state)
{
    struct world *world = world_incident();
    const struct assessment *assessment = world_assess(world);
    const struct counts counts = assessment->counts;
    const struct job_judgement *jobs = assessment->jobs;
    size_t n, failing = 0, odd = 0;

    (void)state;
    snapshot_jobs(world_looked_at(world), &n);
    for (size_t i = 0; i < n; i++) {
        failing += jobs[i].severity == SEVERITY_critical;
        odd += jobs[i].severity == SEVERITY_warn;
    }
    assert_true(failing > 0 && odd > 0);
    assert_int_equal(counts.fail, 2 + failing); /* us-east no workers, staging no certificate */
    assert_int_equal(counts.warn, 3 + odd);     /* eu-batch, eu-2, and with it prod-eu */
    assert_int_equal(counts.unknown, 0);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tunnel_without_a_certificate_is_critical),
        cmocka_unit_test(expired_and_archived_certificates_do_not_count),
        cmocka_unit_test(certificates_that_were_never_read_are_not_missing),
        cmocka_unit_test(a_certificate_expires_soon_at_30_days_and_critically_at_7),
        cmocka_unit_test(a_certificate_with_a_successor_may_expire),
        cmocka_unit_test(a_tunnel_is_down_only_when_all_its_connectors_are),
        cmocka_unit_test(a_tunnel_without_known_connectors_is_not_judged),
        cmocka_unit_test(connectors_of_an_unknown_tunnel_are_judged_too),
        cmocka_unit_test(the_next_step_depends_on_who_answers),
        cmocka_unit_test(an_edge_that_never_answers_is_critical_and_explains_its_connectors),
        cmocka_unit_test(one_dead_region_is_a_warning),
        cmocka_unit_test(one_good_address_family_is_enough),
        cmocka_unit_test(names_that_do_not_resolve_are_one_finding),
        cmocka_unit_test(a_region_without_a_name_keeps_connectors_from_starting),
        cmocka_unit_test(interception_is_not_called_unreachable),
        cmocka_unit_test(a_path_for_small_packets_is_a_warning_of_its_own),
        cmocka_unit_test(udp_blocked_beside_working_tcp_is_its_own_finding),
        cmocka_unit_test(a_healthy_tunnel_has_three_layers_that_are_not_observable),
        cmocka_unit_test(what_was_seen_to_be_wrong_is_a_warning_or_a_failure),
        cmocka_unit_test(a_refused_login_is_held_against_the_tunnel_it_names_only),
        cmocka_unit_test(rows_are_counted_by_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
