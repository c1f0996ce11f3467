/* Names: what the resolver says, and what the checks make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "aid/dnsd.h"
#include "aid/measure.h"
#include "aid/peer.h"
#include "aid/pretend.h"
#include "core/clock.h"
#include "core/text.h"
#include "probe/dns.h"
#include "probe/libc.h"

static const struct dnsd_row table[] = {
    {"both.test", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"both.test", DNSD_A, DNSD_NOERROR, "127.0.0.2", 0},
    {"both.test", DNSD_AAAA, DNSD_NOERROR, "::1", 0},
    {"four.test", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"servfail.test", DNSD_A, DNSD_SERVFAIL, NULL, 0},
    {"servfail.test", DNSD_AAAA, DNSD_SERVFAIL, NULL, 0},
    {"refused.test", DNSD_A, DNSD_REFUSED, NULL, 0},
    {"silent.test", DNSD_A, DNSD_SILENT, NULL, 0},
    {"silent.test", DNSD_AAAA, DNSD_SILENT, NULL, 0},
    {"half.test", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"half.test", DNSD_AAAA, DNSD_SILENT, NULL, 0},
    {"long.test", DNSD_A, DNSD_TRUNCATED, "127.0.0.1", 0},
    {"long.test", DNSD_A, DNSD_TRUNCATED, "127.0.0.2", 0},
    {"_srv._tcp.test", DNSD_SRV, DNSD_NOERROR, "one.test", 7844},
    {"_srv._tcp.test", DNSD_SRV, DNSD_NOERROR, "two.test", 7845},
    {NULL, 0, 0, NULL, 0},
};

struct asked {
    struct dns_query query;
    bool is_done;
};

static void
done(void *context)
{
    struct asked *asked = context;

    asked->is_done = true;
}

/* One question on a loop of its own; family 0: SRV. */
static void
ask(struct asked *asked, const char *name, int family)
{
    struct dnsd *dnsd = dnsd_start(table);
    struct err err;
    struct loop *loop = loop_open(&err);
    struct dns *dns = dns_open(loop, dnsd_address(dnsd), &err);

    assert_non_null(dns);
    memset(asked, 0, sizeof(*asked));
    asked->query.done = done;
    asked->query.context = asked;
    if (family == 0)
        dns_discover(dns, &asked->query, name);
    else
        dns_lookup(dns, &asked->query, name, family);
    assert_false(asked->is_done);
    while (!asked->is_done)
        loop_turn(loop);
    dns_close(dns);
    loop_close(loop);
    dnsd_stop(dnsd);
}

static void
addresses_come_by_family(void **state)
{
    struct asked asked;
    TEXT(text, 64);

    (void)state;
    ask(&asked, "both.test", 4);
    assert_int_equal(asked.query.fault.signal, SIGNAL_none);
    assert_int_equal(asked.query.n_addresses, 2);
    address_add_host(&text, &asked.query.addresses[0]);
    assert_string_equal(text.bytes, "127.0.0.1");
    assert_true(asked.query.us > 0);
    ask(&asked, "both.test", 6);
    assert_int_equal(asked.query.n_addresses, 1);
    assert_int_equal(address_family(&asked.query.addresses[0]), 6);
}

static void
services_come_by_priority(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, "_srv._tcp.test", 0);
    assert_int_equal(asked.query.n_services, 2);
    assert_string_equal(asked.query.services[0].host, "one.test");
    assert_int_equal(asked.query.services[1].port, 7845);
    ask(&asked, "_no._tcp.test", 0);
    assert_int_equal(asked.query.fault.signal, SIGNAL_nxdomain);
}

static void
every_refusal_of_the_resolver_has_its_own_signal(void **state)
{
    static const struct {
        const char *name;
        int family;
        enum signal signal;
        const char *text;
    } cases[] = {
        {"nowhere.test", 4, SIGNAL_nxdomain, "NXDOMAIN"},
        {"four.test", 6, SIGNAL_nodata, "no record"},
        {"servfail.test", 4, SIGNAL_servfail, "SERVFAIL"},
        {"refused.test", 4, SIGNAL_dns, "REFUSED"},
    };
    struct asked asked;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ask(&asked, cases[i].name, cases[i].family);
        print_message("%s: %s\n", cases[i].name, asked.query.fault.text);
        assert_int_equal(asked.query.fault.signal, cases[i].signal);
        assert_non_null(strstr(asked.query.fault.text, cases[i].text));
        assert_int_equal(asked.query.n_addresses, 0);
    }
}

static void
a_silent_resolver_costs_two_seconds_and_no_more(void **state)
{
    int64_t started_ms = clock_mono_ms();
    struct asked asked;

    (void)state;
    ask(&asked, "silent.test", 4);
    assert_int_equal(asked.query.fault.signal, SIGNAL_timeout);
    assert_in_range(clock_mono_ms() - started_ms, 1500, 2400);
}

static void
a_truncated_answer_is_asked_for_again_over_tcp(void **state)
{
    struct dnsd *dnsd = dnsd_start(table);
    struct asked asked = {.query = {.done = done, .context = &asked}};
    struct err err;
    struct loop *loop = loop_open(&err);
    struct dns *dns = dns_open(loop, dnsd_address(dnsd), &err);

    (void)state;
    dns_lookup(dns, &asked.query, "long.test", 4);
    while (!asked.is_done)
        loop_turn(loop);
    assert_int_equal(asked.query.fault.signal, SIGNAL_none);
    assert_int_equal(asked.query.n_addresses, 2);
    assert_int_equal(dnsd_over_tcp(dnsd), 1);
    dns_close(dns);
    loop_close(loop);
    dnsd_stop(dnsd);
}

/* A question made here, with an answer to it: two addresses of four.test. */
static size_t
make_answer(const uint8_t *question, size_t n, uint8_t *out)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0};

    memcpy(out, question, n);
    out[2] |= 0x80;
    out[7] = 2;
    for (uint8_t i = 1; i <= 2; i++) {
        memcpy(out + n, record, sizeof(record));
        out[n + sizeof(record)] = i;
        n += sizeof(record) + 1;
    }
    return n;
}

static void
an_answer_that_somebody_else_carried_is_read(void **state)
{
    uint8_t question[512], answer[DNS_MESSAGE_BYTES];
    size_t n = dns_make_question("four.test", 4, question, sizeof(question));
    size_t n_answer = make_answer(question, n, answer);
    struct dns_query query;
    TEXT(text, 64);

    (void)state;
    assert_int_equal(n, 12 + 11 + 4);
    assert_true(dns_read_answer(question, answer, n_answer, 4, &query));
    assert_int_equal(query.fault.signal, SIGNAL_none);
    assert_int_equal(query.n_addresses, 2);
    address_add_host(&text, &query.addresses[1]);
    assert_string_equal(text.bytes, "127.0.0.2");
    assert_true(dns_read_answer(question, answer, n_answer, 6, &query));
    assert_int_equal(query.n_addresses, 0);
    for (size_t cut = 0; cut < n_answer; cut++) /* of whatever comes, nothing is believed twice */
        if (dns_read_answer(question, answer, cut, 4, &query))
            assert_true(query.n_addresses > 0 || query.fault.signal != SIGNAL_none);
    answer[3] = 3;
    assert_true(dns_read_answer(question, answer, n_answer, 4, &query));
    assert_int_equal(query.fault.signal, SIGNAL_nxdomain);
    answer[3] = 2;
    assert_true(dns_read_answer(question, answer, n_answer, 4, &query));
    assert_int_equal(query.fault.signal, SIGNAL_servfail);
    answer[0] ^= 1; /* to another question */
    assert_false(dns_read_answer(question, answer, n_answer, 4, &query));
    assert_int_equal(dns_make_question("a..b", 4, question, sizeof(question)), 0);
}

static void
libc_is_asked_without_waiting_for_it(void **state)
{
    struct err err;
    struct loop *loop = loop_open(&err);
    struct asked asked = {0};
    struct libc_query query = {.done = done, .context = &asked};

    (void)state;
    libc_ask(loop, &query, "localhost");
    while (!asked.is_done)
        loop_turn(loop);
    assert_int_equal(query.fault.signal, SIGNAL_none);
    assert_true(query.n_addresses >= 1 && query.us > 0);
    assert_false(libc_is_waiting(&query));
    asked.is_done = false;
    libc_ask(loop, &query, "localhost"); /* whose thread outlives the question */
    libc_cancel(&query);
    assert_false(libc_is_waiting(&query));
    libc_ask(loop, &query, "a..b"); /* no name: nobody is asked */
    while (!asked.is_done)
        loop_turn(loop);
    assert_int_not_equal(query.fault.signal, SIGNAL_none);
    assert_non_null(strstr(query.fault.text, "getaddrinfo: "));
    loop_close(loop);
}

static void
a_cancelled_question_is_never_answered(void **state)
{
    struct dnsd *dnsd = dnsd_start(table);
    struct asked asked = {.query = {.done = done, .context = &asked}};
    struct asked other = {.query = {.done = done, .context = &other}};
    struct err err;
    struct loop *loop = loop_open(&err);
    struct dns *dns = dns_open(loop, dnsd_address(dnsd), &err);

    (void)state;
    dns_lookup(dns, &asked.query, "both.test", 4);
    dns_lookup(dns, &other.query, "both.test", 4);
    dns_cancel(&asked.query);
    while (!other.is_done)
        loop_turn(loop);
    assert_false(asked.is_done);
    dns_lookup(dns, &asked.query, "silent.test", 4); /* closing cancels as well */
    dns_close(dns);
    assert_false(dns_is_waiting(&asked.query));
    loop_close(loop);
    dnsd_stop(dnsd);
}

static void
names_of_the_hosts_file_are_known(void **state)
{
    struct asked asked;

    (void)state;
    ask(&asked, "localhost", 4);
    assert_int_equal(asked.query.fault.signal, SIGNAL_none);
    assert_true(asked.query.n_addresses >= 1);
}

/* --- what the checks make of it --- */

static const struct check *
measure_udp(struct measure *m, const struct dnsd *dnsd, const char *host, uint16_t port, int family)
{
    struct probe_edge edge = {"region1", host, 0, port};
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .edges = &edge,
                                    .n_edges = 1,
                                    .dns_servers = dnsd_address(dnsd),
                                    .interval_ms = 60000};

    measure_start(m, &options);
    assert_true(measure_rounds(m, SOURCE_checks, 1));
    return measure_check(m, "edge region1", CHECK_EDGE_UDP_7844, family);
}

static void
a_family_without_an_address_is_skipped_and_says_so(void **state)
{
    struct dnsd *dnsd = dnsd_start(table);
    struct measure m;
    const struct check *check =
        measure_udp(&m, dnsd, "four.test", measure_free_port(SOCK_DGRAM), 6);

    (void)state;
    assert_int_equal(check->verdict, CHECK_skip);
    assert_non_null(strstr(check->note, "no address of this family"));
    assert_string_equal(check->error, "");
    assert_string_equal(check->address, "");
    assert_int_equal(check->failing_since_ms, 0);
    assert_true(measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4)->stage_us[STAGE_dns] > 0);
    measure_stop(&m);
    dnsd_stop(dnsd);
}

static void
a_name_that_does_not_resolve_fails_at_the_first_stage(void **state)
{
    static const struct {
        const char *host, *error, *hint;
        enum check_verdict verdict;
        int family;
    } cases[] = {
        {"nowhere.test", "NXDOMAIN", "another resolver", CHECK_fail, 4},
        {"servfail.test", "SERVFAIL", "forwarder", CHECK_fail, 6},
        {"silent.test", "no answer", "port 53", CHECK_fail, 4},
        {"half.test", "no answer", "one family only", CHECK_warn, 6},
    };
    struct dnsd *dnsd = dnsd_start(table);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct measure m;
        const struct check *check =
            measure_udp(&m, dnsd, cases[i].host, measure_free_port(SOCK_DGRAM), cases[i].family);

        print_message("%s: %s — %s\n", cases[i].host, check->error, check->hint);
        assert_int_equal(check->verdict, cases[i].verdict);
        assert_int_equal(check->failed_stage, STAGE_dns);
        assert_non_null(strstr(check->error, cases[i].error));
        assert_non_null(strstr(check->hint, cases[i].hint));
        assert_int_equal(check->stage_us[STAGE_dns], -1);
        measure_stop(&m);
    }
    dnsd_stop(dnsd);
}

/* Two addresses, one of which answers (127.0.0.2 is loopback too, and nobody listens there). */
static void
one_bad_address_among_good_ones_is_a_warning_that_names_it(void **state)
{
    struct dnsd *dnsd = dnsd_start(table);
    void *network = NULL;
    struct probe_edge edge = {"region1", "both.test", 0, 0};
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .edges = &edge,
                                    .n_edges = 1,
                                    .dns_servers = dnsd_address(dnsd),
                                    .interval_ms = 60000};
    const struct check *check;
    struct measure m;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    edge.udp_port = (uint16_t)strtol(strchr(network_edge_udp(network), ':') + 1, NULL, 10);
    options.edge_ca_file = network_edge_ca_file(network);
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    check = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    print_message("%s — %s\n", check->error, check->hint);
    assert_int_equal(check->verdict, CHECK_warn);
    assert_non_null(strstr(check->error, "1 of 2 addresses fail, among them 127.0.0.2: ICMP 3/3"));
    assert_non_null(strstr(check->hint, "published ranges"));
    assert_non_null(strstr(check->note, "failing: 127.0.0.2"));
    measure_stop(&m);
    pretend_stop(&network);
    dnsd_stop(dnsd);
}

static const struct dnsd_row edge_table[] = {
    {"_v2-origintunneld._tcp.argotunnel.com", DNSD_SRV, DNSD_NOERROR, "moved1.test", 1},
    {"_v2-origintunneld._tcp.argotunnel.com", DNSD_SRV, DNSD_NOERROR, "moved2.test", 1},
    {"moved1.test", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"moved2.test", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"us-region1.v2.argotunnel.com", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {"us-region2.v2.argotunnel.com", DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {NULL, 0, 0, NULL, 0},
};

static void
the_srv_record_says_where_the_edge_is(void **state)
{
    struct dnsd *dnsd = dnsd_start(edge_table);
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .dns_servers = dnsd_address(dnsd), .interval_ms = 60000};
    const struct check *check;
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    check = measure_check(&m, "edge region2", CHECK_EDGE_TCP_7844, 4);
    assert_string_equal(check->host, "moved2.test");
    assert_string_equal(check->protocol, "tcp/1");
    assert_string_equal(check->address, "127.0.0.1:1");
    measure_stop(&m);
    dnsd_stop(dnsd);
}

static void
without_the_srv_record_the_well_known_names_are_used(void **state)
{
    struct dnsd *dnsd = dnsd_start(edge_table);
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .region = "us",
                                    .dns_servers = dnsd_address(dnsd),
                                    .interval_ms = 60000};
    const struct check *check;
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    check = measure_check(&m, "edge us-region1", CHECK_EDGE_UDP_7844, 4);
    assert_string_equal(check->host, "us-region1.v2.argotunnel.com");
    assert_string_equal(check->protocol, "udp/7844");
    measure_stop(&m);
    dnsd_stop(dnsd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_by_family),
        cmocka_unit_test(services_come_by_priority),
        cmocka_unit_test(every_refusal_of_the_resolver_has_its_own_signal),
        cmocka_unit_test(a_silent_resolver_costs_two_seconds_and_no_more),
        cmocka_unit_test(a_truncated_answer_is_asked_for_again_over_tcp),
        cmocka_unit_test(an_answer_that_somebody_else_carried_is_read),
        cmocka_unit_test(libc_is_asked_without_waiting_for_it),
        cmocka_unit_test(a_cancelled_question_is_never_answered),
        cmocka_unit_test(names_of_the_hosts_file_are_known),
        cmocka_unit_test(a_family_without_an_address_is_skipped_and_says_so),
        cmocka_unit_test(a_name_that_does_not_resolve_fails_at_the_first_stage),
        cmocka_unit_test(one_bad_address_among_good_ones_is_a_warning_that_names_it),
        cmocka_unit_test(the_srv_record_says_where_the_edge_is),
        cmocka_unit_test(without_the_srv_record_the_well_known_names_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
