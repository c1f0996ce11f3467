/* Loss and jitter over UDP: what a burst says, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "aid/measure.h"
#include "aid/pretend.h"
#include "core/text.h"
#include "probe/meter.h"

static struct fault
judge(uint32_t lost, uint32_t late_lost, uint32_t single_lost)
{
    struct meter_result result = {.sent = METER_BURST,
                                  .lost = lost,
                                  .late_lost = late_lost,
                                  .single_sent = lost < METER_LOSSY ? 0 : METER_SINGLES,
                                  .single_lost = single_lost};
    struct fault fault = {0};

    meter_judge(&result, &fault);
    return fault;
}

static void
a_burst_that_loses_where_single_ones_pass_is_policed(void **state)
{
    struct fault fault = judge(12, 8, 0);
    const struct fault_rule *rule = fault_judge(&fault, CHECK_EDGE_UDP_7844, 0);

    (void)state;
    assert_int_equal(fault.signal, SIGNAL_policed);
    assert_string_equal(fault.text,
                        "12 of 20 datagrams 100 ms apart are lost, and 0 of 5 single ones");
    assert_int_equal(rule->verdict, CHECK_warn);
    assert_non_null(strstr(rule->next_step, "QoS rule"));
    assert_int_equal(judge(12, 8, 1).signal, SIGNAL_lossy);
    assert_int_equal(judge(6, 3, 0).signal, SIGNAL_lossy); /* a bucket is empty at the end */
    assert_int_equal(judge(METER_LOSSY - 1, 2, 0).signal, SIGNAL_none);
    assert_int_equal(judge(METER_BURST, 10, METER_SINGLES).signal, SIGNAL_none); /* it is silent */
}

/* --- on a pretend edge --- */

static struct probe_edge edge;

static void
start(struct measure *m, struct network *network, bool measures_loss)
{
    uint16_t port = (uint16_t)strtol(strchr(network_edge_udp(network), ':') + 1, NULL, 10);
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .edges = &edge,
                                    .n_edges = 1,
                                    .edge_ca_file = network_edge_ca_file(network),
                                    .measures_loss = measures_loss,
                                    .interval_ms = 60000};

    edge = (struct probe_edge){"region1", "127.0.0.1", port, port};
    measure_start(m, &options);
    assert_true(measure_rounds(m, SOURCE_checks, 1));
}

static const struct check *
udp(const struct measure *m)
{
    return measure_check(m, "edge region1", CHECK_EDGE_UDP_7844, 4);
}

static void
wish(struct measure *m, enum check_kind kind)
{
    const struct check *check = measure_check(m, "edge region1", kind, 4);
    struct wish wish = {.kind = WISH_check};
    struct text id = {.bytes = wish.id, .size = sizeof(wish.id)};

    check_id_add(&id, check->target, check->protocol, check->family);
    assert_true(store_wish(m->store, WISH_FOR_probe, &wish));
}

static bool
has_burst(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct check *checks = snapshot_checks(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        if (checks[i].burst.at_ms > 0)
            return true;
    return false;
}

static void
a_wish_measures_one_path(void **state)
{
    struct measure m;
    const struct check *check;

    start(&m, *state, false);
    assert_int_equal(udp(&m)->burst.at_ms, 0);
    assert_int_equal(udp(&m)->burst.loss.n, 0);
    wish(&m, CHECK_EDGE_UDP_7844);
    assert_true(measure_until(&m, has_burst, NULL));
    check = udp(&m);
    assert_int_equal(check->verdict, CHECK_pass);
    assert_int_equal(check->burst.sent, METER_BURST);
    assert_int_equal(check->burst.lost, 0);
    assert_int_equal(check->burst.single_sent, 0);
    assert_true(check->burst.best_us > 0 && check->burst.best_us <= check->burst.rtt_us);
    assert_true(check->burst.rtt_us <= check->burst.worst_us);
    assert_true(check->burst.jitter_us >= 0);
    assert_int_equal(check->burst.loss.n, 1);
    assert_int_equal(series_at(&check->burst.loss, 0), 0);
    assert_int_equal(series_at(&check->burst.jitter, 0), check->burst.jitter_us);
    assert_int_equal(check_loss(check), 0);
    assert_int_equal(check_jitter_us(check), check->burst.jitter_us);
    measure_stop(&m);
}

struct seen {
    enum check_kind kind;
    int64_t after_ms;
};

static bool
is_newer(const struct snapshot *snapshot, void *context)
{
    const struct seen *seen = context;
    size_t n;
    const struct check *checks = snapshot_checks(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (checks[i].kind == seen->kind && checks[i].at_ms > seen->after_ms)
            return true;
    return false;
}

static void
a_wish_measures_a_path_over_tcp_wholly(void **state)
{
    struct measure m;
    const struct check *check;
    struct seen seen = {.kind = CHECK_EDGE_TCP_7844};

    start(&m, *state, false);
    network_fault(*state, "tls-expired", true);
    seen.after_ms = measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4)->at_ms;
    wish(&m, CHECK_EDGE_TCP_7844);
    assert_true(measure_until(&m, is_newer, &seen));
    check = measure_check(&m, "edge region1", CHECK_EDGE_TCP_7844, 4);
    assert_int_equal(check->verdict, CHECK_fail);
    assert_non_null(strstr(check->error, "expired"));
    assert_int_equal(udp(&m)->verdict, CHECK_pass); /* nobody asked about that one */
    network_fault(*state, "tls-expired", false);
    measure_stop(&m);
}

static void
a_wish_while_everything_is_measured_waits_for_its_turn(void **state)
{
    struct wish all = {.kind = WISH_refresh};
    struct measure m;

    start(&m, *state, false);
    assert_true(store_wish(m.store, WISH_FOR_probe, &all));
    wish(&m, CHECK_EDGE_UDP_7844);
    assert_true(measure_until(&m, has_burst, NULL));
    assert_int_equal(udp(&m)->verdict, CHECK_pass);
    measure_stop(&m);
}

static void
a_lossy_path_is_a_warning_with_its_numbers(void **state)
{
    const struct check *check;
    struct measure m;

    network_fault(*state, "udp-lossy", true);
    start(&m, *state, true); /* the round itself waits for it */
    check = udp(&m);
    print_message("%s — %s\n", check->error, check->hint);
    assert_int_equal(check->verdict, CHECK_warn);
    assert_non_null(strstr(check->hint, "a lossy path"));
    assert_in_range(check->burst.lost, METER_LOSSY, METER_BURST - 1);
    assert_int_equal(check->burst.single_sent, METER_SINGLES);
    assert_in_range(check->burst.single_lost, 1, METER_SINGLES - 1);
    assert_int_equal(check_loss(check), check->burst.lost * 1000 / METER_BURST);
    network_fault(*state, "udp-lossy", false);
    measure_stop(&m);
}

/* One path in thirty rounds, which is five minutes as the console does it. */
static void
a_path_is_measured_in_the_background(void **state)
{
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .edges = &edge,
                                    .n_edges = 1,
                                    .edge_ca_file = network_edge_ca_file(*state),
                                    .interval_ms = 200};
    uint16_t port = (uint16_t)strtol(strchr(network_edge_udp(*state), ':') + 1, NULL, 10);
    struct measure m;

    edge = (struct probe_edge){"region1", "127.0.0.1", port, port};
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 3));
    assert_int_equal(udp(&m)->burst.at_ms, 0);
    assert_true(measure_until(&m, has_burst, NULL));
    assert_int_equal(udp(&m)->verdict, CHECK_pass);
    assert_int_equal(udp(&m)->burst.loss.n, 1);
    measure_stop(&m);
}

static void
a_peer_that_ignores_version_negotiation_has_no_loss(void **state)
{
    const struct check *check;
    struct measure m;

    network_fault(*state, "vn-silent", true);
    start(&m, *state, true);
    check = udp(&m);
    assert_int_equal(check->verdict, CHECK_pass);
    assert_int_equal(check->burst.at_ms, 0);
    assert_int_equal(check->burst.sent, 0);
    network_fault(*state, "vn-silent", false);
    measure_stop(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_that_loses_where_single_ones_pass_is_policed),
        cmocka_unit_test(a_wish_measures_one_path),
        cmocka_unit_test(a_wish_measures_a_path_over_tcp_wholly),
        cmocka_unit_test(a_wish_while_everything_is_measured_waits_for_its_turn),
        cmocka_unit_test(a_lossy_path_is_a_warning_with_its_numbers),
        cmocka_unit_test(a_path_is_measured_in_the_background),
        cmocka_unit_test(a_peer_that_ignores_version_negotiation_has_no_loss),
    };

    return cmocka_run_group_tests(tests, pretend_start, pretend_stop);
}
