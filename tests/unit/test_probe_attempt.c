/* One measurement of one address, step by step: what the network does in between is decided here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/measure.h"
#include "core/clock.h"
#include "core/text.h"
#include "probe/row.h"

struct world {
    int listener;
    struct tools tools;
    struct attempt attempt;
    bool is_done;
};

static void
done(void *context)
{
    ((struct world *)context)->is_done = true;
}

/* A listener on loopback, and an attempt to connect that has not looked at its socket yet. */
static int
begin(struct world *world)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(here);
    int peer;

    memset(world, 0, sizeof(*world));
    world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->listener, (struct sockaddr *)&here, n), 0);
    assert_int_equal(listen(world->listener, 1), 0);
    assert_int_equal(getsockname(world->listener, (struct sockaddr *)&here, &n), 0);
    world->tools.loop = loop_open(NULL);
    assert_non_null(world->tools.loop);
    world->attempt.tools = &world->tools;
    world->attempt.kind = CHECK_EDGE_TCP_7844;
    world->attempt.done = done;
    world->attempt.context = world;
    assert_true(address_set((struct sockaddr *)&here, n, &world->attempt.address));
    attempt_start(&world->attempt);
    peer = accept(world->listener, NULL, NULL);
    assert_true(peer >= 0);
    return peer;
}

static const struct fault_rule *
end(struct world *world)
{
    while (!world->is_done) /* it has a deadline of its own */
        loop_turn(world->tools.loop);
    loop_close(world->tools.loop);
    close(world->listener);
    return fault_judge(&world->attempt.result.fault, CHECK_EDGE_TCP_7844, WHEN_ALWAYS);
}

/* RST instead of FIN. */
static void
reset(int peer)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    close(peer);
}

static void
a_connection_that_is_reset_at_once_is_cut_by_a_device(void **state)
{
    struct world world;
    int peer = begin(&world);
    const struct fault_rule *rule;

    (void)state;
    reset(peer);
    rule = end(&world);
    assert_int_equal(world.attempt.result.fault.code, ECONNRESET);
    assert_int_equal(world.attempt.result.fault.stage, STAGE_tcp);
    assert_int_equal(rule->verdict, CHECK_fail);
    assert_non_null(strstr(rule->cause, "cuts the connection"));
}

/* The kernel says EPIPE when a reset follows the end of what the peer had to say. */
static void
a_connection_that_is_closed_and_reset_at_once_says_so(void **state)
{
    struct world world;
    int peer = begin(&world);
    const struct fault_rule *rule;

    (void)state;
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    reset(peer);
    rule = end(&world);
    assert_int_equal(world.attempt.result.fault.code, EPIPE);
    assert_int_equal(world.attempt.result.fault.stage, STAGE_tcp);
    assert_int_equal(rule->verdict, CHECK_fail);
    assert_non_null(strstr(rule->cause, "before a word was said"));
}

/* --- taking turns --- */

struct turn {
    struct berth berth;
    bool has_come;
};

static void
turn_came(void *context)
{
    ((struct turn *)context)->has_come = true;
}

/* With so few files there is one berth. */
static void
measurements_take_turns_where_files_are_few(void **state)
{
    struct loop *loop = loop_open(NULL);
    struct rlimit before, few;
    struct berths *berths;
    struct turn turns[4] = {0};

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 30;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    berths = berths_open(loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        turns[i].berth = (struct berth){.granted = turn_came, .context = &turns[i]};
        assert_int_equal(berth_take(berths, &turns[i].berth), i == 0);
    }
    berth_give(berths, &turns[1].berth); /* it waits no longer */
    berth_give(berths, &turns[0].berth);
    loop_turn(loop);
    assert_true(turns[2].has_come && !turns[1].has_come && !turns[3].has_come);
    berth_give(berths, &turns[2].berth);
    berth_give(berths, &turns[3].berth); /* before it heard that it is its turn */
    assert_true(berth_take(berths, &turns[1].berth));
    assert_false(turns[3].has_come);
    berth_give(berths, &turns[1].berth);
    berths_close(berths);
    loop_close(loop);
}

/* --- a look at one address --- */

static void
look_is_over(void *context, bool is_done)
{
    *(bool *)context |= is_done;
}

static void
a_light_look_that_is_refused_fails_without_a_handshake(void **state)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(here);
    struct tools tools = {.loop = loop_open(NULL)};
    static struct row row;
    struct address address;
    bool is_over = false;

    (void)state;
    here.sin_port = htons(measure_free_port(SOCK_DGRAM)); /* the kernel answers with ICMP */
    assert_true(address_set((struct sockaddr *)&here, n, &address));
    row = (struct row){.tools = &tools,
                       .target = "edge",
                       .kind = CHECK_EDGE_UDP_7844,
                       .family = 4,
                       .tls_name = "quic.test",
                       .changed = look_is_over,
                       .context = &is_over};
    row_resolved(&row, &address, 1, ntohs(here.sin_port));
    row.handshakes.every_ms = HANDSHAKE_EVERY_MS;
    row.places[0].is_known = true; /* and it passed, just now */
    handshakes_add(&row.handshakes, &row.places[0].attempt.address, clock_mono_ms());
    assert_true(row_look(&row, LOOK_light));
    while (!is_over) /* it has deadlines of its own */
        loop_turn(tools.loop);
    assert_true(row.places[0].attempt.is_light);
    assert_int_equal(row.places[0].last.fault.signal, SIGNAL_icmp);
    assert_true(place_is_failing(&row.places[0]));
    row_cancel(&row);
    loop_close(tools.loop);
}

static void
an_address_of_nat64_has_one_of_ipv4_inside(void **state)
{
    struct address address, inside;
    TEXT(text, ADDRESS_TEXT_BYTES);

    (void)state;
    assert_true(address_parse("64:ff9b::c629:c007", 7844, &address));
    assert_true(address_inside_nat64(&address, &inside));
    address_add(&text, &inside);
    assert_string_equal(text.bytes, "198.41.192.7:7844");
    assert_true(address_parse("64:ff9b:1::c629:c007", 7844, &address));
    assert_false(address_inside_nat64(&address, &inside));
    assert_true(address_parse("198.41.192.7", 7844, &address));
    assert_false(address_inside_nat64(&address, &inside));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_is_reset_at_once_is_cut_by_a_device),
        cmocka_unit_test(a_connection_that_is_closed_and_reset_at_once_says_so),
        cmocka_unit_test(measurements_take_turns_where_files_are_few),
        cmocka_unit_test(a_light_look_that_is_refused_fails_without_a_handshake),
        cmocka_unit_test(an_address_of_nat64_has_one_of_ipv4_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
