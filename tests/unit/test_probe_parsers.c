/* The pure half of the probe: readers of foreign bytes, and the taxonomy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "probe/address.h"
#include "probe/cloudflared.h"
#include "probe/fault.h"
#include "probe/prometheus.h"
#include "probe/vn.h"

/* --- version negotiation --- */

static void
fill(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
}

static void
a_vn_probe_has_the_layout_that_quiche_answers(void **state)
{
    uint8_t d[VN_DATAGRAM_BYTES];
    struct vn_probe probe;

    (void)state;
    fill(d, sizeof(d));
    vn_make(d, sizeof(d), &probe);
    assert_int_equal(d[0] & 0xF0, 0xC0);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(d[i] & 0x0F, 0x0A);
    assert_int_equal(d[5], 16);
    assert_memory_equal(d + 6, probe.dcid, 16);
    assert_int_equal(d[22], 16);
    assert_memory_equal(d + 23, probe.scid, 16);
    assert_int_equal(d[39], 0);
    assert_int_equal((d[40] & 0x3F) << 8 | d[41], VN_DATAGRAM_BYTES - 42);
    assert_int_equal(d[40] >> 6, 1); /* a varint of two bytes */
}

static size_t
make_reply(const struct vn_probe *probe, uint32_t version, uint8_t out[64])
{
    out[0] = 0xC3;
    memset(out + 1, 0, 4);
    out[5] = out[22] = 16;
    memcpy(out + 6, probe->scid, 16);
    memcpy(out + 23, probe->dcid, 16);
    for (int i = 0; i < 4; i++)
        out[39 + i] = (uint8_t)(version >> (24 - 8 * i));
    return 43;
}

static void
only_the_answer_to_this_very_probe_counts(void **state)
{
    uint8_t d[VN_DATAGRAM_BYTES], reply[64];
    struct vn_probe probe;
    struct vn_reply out;
    size_t n;

    (void)state;
    fill(d, sizeof(d));
    vn_make(d, sizeof(d), &probe);
    n = make_reply(&probe, 1, reply);
    assert_true(vn_read(reply, n, &probe, &out));
    assert_int_equal(out.n_versions, 1);
    assert_int_equal(out.versions[0], 1);
    for (size_t i = 0; i < n - 4; i++) { /* every bit before the list matters, but seven */
        uint8_t mask = i == 0 ? 0x80 : 1;

        reply[i] ^= mask;
        assert_false(vn_read(reply, n, &probe, &out));
        reply[i] ^= mask;
    }
    for (size_t cut = 0; cut < n; cut++)
        assert_false(vn_read(reply, cut, &probe, &out));
    n = make_reply(&probe, probe.version, reply);
    assert_false(vn_read(reply, n, &probe, &out));
}

static void
versions_are_written_as_people_call_them(void **state)
{
    struct vn_reply reply = {{0x1a2a3a4a, 1, 0x6b3343cf, 0xff00001d, 0x12345678}, 5};
    TEXT(line, 80);

    (void)state;
    vn_add_versions(&line, &reply);
    assert_string_equal(line.bytes, "v1, v2, draft-29, 0x12345678");
}

/* --- Prometheus --- */

struct seen {
    struct prometheus_sample last;
    char label[PROMETHEUS_WORD_BYTES];
    bool has_label;
};

static void
look(void *context, const struct prometheus_sample *sample)
{
    struct seen *seen = context;

    seen->last = *sample;
    seen->has_label = prometheus_label(sample, "b", seen->label);
}

static void
samples_are_read_and_the_rest_is_passed_over(void **state)
{
    static const struct {
        const char *line, *name, *label; /* label: NULL for none */
        size_t n;
        double value;
    } cases[] = {
        {"up 1", "up", NULL, 1, 1},
        {"up 1 1395066363000\r\n", "up", NULL, 1, 1},
        {"  a:b_c{b=\"x\"} -2.5e3\n", "a:b_c", "x", 1, -2500},
        {"a{c=\"1\", b=\"q\\\"u\\\\o\\nte\",} 3\n", "a", "q\"u\\o\nte", 1, 3},
        {"a{b=\"}\"} 4\n", "a", "}", 1, 4},
        {"a{} +Inf", "a", NULL, 1, INFINITY},
        {"# HELP a b\n\n\nx\n{} 1\na{b=1} 1\na{b=\"1} 1\na 1,5\na one\n9", "", NULL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct seen seen = {.label = ""};

        assert_int_equal(prometheus_read(cases[i].line, strlen(cases[i].line), look, &seen),
                         cases[i].n);
        if (cases[i].n == 0)
            continue;
        assert_string_equal(seen.last.name, cases[i].name);
        assert_true(seen.last.value >= cases[i].value && seen.last.value <= cases[i].value);
        assert_int_equal(seen.has_label, cases[i].label != NULL);
        assert_string_equal(seen.label, cases[i].label ? cases[i].label : "");
    }
}

/* --- cloudflared --- */

static const char metrics_text[] =
    "build_info{goversion=\"go1.26\",version=\"2026.8.2\"} 1\n"
    "cloudflared_tunnel_ha_connections 4\n"
    "cloudflared_tunnel_total_requests 1.2345e+06\n"
    "cloudflared_tunnel_request_errors 3\n"
    "cloudflared_tunnel_server_locations{connection_id=\"1\",edge_location=\"bom09\"} 1\n"
    "cloudflared_tunnel_server_locations{connection_id=\"1\",edge_location=\"fra03\"} 0\n"
    "cloudflared_tunnel_server_locations{connection_id=\"99\",edge_location=\"xxx\"} 1\n"
    "cloudflared_tunnel_tunnel_register_fail{error=\"server_error\"} 2\n"
    "cloudflared_tunnel_tunnel_register_fail{error=\"dup_edge_conn\"} 1\n"
    "process_start_time_seconds 1.79543125532e+09\n"
    "quic_client_smoothed_rtt{conn_index=\"1\"} 12\n";

static void
metrics_keep_clear_of_their_traps(void **state)
{
    struct cloudflared_metrics m;

    (void)state;
    assert_true(cloudflared_read_metrics(metrics_text, strlen(metrics_text), &m, NULL));
    assert_string_equal(m.version, "2026.8.2");
    assert_int_equal(m.requests, 1234500);
    assert_int_equal(m.request_errors, 3);
    assert_int_equal(m.register_failures, 2); /* no dup_edge_conn: it goes to another server */
    assert_int_equal(m.register_successes, -1);
    assert_string_equal(m.connections[1].location, "bom09");
    assert_string_equal(m.connections[0].location, "");
    assert_int_equal(m.connections[1].smoothed_rtt_us, 12000);
    assert_int_equal(m.connections[0].smoothed_rtt_us, -1);
    assert_int_equal(m.started_ms, 1795431255320);
    assert_true(cloudflared_read_metrics("up 1", 4, &m, NULL));
    assert_int_equal(m.register_failures, 0); /* born with its first failure */
    assert_int_equal(m.requests, -1);
    assert_false(cloudflared_read_metrics("<html>", 6, &m, NULL));
}

static void
connections_omit_index_zero_and_http2(void **state)
{
    static const char body[] =
        "{\"tunnelID\":\"t\",\"connectorID\":\"c\",\"connections\":["
        "{\"isConnected\":true,\"protocol\":1,\"edgeAddress\":\"198.41.200.13\",\"index\":2},"
        "{\"isConnected\":true,\"edgeAddress\":\"198.41.192.7\"}]}";
    struct cloudflared_tunnel t;

    (void)state;
    assert_true(cloudflared_read_tunnel(body, strlen(body), &t, NULL));
    assert_int_equal(t.n_connections, 2);
    assert_int_equal(t.connections[0].index, 0);
    assert_false(t.connections[0].is_quic);
    assert_string_equal(t.connections[0].edge_address, "198.41.192.7");
    assert_int_equal(t.connections[1].index, 2);
    assert_true(t.connections[1].is_quic);
    assert_true(cloudflared_read_tunnel("{\"tunnelID\":\"t\"}", 16, &t, NULL));
    assert_int_equal(t.n_connections, 0);
    assert_false(cloudflared_read_tunnel("{}", 2, &t, NULL));
}

static void
only_a_body_with_a_connector_id_is_cloudflared(void **state)
{
    static const char good[] = "{\"status\":503,\"readyConnections\":0,\"connectorId\":\"x\"}";
    static const char *const bad[] = {"",
                                      "OK\n",
                                      "{\"status\":200}",
                                      "[]",
                                      "{\"connectorId\":7}",
                                      "{\"readyConnections\":\"4\",\"connectorId\":\"x\"}"};
    struct cloudflared_ready ready;
    struct err err;

    (void)state;
    assert_true(cloudflared_read_ready(good, strlen(good), &ready, NULL));
    assert_int_equal(ready.connections, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(cloudflared_read_ready(bad[i], strlen(bad[i]), &ready, &err));
        assert_true(*err.message);
    }
}

static void
foreign_strings_come_out_clean(void **state)
{
    static const char body[] = "{\"readyConnections\":1,\"connectorId\":\"a\\u001b[31m\\u202eb\"}";
    struct cloudflared_ready ready;

    (void)state;
    assert_true(cloudflared_read_ready(body, strlen(body), &ready, NULL));
    assert_string_equal(ready.connector_id, "a\xEF\xBF\xBD[31m\xEF\xBF\xBD"
                                            "b");
}

static void
the_last_ingress_rule_is_the_catch_all(void **state)
{
    static const char body[] = "{\"version\":3,\"config\":{\"ingress\":[{\"service\":\"http://a\"},"
                               "{\"service\":\"http://localhost:8080\"}]}}";
    struct cloudflared_config config;
    int64_t expected;

    (void)state;
    assert_true(cloudflared_read_config(body, strlen(body), &config, NULL));
    assert_string_equal(config.service, "http://localhost:8080");
    assert_int_equal(config.version, 3);
    assert_true(cloudflared_read_expected("{\"ha-connections\":\"2\"}", 22, &expected, NULL));
    assert_int_equal(expected, 2);
    assert_true(cloudflared_read_expected("{\"ha-connections\":\"0x\"}", 23, &expected, NULL));
    assert_int_equal(expected, -1);
}

/* --- addresses and the taxonomy --- */

static void
published_ranges_hold_what_is_published(void **state)
{
    static const struct {
        const char *host;
        enum range_of owner;
        bool is_inside;
    } cases[] = {
        {"198.41.192.7", RANGE_OF_EDGE, true},     {"198.41.223.255", RANGE_OF_EDGE, true},
        {"198.41.224.0", RANGE_OF_EDGE, false},    {"2606:4700:a8::10", RANGE_OF_EDGE, true},
        {"2606:4700:b0::1", RANGE_OF_EDGE, false}, {"64:ff9b::c629:c007", RANGE_OF_EDGE, false},
        {"162.159.234.3", RANGE_OF_EDGE, true},    {"160.79.105.1", RANGE_OF_API, true},
        {"160.79.106.1", RANGE_OF_API, false},     {"2607:6bc0::10", RANGE_OF_API, true},
        {"198.41.192.7", RANGE_OF_API, false},
    };
    struct address address;
    TEXT(text, ADDRESS_TEXT_BYTES);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(address_parse(cases[i].host, 7844, &address));
        assert_int_equal(address_is_published(&address, cases[i].owner), cases[i].is_inside);
    }
    assert_false(address_parse("region1.v2.argotunnel.com", 1, &address));
    assert_true(address_parse("[::1]", 7844, &address));
    address_add(&text, &address);
    assert_string_equal(text.bytes, "[::1]:7844");
}

static void
the_special_rule_wins_over_the_general(void **state)
{
    struct fault fault;

    (void)state;
    fault_set_errno(&fault, STAGE_tcp, ENETUNREACH, NULL);
    assert_int_equal(fault_judge(&fault, CHECK_EDGE_TCP_7844, WHEN_ALWAYS)->verdict, CHECK_fail);
    assert_int_equal(
        fault_judge(&fault, CHECK_EDGE_TCP_7844, WHEN_IS_IPV6 | WHEN_OTHER_FAMILY_PASSES)->verdict,
        CHECK_skip);
    fault_set(&fault, STAGE_quic, SIGNAL_timeout, 3000, "timeout");
    assert_non_null(strstr(
        fault_judge(&fault, CHECK_EDGE_UDP_7844, WHEN_PORT_FAILS | WHEN_API_PASSES)->next_step,
        "198.41.192.0/19"));
    fault_set(&fault, STAGE_tls, SIGNAL_origin_ca, 20, "x");
    assert_int_equal(fault_judge(&fault, CHECK_EDGE_TCP_7844, 0)->verdict, CHECK_warn);
    assert_int_equal(fault_judge(&fault, CHECK_API_443, 0)->verdict, CHECK_fail);
    fault_clear(&fault);
    assert_int_equal(fault_judge(&fault, CHECK_API_443, 0)->verdict, CHECK_pass);
}

/* A row that an earlier one always outruns would be a lie. */
static void
every_rule_can_be_reached(void **state)
{
    size_t n;
    const struct fault_rule *rules = fault_rules(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        bool is_reached = false;

        for (int kind = 0; kind <= CHECK_EDGE_UDP_7844; kind++)
            for (int stage = 0; stage < STAGE_COUNT; stage++) {
                struct fault fault = {.stage = (enum check_stage)stage,
                                      .signal = rules[i].signal,
                                      .code = rules[i].code == FAULT_ANY ? 4711 : rules[i].code};

                is_reached |=
                    fault_judge(&fault, (enum check_kind)kind, rules[i].when) == &rules[i];
            }
        if (!is_reached)
            print_message("rule %zu is never reached: %s\n", i, rules[i].cause);
        assert_true(is_reached);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vn_probe_has_the_layout_that_quiche_answers),
        cmocka_unit_test(only_the_answer_to_this_very_probe_counts),
        cmocka_unit_test(versions_are_written_as_people_call_them),
        cmocka_unit_test(samples_are_read_and_the_rest_is_passed_over),
        cmocka_unit_test(metrics_keep_clear_of_their_traps),
        cmocka_unit_test(connections_omit_index_zero_and_http2),
        cmocka_unit_test(only_a_body_with_a_connector_id_is_cloudflared),
        cmocka_unit_test(foreign_strings_come_out_clean),
        cmocka_unit_test(the_last_ingress_rule_is_the_catch_all),
        cmocka_unit_test(published_ranges_hold_what_is_published),
        cmocka_unit_test(the_special_rule_wins_over_the_general),
        cmocka_unit_test(every_rule_can_be_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
