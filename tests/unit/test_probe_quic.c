/* One QUIC handshake with servers that we did not write, and with a pretend edge that refuses. */
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

#include "aid/gtlsserver.h"
#include "aid/measure.h"
#include "aid/pretend.h"
#include "probe/knock.h"
#include "probe/quic.h"
#include "probe/quic_close.h"
#include "probe/tls.h"
#include "sim/pki.h"

static char folder[64], ca_file[96];
static struct pki *pki;

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

struct shake {
    const char *host, *protocol, *ca_file;
    bool demands_retry, is_large;
};

static void
done(void *context)
{
    *(bool *)context = true;
}

/* False when the server is not installed. */
static bool
shake_hands(const struct shake *shake, struct quic_result *out)
{
    struct gtlsserver *server =
        gtlsserver_start(&(struct gtlsserver_plan){.host = shake->host,
                                                   .pem = pki_leaf_pem(pki, PKI_genuine),
                                                   .demands_retry = shake->demands_retry});
    struct err err;
    struct loop *loop;
    struct tls_trust *trust;
    struct address address;
    struct quic *quic;
    bool is_done = false;

    if (!server)
        return false;
    loop = loop_open(&err);
    trust = tls_trust_open(shake->ca_file, NULL, &err);
    assert_true(address_parse(shake->host, gtlsserver_port(server), &address));
    quic = quic_start(&(struct quic_plan){.loop = loop,
                                          .trust = trust,
                                          .address = &address,
                                          .name = QUIC_EDGE_NAME,
                                          .protocol = shake->protocol,
                                          .is_large = shake->is_large,
                                          .done = done,
                                          .context = &is_done});
    while (!is_done)
        loop_turn(loop);
    *out = *quic_result(quic);
    print_message("%s — %s\n", out->fault.text, out->note);
    quic_free(quic);
    tls_trust_close(trust);
    loop_close(loop);
    gtlsserver_stop(server);
    return true;
}

static void
a_server_that_demands_retry_is_proven(void **state)
{
    struct quic_result result;

    (void)state;
    if (!shake_hands(&(struct shake){"127.0.0.1", "h3", ca_file, true, false}, &result))
        skip();
    assert_int_equal(result.fault.signal, SIGNAL_none);
    assert_true(result.has_retried);
    assert_true(result.us > 0 && result.first_us > 0 && result.first_us <= result.us);
    assert_non_null(strstr(result.note, "QUIC v1 after Retry, issuer "));
}

static void
a_large_hello_passes_through_retry(void **state)
{
    struct quic_result result;

    (void)state;
    if (!shake_hands(&(struct shake){"127.0.0.1", "h3", ca_file, true, true}, &result))
        skip();
    assert_int_equal(result.fault.signal, SIGNAL_none);
    assert_true(result.has_retried);
}

static void
over_ipv6_it_is_the_same(void **state)
{
    struct quic_result result;

    (void)state;
    if (!pretend_has_ipv6() ||
        !shake_hands(&(struct shake){"::1", "h3", ca_file, false, false}, &result))
        skip();
    assert_int_equal(result.fault.signal, SIGNAL_none);
    assert_false(result.has_retried);
    assert_true(shake_hands(&(struct shake){"::1", "h3", ca_file, true, false}, &result));
    assert_int_equal(result.fault.signal, SIGNAL_none);
    assert_true(result.has_retried);
}

static void
another_protocol_is_refused_after_retry_by_its_alert(void **state)
{
    struct quic_result result;

    (void)state;
    if (!shake_hands(&(struct shake){"127.0.0.1", NULL, ca_file, true, false}, &result))
        skip();
    assert_int_equal(result.fault.signal, SIGNAL_alert);
    assert_int_equal(result.fault.code, 120);
    assert_non_null(strstr(result.fault.text, "QUIC close 0x178"));
    assert_string_equal(result.note, "QUIC v1 after Retry");
}

static void
a_foreign_authority_is_told_by_its_issuer(void **state)
{
    struct quic_result result;

    (void)state;
    if (!shake_hands(&(struct shake){"127.0.0.1", "h3", NULL, false, false}, &result))
        skip();
    assert_int_equal(result.fault.signal, SIGNAL_untrusted);
    assert_non_null(strstr(result.fault.text, "issuer O=Simulated Edge"));
}

static void
a_knock_is_answered_by_retry_as_well(void **state)
{
    static const bool demands[] = {false, true};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(demands); i++) {
        struct gtlsserver *server =
            gtlsserver_start(&(struct gtlsserver_plan){.host = "127.0.0.1",
                                                       .pem = pki_leaf_pem(pki, PKI_genuine),
                                                       .demands_retry = demands[i]});
        struct loop *loop;
        struct address address;
        struct knock *knock;
        bool is_done = false;

        if (!server)
            skip();
        loop = loop_open(NULL);
        assert_true(address_parse("127.0.0.1", gtlsserver_port(server), &address));
        knock = knock_start(&(struct knock_plan){.loop = loop,
                                                 .address = &address,
                                                 .name = QUIC_EDGE_NAME,
                                                 .passed_bytes = 1232,
                                                 .done = done,
                                                 .context = &is_done});
        while (!is_done)
            loop_turn(loop);
        assert_int_equal(knock_result(knock)->passed_bytes, 1472);
        assert_int_equal(knock_result(knock)->lost_bytes, -1);
        knock_free(knock);
        loop_close(loop);
        gtlsserver_stop(server);
    }
}

static void
where_nobody_answers_a_knock_only_the_rest_is_known(void **state)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(here);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct loop *loop = loop_open(NULL);
    struct address address;
    struct knock *knock;
    bool is_done = false;

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&here, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &n), 0);
    assert_true(address_set((struct sockaddr *)&here, n, &address));
    knock = knock_start(&(struct knock_plan){.loop = loop,
                                             .address = &address,
                                             .name = QUIC_EDGE_NAME,
                                             .passed_bytes = 1252,
                                             .done = done,
                                             .context = &is_done});
    while (!is_done)
        loop_turn(loop);
    assert_int_equal(knock_result(knock)->passed_bytes, 1252);
    assert_int_equal(knock_result(knock)->lost_bytes, 1280);
    assert_false(knock_result(knock)->is_local);
    knock_free(knock);
    loop_close(loop);
    close(fd);
}

static void
a_peer_that_closes_is_quoted_with_its_code(void **state)
{
    struct probe_edge edge = {"region1", "127.0.0.1", 0, 0};
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .edges = &edge, .n_edges = 1, .interval_ms = 60000};
    const struct check *check;
    struct measure m;
    void *network = NULL;

    (void)state;
    assert_int_equal(pretend_start(&network), 0);
    edge.udp_port = (uint16_t)strtol(strchr(network_edge_udp(network), ':') + 1, NULL, 10);
    network_fault(network, "quic-refused", true);
    measure_start(&m, &options);
    assert_true(measure_rounds(&m, SOURCE_checks, 1));
    check = measure_check(&m, "edge region1", CHECK_EDGE_UDP_7844, 4);
    assert_int_equal(check->verdict, CHECK_fail);
    assert_string_equal(check->error, "QUIC close 0x2 (connection refused)");
    measure_stop(&m);
    assert_int_equal(pretend_stop(&network), 0);
    assert_string_equal(quic_close_name(0x0b), "invalid token");
    assert_string_equal(quic_close_name(0x4242), "unknown error");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_demands_retry_is_proven),
        cmocka_unit_test(a_large_hello_passes_through_retry),
        cmocka_unit_test(over_ipv6_it_is_the_same),
        cmocka_unit_test(another_protocol_is_refused_after_retry_by_its_alert),
        cmocka_unit_test(a_foreign_authority_is_told_by_its_issuer),
        cmocka_unit_test(a_knock_is_answered_by_retry_as_well),
        cmocka_unit_test(where_nobody_answers_a_knock_only_the_rest_is_known),
        cmocka_unit_test(a_peer_that_closes_is_quoted_with_its_code),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
