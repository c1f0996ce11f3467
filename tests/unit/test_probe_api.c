/* The checks of the API and of UDP, against peers that behave in every way they may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/gtlsserver.h"
#include "aid/measure.h"
#include "aid/peer.h"
#include "core/clock.h"
#include "sim/pki.h"

#define GENUINE_BODY                                                                               \
    "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"x\"}}"
#define GENUINE                                                                                    \
    "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nrequest-id: req_011abc\r\n"    \
    "connection: close\r\n\r\n" GENUINE_BODY

static struct pki *pki;
static char folder[64], ca_file[96];

static int
make_certificates(void **state)
{
    struct err err;

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/sandwatch-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", folder);
    pki = pki_new(&err);
    return pki && pki_write_authority(pki, ca_file, &err) ? 0 : -1;
}

static int
remove_certificates(void **state)
{
    (void)state;
    pki_free(pki);
    unlink(ca_file);
    return rmdir(folder);
}

/* One round of the API check alone. */
static const struct check *
measure_api(struct measure *measure, const char *url)
{
    static struct probe_edge nothing = {"none", "127.0.0.1", 0, 0};
    struct probe_options options = {.api_url = url,
                                    .api_ca_file = ca_file,
                                    .edges = &nothing,
                                    .n_edges = 1,
                                    .interval_ms = 60000};
    const struct check *check;

    measure_start(measure, &options);
    assert_true(measure_rounds(measure, SOURCE_checks, 1));
    check = measure_check(measure, "api", CHECK_API_443, 4);
    assert_non_null(check);
    return check;
}

static void
the_api_is_recognised_without_credentials(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = GENUINE});
    struct measure m;
    const struct check *check = measure_api(&m, peer_url(peer));

    (void)state;
    /* a plain connection is measured first, and sends nothing: the request has its own */
    assert_string_equal(check->error, "");
    assert_int_equal(check->verdict, CHECK_pass);
    assert_true(check->stage_us[STAGE_tcp] > 0 && check->stage_us[STAGE_http] > 0);
    assert_int_equal(check->stage_us[STAGE_tls], -1);
    assert_non_null(strstr(check->note, "req_011abc"));
    measure_stop(&m);
    peer_stop(peer);
}

static void
over_https_every_stage_is_timed(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){
        .manner = PEER_answers_tls, .reply = GENUINE, .pem = pki_leaf_pem(pki, PKI_genuine)});
    struct measure m;
    const struct check *check = measure_api(&m, peer_url(peer));

    (void)state;
    assert_string_equal(check->error, "");
    assert_int_equal(check->verdict, CHECK_pass);
    assert_true(check->stage_us[STAGE_tcp] > 0 && check->stage_us[STAGE_tls] > 0 &&
                check->stage_us[STAGE_http] > 0);
    assert_non_null(strstr(check->note, "TLSv1.3, issuer O=Simulated Edge"));
    assert_non_null(strstr(check->note, "HTTP 401"));
    measure_stop(&m);
    peer_stop(peer);
}

static const struct answer_case {
    const char *reply;
    enum check_verdict verdict;
    const char *error, *hint;
} answers[] = {
    {"HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\ncontent-length: 0\r\n\r\n",
     CHECK_fail, "HTTP 302 to http://login.example/", "captive portal"},
    {"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>hi", CHECK_fail,
     "HTTP 200, text/html", "captive portal"},
    {"HTTP/1.1 407 Proxy Authentication Required\r\nvia: 1.1 squid\r\ncontent-length: 0\r\n\r\n",
     CHECK_fail, "HTTP 407, via \"1.1 squid\"", "credentials"},
    {"HTTP/1.1 403 Forbidden\r\nserver: BigCorp Gate\r\ncontent-length: 0\r\n\r\n", CHECK_fail,
     "server \"BigCorp Gate\"", "proxy"},
    {"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n" GENUINE_BODY, CHECK_warn,
     "no request-id", "gateway"},
    {"HTTP/1.1 529 Overloaded\r\nrequest-id: req_1\r\nconnection: close\r\n\r\n" GENUINE_BODY,
     CHECK_warn, "HTTP 529", "status page"},
    {"HTTP/1.1 502 Bad Gateway\r\nrequest-id: req_1\r\nconnection: close\r\n\r\n<html>", CHECK_warn,
     "HTTP 502", "status page"},
    {"HTTP/1.1 401 Unauthorized\r\nrequest-id: req_1\r\ndate: Mon, 23 Nov 2020 09:07:33 GMT\r\n"
     "connection: close\r\n\r\n" GENUINE_BODY,
     CHECK_fail, "ahead of the API's", "timedatectl"},
    {"SSH-2.0-OpenSSH_9.2\r\n", CHECK_fail, "", "HTTP"},
    {"HTTP/1.1 403 Forbidden\r\nvia: \x1b[31mred\xff\r\ncontent-length: 0\r\n\r\n", CHECK_fail,
     "HTTP 403, via \"\xEF\xBF\xBD[31mred\xEF\xBF\xBD\"", "proxy"},
};

static void
whoever_else_answers_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct peer *peer =
            peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = answers[i].reply});
        struct measure m;
        const struct check *check = measure_api(&m, peer_url(peer));

        print_message("%s — %s\n", check->error, check->hint);
        assert_int_equal(check->verdict, answers[i].verdict);
        assert_int_equal(check->failed_stage, STAGE_http);
        assert_non_null(strstr(check->error, answers[i].error));
        assert_non_null(strstr(check->hint, answers[i].hint));
        measure_stop(&m);
        peer_stop(peer);
    }
}

static const struct tls_case {
    enum peer_manner manner;
    const char *reply;
    size_t reply_bytes;
    enum check_stage stage;
    const char *error, *hint;
} handshakes[] = {
    {PEER_resets, "", 0, STAGE_tls, "ECONNRESET", "resets the handshake"},
    {PEER_hangs_up, "", 0, STAGE_tls, "closed by the peer", "transparent proxy"},
    {PEER_is_silent, "", 0, STAGE_tls, "nothing came back after ClientHello", "swallows"},
    {PEER_sends_first, "HTTP/1.1 400 Bad Request\r\n\r\n", 0, STAGE_tls, "not TLS", "portal"},
    {PEER_sends_first, "\x15\x03\x03\x00\x02\x02\x28", 7, STAGE_tls, "TLS alert 40", "ciphers"},
    {PEER_sends_first, "\x15\x03\x03\x00\x02\x02\x70", 7, STAGE_tls, "TLS alert 112",
     "does not know the name"},
    {PEER_sends_first, "\x15\x03\x03\x00\x02\x02\x46", 7, STAGE_tls, "TLS alert 70", "versions"},
};

static void
every_way_to_break_a_handshake_is_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(handshakes); i++) {
        const struct tls_case *c = &handshakes[i];
        struct peer *peer = peer_start(&(struct peer_plan){.manner = c->manner,
                                                           .reply = c->reply,
                                                           .reply_bytes = c->reply_bytes,
                                                           .pem = pki_leaf_pem(pki, PKI_genuine)});
        struct measure m;
        const struct check *check = measure_api(&m, peer_url(peer));

        print_message("%s — %s\n", check->error, check->hint);
        assert_int_equal(check->verdict, CHECK_fail);
        assert_int_equal(check->failed_stage, c->stage);
        assert_non_null(strstr(check->error, c->error));
        assert_non_null(strstr(check->hint, c->hint));
        assert_true(check->stage_us[STAGE_tcp] > 0);
        measure_stop(&m);
        peer_stop(peer);
    }
}

static void
a_certificate_that_nobody_trusts_still_shows_its_issuer(void **state)
{
    static const struct {
        enum pki_leaf leaf;
        const char *error;
    } cases[] = {
        {PKI_other_authority, "issuer O=Example Corp TLS Inspection"},
        {PKI_expired, "expired; issuer O=Simulated Edge"},
        {PKI_other_name, "IP address mismatch; issuer"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct peer *peer = peer_start(&(struct peer_plan){
            .manner = PEER_answers_tls, .reply = GENUINE, .pem = pki_leaf_pem(pki, cases[i].leaf)});
        struct measure m;
        const struct check *check = measure_api(&m, peer_url(peer));

        assert_int_equal(check->verdict, CHECK_fail);
        assert_int_equal(check->failed_stage, STAGE_tls);
        assert_non_null(strstr(check->error, cases[i].error));
        measure_stop(&m);
        peer_stop(peer);
    }
}

static void
a_closed_port_is_refused_by_name(void **state)
{
    char url[64];
    struct measure m;
    const struct check *check;

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)measure_free_port(SOCK_STREAM));
    check = measure_api(&m, url);
    assert_int_equal(check->verdict, CHECK_fail);
    assert_int_equal(check->failed_stage, STAGE_tcp);
    assert_non_null(strstr(check->error, "ECONNREFUSED"));
    assert_true(check->failing_since_ms > 0 && check->lost == 1 && check->sent == 1);
    measure_stop(&m);
}

/* --- UDP --- */

static const struct check *
measure_udp(struct measure *measure, uint16_t port)
{
    static struct probe_edge edge;
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .edges = &edge, .n_edges = 1, .interval_ms = 60000};
    const struct check *check;

    edge = (struct probe_edge){"region1", "127.0.0.1", 0, port};
    measure_start(measure, &options);
    assert_true(measure_rounds(measure, SOURCE_checks, 1));
    check = measure_check(measure, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_non_null(check);
    return check;
}

static void
a_closed_udp_port_names_the_icmp_message_and_its_sender(void **state)
{
    struct measure m;
    const struct check *check = measure_udp(&m, measure_free_port(SOCK_DGRAM));

    (void)state;
    assert_int_equal(check->verdict, CHECK_fail);
    assert_string_equal(check->error, "ICMP 3/3 (port unreachable) from 127.0.0.1");
    assert_non_null(strstr(check->hint, "firewall rejects UDP"));
    measure_stop(&m);
}

static void
silence_on_udp_is_never_success(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_is_silent_udp, .reply = ""});
    struct measure m;
    const struct check *check = measure_udp(&m, peer_port(peer));

    (void)state;
    assert_int_equal(check->verdict, CHECK_fail);
    assert_non_null(strstr(check->error, "4 datagrams and no answer"));
    assert_int_equal(check->sent, 4);
    assert_int_equal(check->lost, 4);
    assert_int_equal(check->rtt_us, -1);
    measure_stop(&m);
    peer_stop(peer);
}

static void
forged_answers_are_ignored(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_forges_udp, .reply = ""});
    struct measure m;
    const struct check *check = measure_udp(&m, peer_port(peer));

    (void)state;
    assert_int_equal(check->verdict, CHECK_fail);
    assert_non_null(strstr(check->error, "timeout"));
    assert_int_equal(peer_served(peer), 4);
    measure_stop(&m);
    peer_stop(peer);
}

static void
a_lost_first_datagram_is_counted_and_does_not_spoil_the_rtt(void **state)
{
    struct peer *peer = peer_start(&(struct peer_plan){.manner = PEER_is_late_udp, .reply = ""});
    struct measure m;
    const struct check *check = measure_udp(&m, peer_port(peer));

    (void)state;
    assert_int_equal(check->verdict, CHECK_fail); /* it negotiates, and never shakes hands */
    assert_non_null(strstr(check->error, "QUIC v1 gets no answer"));
    assert_int_equal(check->sent, 2);
    assert_int_equal(check->lost, 1);
    assert_true(check->rtt_us > 0 && check->rtt_us < 200000); /* of the second one alone */
    measure_stop(&m);
    peer_stop(peer);
}

/* A QUIC server that we did not write: Debian's ngtcp2-server. */
static void
a_foreign_quic_server_answers_our_datagrams(void **state)
{
    const struct check *check;
    struct gtlsserver *server = gtlsserver_start(
        &(struct gtlsserver_plan){.host = "127.0.0.1", .pem = pki_leaf_pem(pki, PKI_genuine)});
    struct measure m;

    (void)state;
    if (!server)
        skip();
    check = measure_udp(&m, gtlsserver_port(server));
    print_message("%s — %s\n", check->error, check->note);
    assert_int_equal(check->verdict, CHECK_fail); /* it speaks h3, and not the tunnel's protocol */
    assert_int_equal(check->failed_stage, STAGE_tls);
    assert_non_null(strstr(check->error, "TLS alert 120"));
    assert_non_null(strstr(check->note, "v1"));
    assert_int_equal(check->lost, 0);
    measure_stop(&m);
    gtlsserver_stop(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_api_is_recognised_without_credentials),
        cmocka_unit_test(over_https_every_stage_is_timed),
        cmocka_unit_test(whoever_else_answers_is_named),
        cmocka_unit_test(every_way_to_break_a_handshake_is_told_apart),
        cmocka_unit_test(a_certificate_that_nobody_trusts_still_shows_its_issuer),
        cmocka_unit_test(a_closed_port_is_refused_by_name),
        cmocka_unit_test(a_closed_udp_port_names_the_icmp_message_and_its_sender),
        cmocka_unit_test(silence_on_udp_is_never_success),
        cmocka_unit_test(forged_answers_are_ignored),
        cmocka_unit_test(a_foreign_quic_server_answers_our_datagrams),
        cmocka_unit_test(a_lost_first_datagram_is_counted_and_does_not_spoil_the_rtt),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
