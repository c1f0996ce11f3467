/* The probe against the pretend network: every fault of the edge and of the connectors is told as
 * what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/measure.h"
#include "aid/pretend.h"
#include "core/clock.h"

static struct probe_edge edge;
static struct probe_connector connectors[2];

static struct probe_options
options_of(struct network *network)
{
    uint16_t port = (uint16_t)strtol(strchr(network_edge_tcp(network), ':') + 1, NULL, 10);

    edge = (struct probe_edge){"region1", "127.0.0.1", port, port};
    for (size_t i = 0; i < 2; i++)
        connectors[i] = (struct probe_connector){
            i == 0 ? "one" : "two", network_connector_url(network, i), NULL, {NULL, NULL}};
    return (struct probe_options){
        .api_url = "http://127.0.0.1:9", /* refused: not what these tests are about */
        .edges = &edge,
        .n_edges = 1,
        .edge_ca_file = network_edge_ca_file(network),
        .connectors = connectors,
        .n_connectors = 2,
        .interval_ms = 400,
    };
}

static void
measure_once(struct measure *measure, struct network *network)
{
    struct probe_options options = options_of(network);

    measure_start(measure, &options);
    assert_true(measure_rounds(measure, SOURCE_checks, 1));
    assert_true(measure_rounds(measure, SOURCE_connectors, 1));
}

static void
a_healthy_edge_passes_over_tcp_and_udp(void **state)
{
    struct measure m;
    const struct check *tcp, *udp;
    char port[32];

    measure_once(&m, *state);
    tcp = measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4);
    udp = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_non_null(tcp);
    assert_string_equal(tcp->error, "");
    assert_int_equal(tcp->verdict, CHECK_pass);
    assert_int_equal(udp->verdict, CHECK_pass);
    snprintf(port, sizeof(port), "tcp/%u", (unsigned)edge.tcp_port);
    assert_string_equal(tcp->protocol, port);
    assert_int_equal(tcp->stage_us[STAGE_dns], -1);
    assert_true(tcp->stage_us[STAGE_tcp] > 0 && tcp->stage_us[STAGE_tls] > 0);
    assert_int_equal(tcp->stage_us[STAGE_http], -1);
    assert_true(udp->stage_us[STAGE_quic] > 0 && udp->rtt_us > 0);
    assert_int_equal(tcp->retransmits, 0);
    assert_true(tcp->path_mtu > 1000 && udp->path_mtu == -1);
    assert_true(udp->datagram_bytes >= 1472 && tcp->datagram_bytes == -1);
    assert_int_equal(tcp->n_addresses, 1);
    assert_true(tcp->addresses[0].is_known && !*tcp->addresses[0].error);
    assert_true(udp->sent >= 1); /* one for each round that there was time for */
    assert_int_equal(udp->lost, 0);
    assert_int_equal(udp->failing_since_ms, 0);
    assert_non_null(strstr(udp->note, "v1"));
    assert_non_null(strstr(tcp->note, "TLSv1.3, issuer "));
    assert_null(measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 6));
    measure_stop(&m);
}

static void
ipv6_has_rows_of_its_own(void **state)
{
    struct probe_options options = options_of(*state);
    const struct check *tcp, *udp;
    struct measure m;

    if (!pretend_has_ipv6())
        skip();
    edge.host = "[::1]";
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    tcp = measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 6);
    udp = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 6);
    assert_null(measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4));
    assert_int_equal(tcp->verdict, CHECK_pass);
    assert_int_equal(udp->verdict, CHECK_pass);
    assert_non_null(strstr(udp->address, "[::1]:"));
    measure_stop(&m);
}

static const struct fault_case {
    const char *fault;
    enum check_kind kind;
    enum check_verdict verdict;
    enum check_stage stage;
    const char *error, *hint; /* parts of them */
} cases[] = {
    {"udp-blocked", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_quic, "timeout", "drops UDP 7844"},
    {"quic-silent", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_quic, "QUIC v1 gets no answer",
     "drops QUIC v1"},
    {"quic-other-alpn", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_tls,
     "QUIC close 0x178, TLS alert 120", "middlebox"},
    {"tls-intercepted", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_tls, "issuer", "TLS inspection"},
    {"tls-expired", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_tls, "expired", "clock"},
    {"tls-other-name", CHECK_EDGE_UDP_7844, CHECK_fail, STAGE_tls, "hostname mismatch",
     "wrong address"},
    {"tcp-reset", CHECK_EDGE_TCP_7844, CHECK_fail, STAGE_tls, "ECONNRESET", "inspection"},
    {"tls-stalled", CHECK_EDGE_TCP_7844, CHECK_fail, STAGE_tls,
     "nothing came back after ClientHello", "swallows"},
    {"tls-intercepted", CHECK_EDGE_TCP_7844, CHECK_fail, STAGE_tls, "issuer", "TLS inspection"},
    {"tls-expired", CHECK_EDGE_TCP_7844, CHECK_fail, STAGE_tls, "expired", "clock"},
    {"tls-other-name", CHECK_EDGE_TCP_7844, CHECK_fail, STAGE_tls, "hostname mismatch",
     "wrong address"},
};

static void
every_fault_of_the_edge_is_told_by_stage_signal_and_next_step(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct fault_case *c = &cases[i];
        const struct check *check;
        struct measure m;

        network_fault(*state, c->fault, true);
        measure_once(&m, *state);
        check = measure_check(&m, "edge region1", c->kind, 4);
        print_message("%s: %s — %s\n", c->fault, check->error, check->hint);
        assert_int_equal(check->verdict, c->verdict);
        assert_int_equal(check->failed_stage, c->stage);
        assert_non_null(strstr(check->error, c->error));
        assert_non_null(strstr(check->hint, c->hint));
        assert_true(check->last_failure_ms > 0);
        measure_stop(&m);
        network_fault(*state, c->fault, false);
    }
}

static void
an_edge_that_ignores_version_negotiation_passes_with_a_note(void **state)
{
    const struct check *check;
    struct measure m;

    unsigned tcp, udp, udp_before;

    network_edge_handshakes(*state, &tcp, &udp_before);
    network_fault(*state, "vn-silent", true);
    measure_once(&m, *state);
    assert_true(measure_rounds(&m, SOURCE_checks, 2)); /* a light look must not fail it either */
    network_edge_handshakes(*state, &tcp, &udp);
    assert_int_equal(udp - udp_before, 3); /* one, one with a large hello, and a knock */
    check = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_int_equal(check->verdict, CHECK_pass);
    assert_true(check->stage_us[STAGE_quic] > 0);
    assert_non_null(strstr(check->note, "no answer to version negotiation"));
    assert_int_equal(check->lost, 0);
    assert_true(check->datagram_bytes >= 1472); /* which handshakes can tell, too */
    measure_stop(&m);
    network_fault(*state, "vn-silent", false);
}

static void
the_quic_handshake_shows_who_answers(void **state)
{
    const struct check *check;
    struct measure m;

    measure_once(&m, *state);
    check = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_non_null(strstr(check->note, "QUIC v1, issuer "));
    assert_true(check->stage_us[STAGE_quic] > 0 && check->rtt_us > 0);
    measure_stop(&m);
}

static bool
edge_recovered(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct check *checks = snapshot_checks(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        if (checks[i].kind == CHECK_EDGE_TCP_7844)
            return checks[i].verdict == CHECK_pass && checks[i].failing_since_ms == 0;
    return false;
}

static void
a_refresh_sees_a_recovery_at_once(void **state)
{
    struct wish wish = {.kind = WISH_refresh};
    struct measure m;

    network_fault(*state, "tls-expired", true);
    measure_once(&m, *state);
    assert_true(measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4)->failing_since_ms > 0);
    network_fault(*state, "tls-expired", false);
    assert_true(store_wish(m.store, WISH_FOR_probe, &wish));
    assert_true(measure_until(&m, edge_recovered, NULL));
    measure_stop(&m);
}

static void
light_rounds_keep_what_the_handshake_said(void **state)
{
    const struct check *check;
    struct measure m;

    measure_once(&m, *state);
    assert_true(measure_rounds(&m, SOURCE_checks, 3));
    check = measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4);
    assert_true(check->rtt_trend.n >= 3);
    assert_true(check->stage_us[STAGE_tls] > 0);
    assert_non_null(strstr(check->note, "TLSv1.3"));
    assert_int_equal(check->verdict, CHECK_pass);
    measure_stop(&m);
}

static bool
tcp_expired(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct check *checks = snapshot_checks(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        if (checks[i].kind == CHECK_EDGE_TCP_7844)
            return checks[i].verdict == CHECK_fail && strstr(checks[i].error, "expired");
    return false;
}

static void
handshakes_are_rare_and_come_by_themselves(void **state)
{
    struct probe_options options = options_of(*state);
    struct measure m;

    measure_once(&m, *state);
    network_fault(*state, "tls-expired", true);
    assert_true(measure_rounds(&m, SOURCE_checks, 5)); /* none of these looks behind the network */
    assert_int_equal(measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4)->verdict,
                     CHECK_pass);
    measure_stop(&m);
    network_fault(*state, "tls-expired", false);
    options.sweep_ms = 600;
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    assert_int_equal(measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4)->verdict,
                     CHECK_pass);
    network_fault(*state, "tls-expired", true);
    assert_true(measure_until(&m, tcp_expired, NULL));
    measure_stop(&m);
    network_fault(*state, "tls-expired", false);
}

static bool
has_lost_some(const struct snapshot *snapshot, void *context)
{
    const struct measure *m = context;
    const struct check *check = measure_check(m, "edge region1", CHECK_EDGE_UDP_7844, 4);

    (void)snapshot;
    return check && check->lost > 0 && m->snapshot.source[SOURCE_checks].rounds >= 4;
}

static void
lost_datagrams_are_counted_and_do_not_fail_the_edge(void **state)
{
    const struct check *check;
    struct measure m;

    network_fault(*state, "udp-lossy", true);
    measure_once(&m, *state);
    assert_true(measure_until(&m, has_lost_some, &m));
    check = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_int_equal(check->verdict, CHECK_pass);
    assert_true(check->lost < check->sent);
    measure_stop(&m);
    network_fault(*state, "udp-lossy", false);
}

static void
a_ready_connector_says_who_it_is_and_where_it_is_connected(void **state)
{
    const struct connector *one;
    struct measure m;

    measure_once(&m, *state);
    one = measure_connector(&m, "one");
    assert_string_equal(one->error, "");
    assert_int_equal(one->state, CONNECTOR_ready);
    assert_int_equal(one->ready_connections, 4);
    assert_int_equal(one->n_connections, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(one->connections[i].index, i);
        assert_string_equal(one->connections[i].protocol, "quic");
        assert_true(*one->connections[i].location);
        assert_true(one->connections[i].rtt_us > 0);
        assert_true(*one->connections[i].edge_address);
    }
    assert_true(*one->tunnel_id && *one->connector_id && *one->version && *one->service);
    assert_true(one->started_ms > 0 && one->requests >= 0 && one->request_errors >= 0);
    if (m.snapshot.source[SOURCE_connectors].rounds == 1)
        assert_true(one->requests_per_s < 0); /* one sample is no rate */
    assert_true(measure_rounds(&m, SOURCE_connectors, 2));
    assert_true(measure_connector(&m, "one")->requests_per_s >= 0);
    measure_stop(&m);
}

static void
a_degraded_connector_over_http2_has_no_rtt(void **state)
{
    const struct connector *one;
    struct measure m;

    network_fault(*state, "connector-degraded", true);
    measure_once(&m, *state);
    one = measure_connector(&m, "one");
    assert_int_equal(one->state, CONNECTOR_degraded);
    assert_int_equal(one->ready_connections, 2);
    assert_int_equal(one->n_connections, 2);
    assert_string_equal(one->connections[0].protocol, "http2");
    assert_int_equal(one->connections[0].rtt_us, -1);
    measure_stop(&m);
    network_fault(*state, "connector-degraded", false);
}

static bool
is_unreachable(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(snapshot, &n);

    (void)context;
    return n == 2 && rows[0].state == CONNECTOR_unreachable &&
           snapshot->source[SOURCE_connectors].parts_ok == 0;
}

static void
a_connector_that_vanishes_keeps_its_name_and_loses_its_connections(void **state)
{
    const struct connector *one;
    struct measure m;

    measure_once(&m, *state);
    network_fault(*state, "connectors-unreachable", true);
    assert_true(measure_until(&m, is_unreachable, NULL));
    one = measure_connector(&m, "one");
    assert_int_equal(one->ready_connections, -1);
    assert_int_equal(one->n_connections, 0);
    assert_true(*one->version && *one->connector_id && *one->error);
    network_fault(*state, "connectors-unreachable", false);
    measure_stop(&m);
}

static void
a_connector_without_connections_is_down_and_answers(void **state)
{
    struct measure m;

    network_fault(*state, "connectors-down", true);
    measure_once(&m, *state);
    assert_int_equal(measure_connector(&m, "one")->state, CONNECTOR_down);
    assert_int_equal(measure_connector(&m, "one")->ready_connections, 0);
    measure_stop(&m);
    network_fault(*state, "connectors-down", false);
}

static void
stopping_takes_milliseconds_while_a_handshake_stalls(void **state)
{
    struct probe_options options = options_of(*state);
    struct measure m;
    int64_t started_ms;

    network_fault(*state, "tls-stalled", true);
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_connectors, 1));
    started_ms = clock_mono_ms();
    measure_stop(&m);
    assert_true(clock_mono_ms() - started_ms < 200);
    network_fault(*state, "tls-stalled", false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_edge_passes_over_tcp_and_udp),
        cmocka_unit_test(ipv6_has_rows_of_its_own),
        cmocka_unit_test(every_fault_of_the_edge_is_told_by_stage_signal_and_next_step),
        cmocka_unit_test(an_edge_that_ignores_version_negotiation_passes_with_a_note),
        cmocka_unit_test(the_quic_handshake_shows_who_answers),
        cmocka_unit_test(a_refresh_sees_a_recovery_at_once),
        cmocka_unit_test(light_rounds_keep_what_the_handshake_said),
        cmocka_unit_test(handshakes_are_rare_and_come_by_themselves),
        cmocka_unit_test(lost_datagrams_are_counted_and_do_not_fail_the_edge),
        cmocka_unit_test(a_ready_connector_says_who_it_is_and_where_it_is_connected),
        cmocka_unit_test(a_degraded_connector_over_http2_has_no_rtt),
        cmocka_unit_test(a_connector_that_vanishes_keeps_its_name_and_loses_its_connections),
        cmocka_unit_test(a_connector_without_connections_is_down_and_answers),
        cmocka_unit_test(stopping_takes_milliseconds_while_a_handshake_stalls),
    };

    return cmocka_run_group_tests(tests, pretend_start, pretend_stop);
}
