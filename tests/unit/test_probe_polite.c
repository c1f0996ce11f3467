/* Politeness and doubt: an address is asked for one handshake in five minutes, and what is no
 * longer answered is not called a failure before more than one thing says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/apart.h"
#include "aid/measure.h"
#include "aid/pretend.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "probe/doubt.h"
#include "probe/quic.h"
#include "probe/tls.h"
#include "probe/view.h"

enum { ADDRESSES = 3, PORT_TRIES = 32 };

/* An address that negotiates versions while it is told to, and counts what else comes. */
struct host {
    int fd;
    struct watch watch;
    bool answers;
    unsigned n_initials;
};

struct scene {
    struct tools tools;
    struct host hosts[ADDRESSES];
    struct address addresses[ADDRESSES];
    uint16_t port;
    struct row row;
    bool is_over;
};

static struct scene scene;

static void
answer(struct host *host, uint8_t *datagram, const struct sockaddr_in *to)
{
    uint8_t out[43] = {0x80, 0, 0, 0, 0, 16};

    memcpy(out + 6, datagram + 23, 16);
    out[22] = 16;
    memcpy(out + 23, datagram + 6, 16);
    out[42] = 1; /* v1 is all that it knows */
    sendto(host->fd, out, sizeof(out), 0, (const struct sockaddr *)to, sizeof(*to));
}

static void
serve(void *context, unsigned events)
{
    static const uint8_t v1[4] = {0, 0, 0, 1};
    struct host *host = context;
    struct sockaddr_in from;
    socklen_t n_from = sizeof(from);
    uint8_t datagram[2048];
    ssize_t n =
        recvfrom(host->fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &n_from);

    (void)events;
    if (n < 1200)
        return;
    if (memcmp(datagram + 1, v1, sizeof(v1)) == 0)
        host->n_initials++;
    else if (host->answers)
        answer(host, datagram, &from);
}

static void
changed(void *context, bool is_done)
{
    ((struct scene *)context)->is_over |= is_done;
}

/* 127.0.0.1, .2 and .3 with one port; false when it is taken at one of them. */
static bool
bind_all(void)
{
    scene.port = measure_free_port(SOCK_DGRAM);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct sockaddr_in here = {.sin_family = AF_INET,
                                   .sin_port = htons(scene.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + i)};

        if (bind(scene.hosts[i].fd, (struct sockaddr *)&here, sizeof(here)) != 0)
            return false;
        assert_true(address_set((struct sockaddr *)&here, sizeof(here), &scene.addresses[i]));
    }
    return true;
}

static void
open_hosts(void)
{
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        for (size_t i = 0; i < ADDRESSES; i++)
            scene.hosts[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (bind_all())
            return;
        for (size_t i = 0; i < ADDRESSES; i++)
            close(scene.hosts[i].fd);
    }
    fail_msg("no port is free at all three addresses");
}

static int
begin(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.tools.loop = loop_open(NULL);
    open_hosts();
    for (size_t i = 0; i < ADDRESSES; i++) {
        struct host *host = &scene.hosts[i];

        host->answers = true;
        host->watch = (struct watch){.ready = serve, .context = host};
        loop_watch(scene.tools.loop, &host->watch, host->fd, LOOP_READ);
    }
    scene.row = (struct row){.tools = &scene.tools,
                             .target = "edge",
                             .kind = CHECK_EDGE_UDP_7844,
                             .family = 4,
                             .tls_name = "quic.test",
                             .handshakes.every_ms = HANDSHAKE_EVERY_MS,
                             .changed = changed,
                             .context = &scene};
    return 0;
}

static int
end(void **state)
{
    (void)state;
    row_cancel(&scene.row);
    for (size_t i = 0; i < ADDRESSES; i++) {
        loop_unwatch(scene.tools.loop, &scene.hosts[i].watch);
        close(scene.hosts[i].fd);
    }
    loop_close(scene.tools.loop);
    return 0;
}

/* The first n addresses of the name were asked wholly just now, and passed. */
static void
have_passed(size_t n)
{
    row_resolved(&scene.row, scene.addresses, n, scene.port);
    for (size_t i = 0; i < n; i++) {
        struct place *place = &scene.row.places[i];

        place->is_known = true;
        place->last.at_ms = clock_wall_ms();
        handshakes_add(&scene.row.handshakes, &place->attempt.address, clock_mono_ms());
    }
    scene.row.at_ms = clock_wall_ms();
}

static void
look(enum row_look what)
{
    scene.is_over = false;
    assert_true(row_look(&scene.row, what));
    while (!scene.is_over) /* it has deadlines of its own */
        loop_turn(scene.tools.loop);
}

static void
be_silent(bool is_silent, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        scene.hosts[i].answers = !is_silent;
}

static size_t
failing(void)
{
    size_t n_known;

    return row_failing(&scene.row, &n_known);
}

static unsigned
initials(void)
{
    unsigned n = 0;

    for (size_t i = 0; i < ADDRESSES; i++)
        n += scene.hosts[i].n_initials;
    return n;
}

static void
silence_is_a_doubt_until_its_handshake_is_due(void **state)
{
    struct fault fault;
    const struct fault_rule *rule;

    (void)state;
    have_passed(ADDRESSES);
    be_silent(true, 1, 1);
    look(LOOK_light); /* the second address is the next */
    assert_int_equal(scene.row.places[1].n_silent, 1);
    assert_null(doubt_judge(&scene.row, &fault)); /* four datagrams may get lost */
    look(LOOK_light);
    assert_ptr_equal(doubt_judge(&scene.row, &fault), &scene.row.places[1]);
    print_message("%s\n", fault.text);
    assert_int_equal(fault.signal, SIGNAL_unsure);
    assert_non_null(strstr(fault.text, "from 1 of 3 addresses"));
    assert_non_null(strstr(fault.text, "a handshake is due in 29"));
    rule = fault_judge(&fault, CHECK_EDGE_UDP_7844, WHEN_ALWAYS);
    assert_int_equal(rule->verdict, CHECK_warn);
    look(LOOK_light); /* the others answer, so that it may be no more than a filter */
    assert_int_equal(failing(), 0);
    assert_int_equal(initials(), 0);

    scene.row.handshakes.every_ms = 1; /* the time is over */
    look(LOOK_light);
    assert_true(place_is_failing(&scene.row.places[1]));
    assert_true(scene.hosts[1].n_initials > 0);
}

static void
an_answer_ends_the_doubt(void **state)
{
    struct fault fault;

    (void)state;
    have_passed(1);
    be_silent(true, 0, 1);
    look(LOOK_light);
    assert_non_null(doubt_judge(&scene.row, &fault)); /* it is all there is */
    assert_non_null(strstr(fault.text, "from 1 of 1 address,"));
    be_silent(false, 0, 1);
    look(LOOK_light);
    assert_null(doubt_judge(&scene.row, &fault));
    assert_int_equal(failing(), 0);
    assert_int_equal(initials(), 0);
}

static void
silence_at_all_addresses_is_a_doubt_as_well(void **state)
{
    const struct fault *fault = &scene.row.places[0].last.fault;
    struct fault doubt;

    (void)state;
    have_passed(ADDRESSES); /* so that no handshake may be made */
    be_silent(true, 0, ADDRESSES);
    for (int i = 0; i < 5; i++) {
        look(LOOK_light);
        assert_int_equal(failing(), 0);
        assert_non_null(doubt_judge(&scene.row, &doubt));
        assert_non_null(strstr(doubt.text, "from 3 of 3 addresses, which answered until"));
    }
    assert_int_equal(initials(), 0);
    scene.row.handshakes.every_ms = 1; /* the time is over */
    look(LOOK_light);
    assert_int_equal(failing(), ADDRESSES);
    assert_null(doubt_judge(&scene.row, &doubt));
    assert_int_equal(fault->signal, SIGNAL_timeout); /* which has its row in the taxonomy */

    scene.row.handshakes.every_ms = HANDSHAKE_EVERY_MS;
    be_silent(false, 0, ADDRESSES);
    look(LOOK_light);
    assert_int_equal(failing(), 0); /* one is back, and the others were asked at once */
}

static void
from_the_first_sweep_on_a_reserve_confirms_a_doubt_at_once(void **state)
{
    (void)state;
    row_resolved(&scene.row, scene.addresses, ADDRESSES, scene.port);
    look(LOOK_sweep); /* but one is left out; the others get no answer to a handshake */
    assert_int_equal(scene.hosts[1].n_initials, 0);
    assert_true(scene.hosts[0].n_initials > 0 && scene.hosts[2].n_initials > 0);
    assert_true(scene.row.places[1].is_known && !place_is_failing(&scene.row.places[1]));
    look(LOOK_light);
    assert_int_equal(scene.hosts[1].n_initials, 0); /* nor is it asked for one without need */

    for (size_t i = 0; i < ADDRESSES; i++)
        fault_clear(&scene.row.places[i].last.fault); /* as if they had passed */
    scene.hosts[0].n_initials = scene.hosts[2].n_initials = 0;
    be_silent(true, 0, ADDRESSES);
    look(LOOK_light);
    assert_int_equal(failing(), ADDRESSES);
    assert_true(scene.hosts[1].n_initials > 0);
    assert_int_equal(scene.hosts[0].n_initials + scene.hosts[2].n_initials, 0);
    print_message("%s\n", scene.row.places[0].last.fault.text);
    assert_non_null(strstr(scene.row.places[0].last.fault.text, "to a handshake, either"));
}

static void
who_answered_is_told_also_after_a_look_at_the_reserve(void **state)
{
    struct target targets[] = {{.name = "api", .is_api = true}, {.name = "edge", .udp_port = 1}};
    struct view_facts facts = {0};
    struct arena *arena = arena_new();
    struct attempt_result *shaken = &scene.row.places[0].last;
    struct check *check;
    size_t n;

    (void)state;
    targets[1].rows[0] = &scene.row;
    targets[1].n_rows = 1;
    have_passed(ADDRESSES);
    for (size_t i = 0; i < ADDRESSES; i++)
        scene.row.places[i].last.stage_us[STAGE_quic] = -1;
    shaken->stage_us[STAGE_quic] = 12000;
    snprintf(shaken->note, sizeof(shaken->note), "CN quic.test");
    scene.row.latest = 1;
    check = view_checks(targets, COUNT_OF(targets), &facts, arena, &n);
    assert_int_equal(n, 1);
    assert_int_equal(check->verdict, CHECK_pass);
    assert_string_equal(check->note, "CN quic.test");
    assert_int_equal(check->stage_us[STAGE_quic], 12000);
    arena_free(arena);
}

static void
where_nothing_answers_from_the_start_the_reserve_fails_by_what_the_others_say(void **state)
{
    const struct fault *fault = &scene.row.places[1].last.fault;

    (void)state;
    row_resolved(&scene.row, scene.addresses, ADDRESSES, scene.port);
    be_silent(true, 0, ADDRESSES);
    look(LOOK_sweep);
    assert_int_equal(failing(), ADDRESSES);
    assert_int_equal(scene.hosts[1].n_initials, 0); /* it costs no second deadline */
    print_message("%s\n", fault->text);
    assert_int_equal(fault->signal, SIGNAL_timeout);
    assert_non_null(strstr(fault->text, "negotiation; another address gives none to a handshake"));
}

static void
where_tcp_fails_as_well_one_look_is_enough(void **state)
{
    static struct row tcp;
    struct fault *fault = &tcp.places[0].last.fault;

    (void)state;
    tcp = (struct row){.kind = CHECK_EDGE_TCP_7844, .n_places = 1};
    tcp.places[0].is_known = true;
    scene.row.neighbour = &tcp;
    have_passed(ADDRESSES);
    be_silent(true, 0, ADDRESSES);
    fault_set(fault, STAGE_tls, SIGNAL_timeout, TLS_DEADLINE_MS, "it connects, and says nothing");
    look(LOOK_light);
    assert_int_equal(failing(), 0);
    fault_set(fault, STAGE_tcp, SIGNAL_timeout, TCP_DEADLINE_MS, "no answer to SYN");
    look(LOOK_light);
    assert_int_equal(failing(), ADDRESSES);
    assert_non_null(strstr(scene.row.places[0].last.fault.text, "; TCP fails there, too"));
    assert_int_equal(initials(), 0);
}

static void
no_address_is_asked_for_two_handshakes_where_there_are_several(void **state)
{
    const struct place *places = scene.row.places;

    (void)state;
    scene.row.other_name = "other.test";
    row_resolved(&scene.row, scene.addresses, ADDRESSES, scene.port);
    assert_true(row_look(&scene.row, LOOK_wished));
    assert_true(places[0].attempt.tries_sizes && !places[0].attempt.tries_large);
    assert_true(places[1].attempt.is_large && !places[1].attempt.tries_large);
    assert_false(places[2].attempt.is_large || places[2].attempt.tries_large);
    row_cancel(&scene.row);
    row_resolved(&scene.row, scene.addresses, 1, scene.port);
    assert_true(row_look(&scene.row, LOOK_wished));
    assert_true(places[0].attempt.tries_sizes && places[0].attempt.tries_large);
    row_cancel(&scene.row);
}

static void
a_single_address_takes_turns_of_small_and_large(void **state)
{
    const struct attempt *attempt = &scene.row.places[0].attempt;

    (void)state;
    scene.row.other_name = "other.test";
    for (unsigned i = 0; i < 4; i++) {
        scene.row.handshakes.n = 0; /* five minutes later */
        row_resolved(&scene.row, scene.addresses, 1, scene.port);
        assert_true(row_look(&scene.row, LOOK_sweep));
        assert_true(attempt->tries_sizes && !attempt->tries_large);
        assert_int_equal(attempt->is_large, i % 2);
        row_cancel(&scene.row);
    }
}

static void
an_address_that_leaves_the_name_and_returns_is_not_asked_again(void **state)
{
    (void)state;
    have_passed(ADDRESSES);
    row_resolved(&scene.row, scene.addresses, 1, scene.port);
    row_resolved(&scene.row, scene.addresses, ADDRESSES, scene.port);
    assert_false(scene.row.places[2].is_known);
    look(LOOK_light);
    assert_true(scene.row.places[2].is_known);
    assert_int_equal(failing(), 0);
    assert_int_equal(initials(), 0);
    look(LOOK_wished); /* by the operator: that is another matter */
    assert_true(scene.hosts[0].n_initials > 0 && scene.hosts[2].n_initials > 0);
}

/* --- with a peer that can shake hands --- */

static uint16_t
port_of(void *network)
{
    return (uint16_t)strtol(strchr(network_edge_udp(network), ':') + 1, NULL, 10);
}

static unsigned
handshakes_of(void *network)
{
    unsigned over_tcp, over_udp;

    network_edge_handshakes(network, &over_tcp, &over_udp);
    return over_udp;
}

static void
an_edge_that_never_negotiates_is_known_by_its_handshakes(void **state)
{
    struct row *row = &scene.row;
    void *network = NULL;
    unsigned before;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    network_fault(network, "vn-silent", true);
    scene.tools.edge_trust = tls_trust_open(network_edge_ca_file(network), NULL, NULL);
    row->tls_name = QUIC_EDGE_NAME;
    row_resolved(row, scene.addresses, 1, port_of(network));
    for (int i = 0; i < 3; i++) {
        assert_false(row_is_mute(row));
        look(LOOK_wished);
        assert_int_equal(row->places[0].last.fault.signal, SIGNAL_none);
    }
    assert_true(row_is_mute(row));
    before = handshakes_of(network);
    look(LOOK_light); /* nothing that it could tell: it has no deadline to wait for, either */
    look(LOOK_sweep);
    assert_int_equal(row->look_sent, 0);
    assert_int_equal(handshakes_of(network), before);
    assert_int_equal(failing(), 0);

    row->handshakes.every_ms = 1;
    row->mute_next_ms = 0;
    look(LOOK_light);
    assert_int_equal(handshakes_of(network), before + 1);
    network_fault(network, "vn-silent", false);
    row->mute_next_ms = 0;
    look(LOOK_light);
    assert_false(row_is_mute(row)); /* it has learned to */
    row_cancel(row);
    tls_trust_close(scene.tools.edge_trust);
    assert_int_equal(pretend_stop(&network), 0);
}

static void
a_handshake_that_passes_voids_the_doubts_of_all(void **state)
{
    struct row *row = &scene.row;
    void *network = NULL;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    scene.tools.edge_trust = tls_trust_open(network_edge_ca_file(network), NULL, NULL);
    row->tls_name = QUIC_EDGE_NAME;
    row_resolved(row, scene.addresses, 1, port_of(network));
    row->handshakes.every_ms = HANDSHAKE_EVERY_MS;
    look(LOOK_wished);
    network_fault(network, "vn-silent", true);
    look(LOOK_light);
    assert_int_equal(row->places[0].n_silent, 1);
    row->handshakes.every_ms = 1;
    look(LOOK_light);
    assert_int_equal(row->places[0].n_silent, 0);
    row->handshakes.every_ms = HANDSHAKE_EVERY_MS;
    look(LOOK_light); /* from now on that silence is no news */
    assert_int_equal(row->places[0].n_silent, 0);
    assert_int_equal(failing(), 0);
    row_cancel(row);
    tls_trust_close(scene.tools.edge_trust);
    assert_int_equal(pretend_stop(&network), 0);
}

/* 127.0.0.1 is an edge, 127.0.0.2 with the same port never answers anything. */
static void
a_reserve_that_is_silent_at_first_is_asked_for_its_handshake(void **state)
{
    struct row *row = &scene.row;
    struct host *deaf = &scene.hosts[1];
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    void *network = NULL;
    struct fault fault;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    there.sin_port = htons(port_of(network));
    loop_unwatch(scene.tools.loop, &deaf->watch);
    close(deaf->fd);
    deaf->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(deaf->fd, (struct sockaddr *)&there, sizeof(there)), 0);
    loop_watch(scene.tools.loop, &deaf->watch, deaf->fd, LOOP_READ);
    deaf->answers = false;
    scene.tools.edge_trust = tls_trust_open(network_edge_ca_file(network), NULL, NULL);
    row->tls_name = QUIC_EDGE_NAME;
    row_resolved(row, scene.addresses, 2, port_of(network));
    look(LOOK_sweep);
    assert_int_equal(row->places[0].last.fault.signal, SIGNAL_none);
    assert_false(row->places[1].is_known); /* one of two: neither well nor failed */
    assert_null(doubt_judge(row, &fault));
    assert_int_equal(deaf->n_initials, 0);
    look(LOOK_light);
    assert_true(place_is_failing(&row->places[1]));
    assert_true(deaf->n_initials > 0);
    row_cancel(row);
    tls_trust_close(scene.tools.edge_trust);
    assert_int_equal(pretend_stop(&network), 0);
}

static void
what_a_handshake_found_outlives_an_outage(void **state)
{
    struct row *row = &scene.row;
    void *network = NULL;
    unsigned before;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    network_fault(network, "tls-expired", true);
    scene.tools.edge_trust = tls_trust_open(network_edge_ca_file(network), NULL, NULL);
    row->tls_name = QUIC_EDGE_NAME;
    row_resolved(row, scene.addresses, 1, port_of(network));
    look(LOOK_wished);
    assert_int_equal(row->places[0].last.fault.signal, SIGNAL_expired);
    before = handshakes_of(network);
    network_fault(network, "udp-blocked", true);
    look(LOOK_light);
    assert_int_equal(row->places[0].last.fault.signal, SIGNAL_timeout);
    network_fault(network, "udp-blocked", false);
    row_resolved(row, scene.addresses, 1, port_of(network));
    look(LOOK_light); /* it is back, and nobody knows that it has become better */
    assert_int_equal(row->places[0].last.fault.signal, SIGNAL_expired);
    assert_int_equal(handshakes_of(network), before);
    row->handshakes.every_ms = 1;
    network_fault(network, "tls-expired", false);
    look(LOOK_light);
    assert_int_equal(row->places[0].last.fault.signal, SIGNAL_none);
    row_cancel(row);
    tls_trust_close(scene.tools.edge_trust);
    assert_int_equal(pretend_stop(&network), 0);
}

/* --- the whole probe --- */

struct wanted {
    struct measure *measure;
    enum check_kind kind;
    enum check_verdict verdict;
};

static bool
has_verdict(const struct snapshot *snapshot, void *context)
{
    const struct wanted *wanted = context;
    const struct check *check = measure_check(wanted->measure, "edge region1", wanted->kind, 4);

    (void)snapshot;
    return check && check->at_ms > 0 && check->verdict == wanted->verdict;
}

static void
await(struct measure *measure, enum check_kind kind, enum check_verdict verdict)
{
    struct wanted wanted = {measure, kind, verdict};

    assert_true(measure_until(measure, has_verdict, &wanted));
}

static void
an_edge_that_flaps_is_asked_for_one_handshake(void **state)
{
    void *network = NULL;
    struct probe_edge edge = {"region1", "127.0.0.1", 0, 0};
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .edges = &edge, .n_edges = 1, .interval_ms = 100};
    unsigned tcp, udp, tcp_then, udp_then;
    struct measure m;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    edge.tcp_port = edge.udp_port = port_of(network);
    options.edge_ca_file = network_edge_ca_file(network);
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    network_fault(network, "tcp-blocked", true);
    network_fault(network, "udp-blocked", true);
    await(&m, CHECK_EDGE_TCP_7844, CHECK_fail);
    await(&m, CHECK_EDGE_UDP_7844, CHECK_fail);
    network_edge_handshakes(network, &tcp, &udp); /* by now it has counted the last one, too */
    assert_true(tcp > 0 && udp > 0);
    network_fault(network, "tcp-blocked", false);
    network_fault(network, "udp-blocked", false);
    await(&m, CHECK_EDGE_TCP_7844, CHECK_pass);
    await(&m, CHECK_EDGE_UDP_7844, CHECK_pass);
    network_edge_handshakes(network, &tcp_then, &udp_then);
    assert_int_equal(tcp_then, tcp);
    assert_int_equal(udp_then, udp);
    measure_stop(&m);
    assert_int_equal(pretend_stop(&network), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(silence_is_a_doubt_until_its_handshake_is_due, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_ends_the_doubt, begin, end),
        cmocka_unit_test_setup_teardown(silence_at_all_addresses_is_a_doubt_as_well, begin, end),
        cmocka_unit_test_setup_teardown(from_the_first_sweep_on_a_reserve_confirms_a_doubt_at_once,
                                        begin, end),
        cmocka_unit_test_setup_teardown(who_answered_is_told_also_after_a_look_at_the_reserve,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            where_nothing_answers_from_the_start_the_reserve_fails_by_what_the_others_say, begin,
            end),
        cmocka_unit_test_setup_teardown(where_tcp_fails_as_well_one_look_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(
            no_address_is_asked_for_two_handshakes_where_there_are_several, begin, end),
        cmocka_unit_test_setup_teardown(a_single_address_takes_turns_of_small_and_large, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            an_address_that_leaves_the_name_and_returns_is_not_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(an_edge_that_never_negotiates_is_known_by_its_handshakes,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_handshake_that_passes_voids_the_doubts_of_all, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            a_reserve_that_is_silent_at_first_is_asked_for_its_handshake, begin, end),
        cmocka_unit_test_setup_teardown(what_a_handshake_found_outlives_an_outage, begin, end),
        cmocka_unit_test(an_edge_that_flaps_is_asked_for_one_handshake),
    };

    return apart_run(tests, COUNT_OF(tests));
}
