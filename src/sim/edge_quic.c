#include "sim/edge_quic.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/ngtcp2_names.h"
#include "sim/pki.h"

enum {
    CONNECTIONS = 128,
    ID_BYTES = 16,
    DATAGRAM_BYTES = 1452,
    IDLE_S = 5, /* cloudflared's own limit (facts/connectivity.md A4) */
};

static const char alpn[] = "argotunnel";
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE";

struct connection {
    ngtcp2_conn *conn;
    ngtcp2_crypto_conn_ref ref;
    gnutls_session_t tls;
    ngtcp2_cid first; /* the identifier that the client made up for its first packets */
    ngtcp2_cid own;
    int fd;
    struct sockaddr_storage local, remote;
    ngtcp2_path path;
};

struct edge_quic {
    const struct network_faults *faults;
    gnutls_certificate_credentials_t credentials[PKI_LEAVES];
    struct connection *connection[CONNECTIONS];
    size_t n;
    atomic_uint handshakes;
};

static ngtcp2_tstamp
now(void)
{
    return (ngtcp2_tstamp)clock_mono_us() * NGTCP2_MICROSECONDS;
}

struct edge_quic *
edge_quic_new(const struct pki *pki, const struct network_faults *faults, struct err *err)
{
    struct edge_quic *quic = calloc(1, sizeof(*quic));

    if (!quic)
        die("out of memory");
    quic->faults = faults;
    for (int leaf = 0; leaf < PKI_LEAVES; leaf++) {
        const char *pem = pki_leaf_pem(pki, (enum pki_leaf)leaf);
        gnutls_datum_t both = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
        int result = gnutls_certificate_allocate_credentials(&quic->credentials[leaf]);

        if (result == 0)
            result = gnutls_certificate_set_x509_key_mem(quic->credentials[leaf], &both, &both,
                                                         GNUTLS_X509_FMT_PEM);
        if (result < 0) {
            err_set(err, ERR_IO, "edge: certificate for QUIC: %s", gnutls_strerror(result));
            edge_quic_free(quic);
            return NULL;
        }
    }
    return quic;
}

static void
connection_free(struct connection *connection)
{
    if (connection->conn)
        ngtcp2_conn_del(connection->conn);
    if (connection->tls)
        gnutls_deinit(connection->tls);
    free(connection);
}

void
edge_quic_free(struct edge_quic *quic)
{
    if (!quic)
        return;
    for (size_t i = 0; i < quic->n; i++)
        connection_free(quic->connection[i]);
    for (int leaf = 0; leaf < PKI_LEAVES; leaf++)
        if (quic->credentials[leaf])
            gnutls_certificate_free_credentials(quic->credentials[leaf]);
    free(quic);
}

static void
fill_random(uint8_t *out, size_t n)
{
    if (gnutls_rnd(GNUTLS_RND_NONCE, out, n) != 0)
        die("no random numbers");
}

static void
on_rand(uint8_t *out, size_t n, const ngtcp2_rand_ctx *context)
{
    (void)context;
    fill_random(out, n);
}

static int
on_new_id(ngtcp2_conn *conn, ngtcp2_cid *id, uint8_t *token, size_t n, void *user)
{
    (void)conn;
    (void)user;
    fill_random(id->data, n);
    id->datalen = n;
    fill_random(token, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
}

static const ngtcp2_callbacks callbacks = {
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
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
    return ((struct connection *)ref->user_data)->conn;
}

/* With another ALPN than the tunnel's, the handshake ends as on a middlebox: 0x178. */
static bool
tls_begin(const struct edge_quic *quic, struct connection *connection)
{
    bool is_ours = !fault_on(quic->faults, FAULT_quic_other_alpn);
    const char *name = is_ours ? alpn : "h3";
    gnutls_datum_t protocol = {(unsigned char *)(uintptr_t)name, (unsigned)strlen(name)};

    if (gnutls_init(&connection->tls, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET) != 0)
        return false;
    connection->ref = (ngtcp2_crypto_conn_ref){conn_of, connection};
    gnutls_session_set_ptr(connection->tls, &connection->ref);
    return gnutls_priority_set_direct(connection->tls, priority, NULL) == 0 &&
           gnutls_credentials_set(connection->tls, GNUTLS_CRD_CERTIFICATE,
                                  quic->credentials[pki_leaf_now(quic->faults)]) == 0 &&
           gnutls_alpn_set_protocols(connection->tls, &protocol, 1, GNUTLS_ALPN_MANDATORY) == 0 &&
           ngtcp2_crypto_gnutls_configure_server_session(connection->tls) == 0;
}

static void
path_set(struct connection *connection, const struct edge_datagram *datagram)
{
    socklen_t n_local = sizeof(connection->local);

    connection->fd = datagram->fd;
    connection->remote = datagram->from;
    getsockname(datagram->fd, (struct sockaddr *)&connection->local, &n_local);
    connection->path.local.addr = (ngtcp2_sockaddr *)&connection->local;
    connection->path.local.addrlen = n_local;
    connection->path.remote.addr = (ngtcp2_sockaddr *)&connection->remote;
    connection->path.remote.addrlen = datagram->n_from;
}

static struct connection *
connection_new(const struct edge_quic *quic, const struct edge_datagram *datagram,
               const ngtcp2_pkt_hd *head)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    ngtcp2_settings settings;
    ngtcp2_transport_params params;

    if (!connection)
        die("out of memory");
    connection->first = head->dcid;
    connection->own.datalen = ID_BYTES;
    fill_random(connection->own.data, ID_BYTES);
    path_set(connection, datagram);
    ngtcp2_settings_default(&settings);
    settings.initial_ts = now();
    settings.max_tx_udp_payload_size = DATAGRAM_BYTES;
    ngtcp2_transport_params_default(&params);
    ngtcp2_params_set_original(&params, &head->dcid);
    params.max_idle_timeout = (ngtcp2_duration)IDLE_S * NGTCP2_SECONDS;
    if (!tls_begin(quic, connection) ||
        ngtcp2_conn_server_new(&connection->conn, &head->scid, &connection->own, &connection->path,
                               head->version, &callbacks, &settings, &params, NULL,
                               connection) != 0) {
        connection_free(connection);
        return NULL;
    }
    ngtcp2_conn_set_tls_native_handle(connection->conn, connection->tls);
    return connection;
}

/* A full socket loses what is sent, as a network would. */
static void
datagram_send(const struct connection *connection, const uint8_t *bytes, ngtcp2_ssize n)
{
    if (n > 0)
        (void)!sendto(connection->fd, bytes, (size_t)n, 0, connection->path.remote.addr,
                      connection->path.remote.addrlen);
}

/* False when the connection is over. */
static bool
connection_send(struct connection *connection)
{
    uint8_t bytes[DATAGRAM_BYTES];
    ngtcp2_ssize n;

    do {
        n = ngtcp2_conn_write_pkt(connection->conn, NULL, NULL, bytes, sizeof(bytes), now());
        datagram_send(connection, bytes, n);
    } while (n > 0);
    return n == 0;
}

static void
connection_close(struct connection *connection, const ngtcp2_ccerr *reason)
{
    uint8_t bytes[DATAGRAM_BYTES];
    ngtcp2_ssize n = ngtcp2_conn_write_connection_close(connection->conn, NULL, NULL, bytes,
                                                        sizeof(bytes), reason, now());

    datagram_send(connection, bytes, n);
}

static void
connection_fail(struct connection *connection, int error)
{
    ngtcp2_ccerr reason;

    ngtcp2_ccerr_default(&reason);
    if (error == NGTCP2_ERR_CRYPTO)
        ngtcp2_ccerr_set_tls_alert(&reason, ngtcp2_conn_get_tls_alert(connection->conn), NULL, 0);
    else
        ngtcp2_ccerr_set_liberr(&reason, error, NULL, 0);
    connection_close(connection, &reason);
}

static void
connection_refuse(struct connection *connection)
{
    ngtcp2_ccerr reason;

    ngtcp2_ccerr_default(&reason);
    ngtcp2_ccerr_set_transport_error(&reason, NGTCP2_CONNECTION_REFUSED, NULL, 0);
    connection_close(connection, &reason);
}

/* False when the connection is over. */
static bool
connection_receive(const struct edge_quic *quic, struct connection *connection,
                   const struct edge_datagram *datagram)
{
    int error = ngtcp2_conn_read_pkt(connection->conn, &connection->path, NULL, datagram->bytes,
                                     datagram->n, now());

    if (error == 0 && fault_on(quic->faults, FAULT_quic_refused)) {
        connection_refuse(connection);
        return false;
    }
    if (error == 0)
        return connection_send(connection);
    if (error != NGTCP2_ERR_DRAINING && error != NGTCP2_ERR_DROP_CONN && error != NGTCP2_ERR_RETRY)
        connection_fail(connection, error);
    return false;
}

static void
connection_drop(struct edge_quic *quic, size_t i)
{
    connection_free(quic->connection[i]);
    quic->connection[i] = quic->connection[--quic->n];
}

static size_t
find(const struct edge_quic *quic, const uint8_t *id, size_t n)
{
    size_t i = 0;

    for (; i < quic->n; i++) {
        const struct connection *c = quic->connection[i];

        if ((n == c->own.datalen && memcmp(id, c->own.data, n) == 0) ||
            (n == c->first.datalen && memcmp(id, c->first.data, n) == 0))
            break;
    }
    return i;
}

void
edge_quic_receive(struct edge_quic *quic, const struct edge_datagram *datagram)
{
    ngtcp2_version_cid ids;
    ngtcp2_pkt_hd head;
    size_t i;

    if (ngtcp2_pkt_decode_version_cid(&ids, datagram->bytes, datagram->n, ID_BYTES) != 0)
        return;
    i = find(quic, ids.dcid, ids.dcidlen);
    if (i == quic->n) {
        if (quic->n == CONNECTIONS || ngtcp2_accept(&head, datagram->bytes, datagram->n) != 0)
            return;
        quic->connection[i] = connection_new(quic, datagram, &head);
        if (!quic->connection[i])
            return;
        quic->n++;
        quic->handshakes++;
    }
    if (!connection_receive(quic, quic->connection[i], datagram))
        connection_drop(quic, i);
}

int64_t
edge_quic_deadline_ms(const struct edge_quic *quic)
{
    ngtcp2_tstamp earliest = UINT64_MAX;

    for (size_t i = 0; i < quic->n; i++) {
        ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(quic->connection[i]->conn);

        if (expiry < earliest)
            earliest = expiry;
    }
    if (earliest == UINT64_MAX)
        return INT64_MAX;
    return (int64_t)(earliest / NGTCP2_MILLISECONDS) + 1; /* not before it is due */
}

void
edge_quic_run(struct edge_quic *quic)
{
    for (size_t i = quic->n; i-- > 0;) {
        ngtcp2_conn *conn = quic->connection[i]->conn;

        if (ngtcp2_conn_get_expiry(conn) > now())
            continue;
        if (ngtcp2_conn_handle_expiry(conn, now()) != 0 || !connection_send(quic->connection[i]))
            connection_drop(quic, i);
    }
}

unsigned
edge_quic_handshakes(const struct edge_quic *quic)
{
    return quic->handshakes;
}
