#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/pretend.h"
#include "core/clock.h"
#include "core/ngtcp2_names.h"

enum { DATAGRAM_BYTES = 1252, ID_BYTES = 16, QUICK_MS = 300, PATIENT_MS = 5000 };

/* A client that does a handshake and nothing else. */
struct client {
    ngtcp2_conn *conn;
    ngtcp2_crypto_conn_ref ref;
    gnutls_session_t tls;
    gnutls_certificate_credentials_t credentials;
    struct sockaddr_in local, remote;
    ngtcp2_path path;
    int fd;
};

struct outcome {
    bool is_up;
    unsigned verify_status; /* GnuTLS's bits */
    uint64_t close_error;   /* what the edge closed with; 0 */
};

static ngtcp2_tstamp
now(void)
{
    return (ngtcp2_tstamp)clock_mono_us() * NGTCP2_MICROSECONDS;
}

static void
on_rand(uint8_t *out, size_t n, const ngtcp2_rand_ctx *context)
{
    (void)context;
    gnutls_rnd(GNUTLS_RND_NONCE, out, n);
}

static int
on_new_id(ngtcp2_conn *conn, ngtcp2_cid *id, uint8_t *token, size_t n, void *user)
{
    (void)conn;
    (void)user;
    gnutls_rnd(GNUTLS_RND_NONCE, id->data, n);
    id->datalen = n;
    gnutls_rnd(GNUTLS_RND_NONCE, token, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
}

static const ngtcp2_callbacks callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .update_key = ngtcp2_crypto_update_key_cb,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    .rand = on_rand,
    .get_new_connection_id = on_new_id,
};

static ngtcp2_conn *
conn_of(ngtcp2_crypto_conn_ref *ref)
{
    return ((struct client *)ref->user_data)->conn;
}

static void
tls_begin(struct client *client, struct network *network, const char *name)
{
    static char protocol[] = "argotunnel";
    gnutls_datum_t alpn = {(unsigned char *)protocol, sizeof(protocol) - 1};

    gnutls_certificate_allocate_credentials(&client->credentials);
    assert_true(gnutls_certificate_set_x509_trust_file(
                    client->credentials, network_edge_ca_file(network), GNUTLS_X509_FMT_PEM) == 1);
    gnutls_init(&client->tls, GNUTLS_CLIENT);
    gnutls_priority_set_direct(client->tls,
                               "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE", NULL);
    gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, client->credentials);
    gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS, name, strlen(name));
    gnutls_alpn_set_protocols(client->tls, &alpn, 1, GNUTLS_ALPN_MANDATORY);
    client->ref = (ngtcp2_crypto_conn_ref){conn_of, client};
    gnutls_session_set_ptr(client->tls, &client->ref);
    assert_int_equal(ngtcp2_crypto_gnutls_configure_client_session(client->tls), 0);
}

static void
client_begin(struct client *client, struct network *network, const char *name)
{
    socklen_t n = sizeof(client->local);
    ngtcp2_cid destination = {.datalen = ID_BYTES}, source = {.datalen = ID_BYTES};
    ngtcp2_settings settings;
    ngtcp2_transport_params params;

    *client = (struct client){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    client->remote.sin_family = AF_INET;
    client->remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->remote.sin_port =
        htons((uint16_t)strtol(strchr(network_edge_udp(network), ':') + 1, NULL, 10));
    assert_int_equal(
        connect(client->fd, (struct sockaddr *)&client->remote, sizeof(client->remote)), 0);
    getsockname(client->fd, (struct sockaddr *)&client->local, &n);
    client->path.local = (ngtcp2_addr){(ngtcp2_sockaddr *)&client->local, n};
    client->path.remote = (ngtcp2_addr){(ngtcp2_sockaddr *)&client->remote, sizeof(client->remote)};
    tls_begin(client, network, name);
    gnutls_rnd(GNUTLS_RND_NONCE, destination.data, ID_BYTES);
    gnutls_rnd(GNUTLS_RND_NONCE, source.data, ID_BYTES);
    ngtcp2_settings_default(&settings);
    settings.initial_ts = now();
    ngtcp2_transport_params_default(&params);
    assert_int_equal(ngtcp2_conn_client_new(&client->conn, &destination, &source, &client->path,
                                            NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params,
                                            NULL, client),
                     0);
    ngtcp2_conn_set_tls_native_handle(client->conn, client->tls);
}

static void
client_end(struct client *client)
{
    ngtcp2_conn_del(client->conn);
    gnutls_deinit(client->tls);
    gnutls_certificate_free_credentials(client->credentials);
    close(client->fd);
}

static void
client_send(struct client *client)
{
    uint8_t bytes[DATAGRAM_BYTES];
    ngtcp2_ssize n;

    while ((n = ngtcp2_conn_write_pkt(client->conn, NULL, NULL, bytes, sizeof(bytes), now())) > 0)
        assert_int_equal(send(client->fd, bytes, (size_t)n, 0), n);
}

/* Read one datagram; false when the connection is over. */
static bool
client_receive(struct client *client)
{
    uint8_t bytes[2048];
    ssize_t n = recv(client->fd, bytes, sizeof(bytes), 0);

    return n > 0 &&
           ngtcp2_conn_read_pkt(client->conn, &client->path, NULL, bytes, (size_t)n, now()) == 0;
}

static void
client_close(struct client *client)
{
    ngtcp2_ccerr reason;
    uint8_t bytes[DATAGRAM_BYTES];
    ngtcp2_ssize n;

    ngtcp2_ccerr_default(&reason);
    n = ngtcp2_conn_write_connection_close(client->conn, NULL, NULL, bytes, sizeof(bytes), &reason,
                                           now());
    if (n > 0)
        (void)!send(client->fd, bytes, (size_t)n, 0);
}

static struct outcome
shake_hands(struct network *network, const char *name, int within_ms)
{
    int64_t deadline_ms = clock_mono_ms() + within_ms;
    struct outcome outcome = {0};
    struct client client;

    client_begin(&client, network, name);
    client_send(&client);
    while (!ngtcp2_conn_get_handshake_completed(client.conn) && clock_mono_ms() < deadline_ms) {
        struct pollfd one = {.fd = client.fd, .events = POLLIN};

        if (poll(&one, 1, 50) == 1 && !client_receive(&client))
            break;
        if (ngtcp2_conn_get_expiry(client.conn) <= now())
            ngtcp2_conn_handle_expiry(client.conn, now());
        client_send(&client);
    }
    outcome.is_up = ngtcp2_conn_get_handshake_completed(client.conn);
    if (outcome.is_up) {
        gnutls_certificate_verify_peers3(client.tls, name, &outcome.verify_status);
        client_close(&client);
    } else {
        outcome.close_error = ngtcp2_close_of(client.conn).error_code;
    }
    client_end(&client);
    return outcome;
}

static void
a_handshake_proves_the_edge(void **state)
{
    struct outcome got = shake_hands(*state, "quic.cftunnel.com", PATIENT_MS);

    assert_true(got.is_up);
    assert_int_equal(got.verify_status, 0);
}

static void
many_handshakes_one_after_the_other(void **state)
{
    for (int i = 0; i < 20; i++)
        assert_true(shake_hands(*state, "probe.cftunnel.com", PATIENT_MS).is_up);
}

static void
interception_shows_in_the_certificate(void **state)
{
    struct outcome got;

    assert_true(network_fault(*state, "tls-intercepted", true));
    got = shake_hands(*state, "quic.cftunnel.com", PATIENT_MS);
    assert_true(got.verify_status & GNUTLS_CERT_SIGNER_NOT_FOUND);
}

static void
another_application_ends_with_alert_120(void **state)
{
    struct outcome got;

    assert_true(network_fault(*state, "quic-other-alpn", true));
    got = shake_hands(*state, "quic.cftunnel.com", PATIENT_MS);
    assert_false(got.is_up);
    assert_int_equal(got.close_error, 0x178);
}

static void
silence_is_silence(void **state)
{
    assert_true(network_fault(*state, "quic-silent", true));
    assert_false(shake_hands(*state, "quic.cftunnel.com", QUICK_MS).is_up);
}

static void
a_lossy_path_is_survived(void **state)
{
    assert_true(network_fault(*state, "udp-lossy", true));
    assert_true(shake_hands(*state, "quic.cftunnel.com", PATIENT_MS).is_up);
}

int
main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, pretend_start, pretend_stop)
    const struct CMUnitTest tests[] = {
        LIVE(a_handshake_proves_the_edge),
        LIVE(many_handshakes_one_after_the_other),
        LIVE(interception_shows_in_the_certificate),
        LIVE(another_application_ends_with_alert_120),
        LIVE(silence_is_silence),
        LIVE(a_lossy_path_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
