/* Connectors that behave badly, and those that nobody configured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/measure.h"
#include "aid/peer.h"
#include "core/clock.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
#define READY OK_HEAD "{\"status\":200,\"readyConnections\":4,\"connectorId\":\"c-1\"}\n"

static struct probe_options
options_of(const struct probe_connector *connectors, size_t n)
{
    return (struct probe_options){.api_url = "http://127.0.0.1:9",
                                  .connectors = connectors,
                                  .n_connectors = n,
                                  .is_off = true,
                                  .interval_ms = 60000};
}

static void
measure_connectors(struct measure *m, const struct probe_options *options)
{
    measure_start(m, options);
    assert_true(measure_rounds(m, SOURCE_connectors, 1));
}

/* The first well-known port that is free here; NULL when none is. */
static struct peer *
on_a_well_known_port(const char *reply)
{
    for (uint16_t port = 20241; port <= 20245; port++) {
        struct peer *peer =
            peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = reply, .port = port});

        if (peer)
            return peer;
    }
    return NULL;
}

static void
a_connector_on_a_well_known_port_is_found(void **state)
{
    struct peer *peer = on_a_well_known_port(READY);
    struct probe_options options = options_of(NULL, 0);
    const struct connector *found;
    struct measure m;
    char name[32];

    (void)state;
    if (!peer)
        skip();
    options.discover_connectors = true;
    measure_connectors(&m, &options);
    snprintf(name, sizeof(name), "local:%u", (unsigned)peer_port(peer));
    found = measure_connector(&m, name);
    assert_non_null(found);
    assert_true(found->is_discovered);
    assert_int_equal(found->state, CONNECTOR_ready);
    assert_string_equal(found->connector_id, "c-1");
    assert_int_equal(found->requests, -1); /* it has no metrics to give */
    assert_non_null(strstr(found->error, "/"));
    assert_int_equal(m.snapshot.source[SOURCE_connectors].state, SOURCE_STATE_ok);
    measure_stop(&m);
    peer_stop(peer);
}

static void
a_configured_connector_is_not_shown_twice(void **state)
{
    struct peer *peer = on_a_well_known_port(READY);
    struct probe_connector mine = {"mine", "", NULL, {NULL, NULL}};
    struct probe_options options = options_of(&mine, 1);
    struct measure m;

    (void)state;
    if (!peer)
        skip();
    mine.url = peer_url(peer);
    options.discover_connectors = true;
    measure_connectors(&m, &options);
    assert_int_equal(m.snapshot.slot[SLOT_connectors].n, 1);
    assert_int_equal(measure_connector(&m, "mine")->state, CONNECTOR_ready);
    measure_stop(&m);
    peer_stop(peer);
}

static void
another_program_on_a_well_known_port_is_no_connector(void **state)
{
    struct peer *peer = on_a_well_known_port(OK_HEAD "{\"status\":\"fine\"}");
    struct probe_options options = options_of(NULL, 0);
    struct measure m;

    (void)state;
    if (!peer)
        skip();
    options.discover_connectors = true;
    measure_connectors(&m, &options);
    assert_int_equal(m.snapshot.slot[SLOT_connectors].n, 0);
    assert_int_equal(m.snapshot.source[SOURCE_connectors].state, SOURCE_STATE_disabled);
    assert_non_null(strstr(m.snapshot.source[SOURCE_connectors].error, "20241 to 20245"));
    measure_stop(&m);
    peer_stop(peer);
}

static void
without_any_the_source_is_disabled_and_says_why(void **state)
{
    struct probe_options options = options_of(NULL, 0);
    struct measure m;

    (void)state;
    measure_connectors(&m, &options);
    assert_int_equal(m.snapshot.source[SOURCE_connectors].state, SOURCE_STATE_disabled);
    assert_string_equal(m.snapshot.source[SOURCE_connectors].error, "no connector is configured");
    assert_int_equal(m.snapshot.source[SOURCE_checks].state, SOURCE_STATE_disabled);
    assert_int_equal(m.snapshot.source[SOURCE_checks].rounds, 1);
    measure_stop(&m);
}

static const struct bad_case {
    enum peer_manner manner;
    const char *reply, *error;
} bad[] = {
    {PEER_answers, "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n", "/ready: HTTP 404"},
    {PEER_answers, OK_HEAD "OK\n", "/ready: expected JSON"},
    {PEER_answers, OK_HEAD "{\"status\":200}", "not cloudflared"},
    {PEER_answers, OK_HEAD "\x1b]0;x\x07", "\xEF\xBF\xBD]0;x\xEF\xBF\xBD"},
    {PEER_hangs_up, "", "/ready: "},
    {PEER_is_silent, "", "/ready: no answer within 2000 ms"},
};

static void
whatever_it_answers_its_row_says_why_it_is_unreachable(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct peer *peer =
            peer_start(&(struct peer_plan){.manner = bad[i].manner, .reply = bad[i].reply});
        struct probe_connector mine = {"mine", peer_url(peer), "tnl_configured", {NULL, NULL}};
        struct probe_options options = options_of(&mine, 1);
        const struct connector *row;
        struct measure m;

        measure_connectors(&m, &options);
        row = measure_connector(&m, "mine");
        print_message("%s\n", row->error);
        assert_int_equal(row->state, CONNECTOR_unreachable);
        assert_non_null(strstr(row->error, bad[i].error));
        assert_int_equal(row->ready_connections, -1);
        assert_string_equal(row->tunnel_id, "tnl_configured");
        assert_int_equal(row->at_ms, 0);
        measure_stop(&m);
        peer_stop(peer);
    }
}

static bool
second_is_ready(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(snapshot, &n);

    (void)context;
    return n == 2 && rows[1].state == CONNECTOR_ready;
}

static void
a_silent_connector_does_not_hold_up_the_others(void **state)
{
    struct peer *silent = peer_start(&(struct peer_plan){.manner = PEER_is_silent});
    struct peer *good = peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = READY});
    struct probe_connector both[] = {{"silent", peer_url(silent), NULL, {NULL, NULL}},
                                     {"good", peer_url(good), NULL, {NULL, NULL}}};
    struct probe_options options = options_of(both, 2);
    int64_t started_ms = clock_mono_ms();
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_until(&m, second_is_ready, NULL));
    assert_true(clock_mono_ms() - started_ms < 1500);
    assert_int_equal(measure_connector(&m, "silent")->state, CONNECTOR_unknown);
    measure_stop(&m);
    peer_stop(silent);
    peer_stop(good);
}

/* One body that is JSON and has a metric as well, for every page. */
#define LIVE                                                                                       \
    OK_HEAD "{\"readyConnections\":2,\"connectorId\":\"c-1\",\"tunnelID\":\"tnl_1\","              \
            "\"connections\":[{\"edgeAddress\":\"198.41.192.7\"}],\"x\":\""                        \
            "\ncloudflared_tunnel_total_requests 7\n\"}\n"
#define NARROW OK_HEAD "{\"readyConnections\":1,\"connectorId\":\"c-1\"}\n"

static bool
has_connections(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *row = snapshot_connectors(snapshot, &n);

    return n == 1 && row->ready_connections == *(const int64_t *)context;
}

/* Each page is shown when it has come: the last one that fails is awaited. */
static bool
has_nothing_else(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *row = snapshot_connectors(snapshot, &n);

    return has_connections(snapshot, context) && row->requests == -1 && row->n_connections == 0;
}

static void
what_is_not_had_again_is_not_shown_as_live(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = LIVE});
    struct peer_plan next = {.manner = PEER_answers, .reply = NARROW, .port = peer_port(peer)};
    struct probe_connector mine = {"mine", peer_url(peer), NULL, {NULL, NULL}};
    struct probe_options options = options_of(&mine, 1);
    const struct connector *row;
    struct measure m;

    (void)state;
    options.interval_ms = 200;
    measure_start(&m, &options);
    assert_true(measure_until(&m, has_connections, &(int64_t){2}));
    row = measure_connector(&m, "mine");
    assert_int_equal(row->requests, 7);
    assert_int_equal(row->n_connections, 1);
    assert_string_equal(row->tunnel_id, "tnl_1");
    peer_stop(peer);
    peer = peer_start(&next); /* the same connector, whose other pages cannot be read any more */
    assert_non_null(peer);
    assert_true(measure_until(&m, has_nothing_else, &(int64_t){1}));
    row = measure_connector(&m, "mine");
    assert_string_equal(row->tunnel_id, "tnl_1");
    assert_non_null(strstr(row->error, "/"));
    measure_stop(&m);
    peer_stop(peer);
}

static void
a_url_that_is_none_is_a_mistake_in_the_configuration(void **state)
{
    struct probe_connector mine = {"mine", "ftp://example.test", NULL, {NULL, NULL}};
    struct probe_options options = options_of(&mine, 1);
    struct store *store = store_new();
    struct err err;

    (void)state;
    assert_null(probe_start(&options, store, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "connector mine"));
    assert_non_null(strstr(err.message, "ftp://example.test"));
    store_free(store);
}

/* Another address of this host; false when it has none. */
static bool
own_address(char *out, size_t size)
{
    struct ifaddrs *all = NULL;
    bool is_found = false;

    assert_int_equal(getifaddrs(&all), 0);
    for (struct ifaddrs *i = all; i && !is_found; i = i->ifa_next)
        if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) &&
            !(i->ifa_flags & IFF_LOOPBACK))
            is_found = getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), out, (socklen_t)size,
                                   NULL, 0, NI_NUMERICHOST) == 0;
    freeifaddrs(all);
    return is_found;
}

static void
a_metrics_port_that_others_reach_is_seen(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = READY});
    struct probe_connector mine = {"mine", peer_url(peer), NULL, {NULL, NULL}};
    struct probe_options options = options_of(&mine, 1);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(peer_port(peer))};
    char address[64], expected[80];
    struct measure m;
    int fd;

    (void)state;
    if (!own_address(address, sizeof(address)))
        skip();
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_connectors, 1)); /* it is a part of the first */
    assert_true(measure_connector(&m, "mine")->exposure.at_ms > 0);
    assert_string_equal(measure_connector(&m, "mine")->exposure.address, "");
    assert_true(measure_connector(&m, "mine")->exposure.tried > 0);
    measure_stop(&m);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 5), 0);
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_connectors, 1)); /* it is a part of the first */
    assert_true(measure_connector(&m, "mine")->exposure.at_ms > 0);
    snprintf(expected, sizeof(expected), "%s:%u", address, (unsigned)peer_port(peer));
    assert_string_equal(measure_connector(&m, "mine")->exposure.address, expected);
    measure_stop(&m);
    close(fd);
    peer_stop(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connector_on_a_well_known_port_is_found),
        cmocka_unit_test(a_configured_connector_is_not_shown_twice),
        cmocka_unit_test(another_program_on_a_well_known_port_is_no_connector),
        cmocka_unit_test(without_any_the_source_is_disabled_and_says_why),
        cmocka_unit_test(whatever_it_answers_its_row_says_why_it_is_unreachable),
        cmocka_unit_test(a_silent_connector_does_not_hold_up_the_others),
        cmocka_unit_test(what_is_not_had_again_is_not_shown_as_live),
        cmocka_unit_test(a_url_that_is_none_is_a_mistake_in_the_configuration),
        cmocka_unit_test(a_metrics_port_that_others_reach_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
