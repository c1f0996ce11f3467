#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/pretend.h"
#include "core/clock.h"
#include "sim/edge_udp.h"

enum { QUICK_MS = 200, PATIENT_MS = 5000, PROBE_BYTES = 1252 };

static int
edge_socket(struct network *network, int type, int family)
{
    uint16_t port = (uint16_t)strtol(strchr(network_edge_tcp(network), ':') + 1, NULL, 10);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), failed;

    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    failed = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
                               : connect(fd, (struct sockaddr *)&v6, sizeof(v6));
    if (failed && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool
becomes(int fd, short events, int within_ms)
{
    struct pollfd poll_one = {.fd = fd, .events = events};

    return poll(&poll_one, 1, within_ms) == 1;
}

/* The probe of facts/connectivity.md F1: reserved version, v1-shaped Initial. */
static void
probe_make(uint8_t out[PROBE_BYTES])
{
    memset(out, 0x5a, PROBE_BYTES);
    out[0] = 0xc5;
    memcpy(out + 1, "\x1a\x2a\x3a\x4a", 4);
    out[5] = out[22] = 16;
    memset(out + 6, 0xdd, 16);
    memset(out + 23, 0x55, 16);
    out[39] = 0;
    out[40] = (uint8_t)(0x40 | (PROBE_BYTES - 42) >> 8);
    out[41] = (uint8_t)((PROBE_BYTES - 42) & 0xff);
}

static void
negotiation_echoes_both_identifiers(void **state)
{
    uint8_t probe[PROBE_BYTES], out[EDGE_DATAGRAM_ROOM];

    (void)state;
    probe_make(probe);
    assert_int_equal(edge_udp_negotiate(probe, sizeof(probe), 0, out), 5 + 17 + 17 + 4);
    assert_true(out[0] & 0x80);
    assert_memory_equal(out + 1, "\0\0\0\0\x10", 5);
    assert_memory_equal(out + 6, probe + 23, 16);
    assert_memory_equal(out + 23, probe + 6, 16);
    assert_memory_equal(out + 39, "\0\0\0\1", 4);
}

static void
negotiation_is_silent_for_what_is_no_proper_probe(void **state)
{
    uint8_t probe[PROBE_BYTES], out[EDGE_DATAGRAM_ROOM];

    (void)state;
    probe_make(probe);
    assert_int_equal(edge_udp_negotiate(probe, 1199, 0, out), 0); /* too small */
    probe[0] |= 0x20;                                             /* no Initial by its bits */
    assert_int_equal(edge_udp_negotiate(probe, sizeof(probe), 0, out), 0);
    probe_make(probe);
    probe[40] = 0x7f; /* a length beyond the datagram */
    assert_int_equal(edge_udp_negotiate(probe, sizeof(probe), 0, out), 0);
    probe_make(probe);
    memcpy(probe + 1, "\0\0\0\0", 4); /* itself a negotiation */
    assert_int_equal(edge_udp_negotiate(probe, sizeof(probe), 0, out), 0);
    probe_make(probe);
    probe[5] = 21; /* an identifier too long for any version we know */
    assert_int_equal(edge_udp_negotiate(probe, sizeof(probe), 0, out), 0);
    for (size_t n = 0; n < 60; n++) /* cut anywhere */
        assert_int_equal(edge_udp_negotiate(probe, n, 0, out), 0);
}

static bool
is_answered(struct network *network, int family, int within_ms)
{
    uint8_t probe[PROBE_BYTES], answer[EDGE_DATAGRAM_ROOM];
    int fd = edge_socket(network, SOCK_DGRAM, family);
    bool got;

    probe_make(probe);
    assert_int_equal(send(fd, probe, sizeof(probe), 0), sizeof(probe));
    got = becomes(fd, POLLIN, within_ms) && recv(fd, answer, sizeof(answer), 0) == 43;
    close(fd);
    return got;
}

static void
the_edge_negotiates_on_both_families(void **state)
{
    assert_true(is_answered(*state, AF_INET, PATIENT_MS));
    if (pretend_has_ipv6())
        assert_true(is_answered(*state, AF_INET6, PATIENT_MS));
}

static void
blocked_datagrams_vanish(void **state)
{
    assert_true(network_fault(*state, "udp-blocked", true));
    assert_false(is_answered(*state, AF_INET, QUICK_MS));
    assert_true(network_fault(*state, "udp-blocked", false));
    assert_true(is_answered(*state, AF_INET, PATIENT_MS));
}

struct greeting {
    bool is_secure;
    long verify_result;
    int version;
    char first[4]; /* what the edge said first */
};

/* A blocking TLS client with a deadline on its socket. */
static struct greeting
greet(struct network *network, const char *name, int timeout_ms)
{
    struct greeting greeting = {0};
    struct timeval patience = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;
    int fd = edge_socket(network, SOCK_STREAM, AF_INET);

    assert_true(becomes(fd, POLLOUT, timeout_ms));
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(SSL_CTX_load_verify_locations(context, network_edge_ca_file(network), NULL),
                     1);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, name);
    SSL_set1_host(ssl, name);
    greeting.is_secure = SSL_connect(ssl) == 1;
    greeting.verify_result = SSL_get_verify_result(ssl);
    greeting.version = SSL_version(ssl);
    if (greeting.is_secure)
        SSL_read(ssl, greeting.first, sizeof(greeting.first));
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return greeting;
}

static void
the_edge_shows_its_names_and_begins_http2(void **state)
{
    static const char *const names[] = {"h2.cftunnel.com", "quic.cftunnel.com",
                                        "probe.cftunnel.com"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct greeting got = greet(*state, names[i], PATIENT_MS);

        assert_true(got.is_secure);
        assert_int_equal(got.verify_result, X509_V_OK);
        assert_int_equal(got.version, TLS1_3_VERSION);
        assert_memory_equal(got.first, "PRI ", 4);
    }
}

static void
a_wrong_certificate_is_told_by_its_fault(void **state)
{
    static const struct {
        const char *fault;
        long result;
    } cases[] = {
        {"tls-intercepted", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {"tls-expired", X509_V_ERR_CERT_HAS_EXPIRED},
        {"tls-other-name", X509_V_ERR_HOSTNAME_MISMATCH},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct greeting got;

        assert_true(network_fault(*state, cases[i].fault, true));
        got = greet(*state, "h2.cftunnel.com", PATIENT_MS);
        assert_true(network_fault(*state, cases[i].fault, false));
        assert_int_equal(got.verify_result, cases[i].result);
    }
}

static void
a_stalled_edge_accepts_and_never_answers(void **state)
{
    assert_true(network_fault(*state, "tls-stalled", true));
    assert_false(greet(*state, "h2.cftunnel.com", QUICK_MS).is_secure);
}

static void
a_reset_edge_resets_after_the_client_hello(void **state)
{
    int64_t before_ms = clock_mono_ms();

    assert_true(network_fault(*state, "tcp-reset", true));
    assert_false(greet(*state, "h2.cftunnel.com", PATIENT_MS).is_secure);
    assert_true(clock_mono_ms() - before_ms < PATIENT_MS / 2);
}

/* The edge's thread takes the fault at its next turn, so that a first connection may slip in. */
static void
blocked_connections_time_out_and_recover(void **state)
{
    int64_t deadline_ms = clock_mono_ms() + PATIENT_MS;
    bool is_blocked = false;

    assert_true(network_fault(*state, "tcp-blocked", true));
    while (!is_blocked && clock_mono_ms() < deadline_ms) {
        int fd = edge_socket(*state, SOCK_STREAM, AF_INET);

        is_blocked = !becomes(fd, POLLOUT, QUICK_MS);
        close(fd);
    }
    assert_true(is_blocked);
    assert_true(network_fault(*state, "tcp-blocked", false));
    assert_true(greet(*state, "h2.cftunnel.com", PATIENT_MS).is_secure);
}

static void
a_network_stops_in_milliseconds_with_clients_open(void **state)
{
    int fd[8];
    int64_t before_ms;
    void *network;

    for (size_t i = 0; i < COUNT_OF(fd); i++)
        fd[i] = edge_socket(*state, SOCK_STREAM, AF_INET);
    before_ms = clock_mono_ms();
    assert_int_equal(pretend_stop(state), 0);
    assert_true(clock_mono_ms() - before_ms < 500); /* tens under a sanitizer */
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        close(fd[i]);
    assert_int_equal(pretend_start(&network), 0);
    *state = network;
}

int
main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, pretend_start, pretend_stop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negotiation_echoes_both_identifiers),
        cmocka_unit_test(negotiation_is_silent_for_what_is_no_proper_probe),
        LIVE(the_edge_negotiates_on_both_families),
        LIVE(blocked_datagrams_vanish),
        LIVE(the_edge_shows_its_names_and_begins_http2),
        LIVE(a_wrong_certificate_is_told_by_its_fault),
        LIVE(a_stalled_edge_accepts_and_never_answers),
        LIVE(a_reset_edge_resets_after_the_client_hello),
        LIVE(blocked_connections_time_out_and_recover),
        LIVE(a_network_stops_in_milliseconds_with_clients_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
