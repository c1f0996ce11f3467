#include "probe/quic.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/ngtcp2_names.h"
#include "core/text.h"
#include "probe/quic_close.h"
#include "probe/tls.h"
#include "probe/udp.h"

enum {
    ID_BYTES = 16,
    FIRST_BYTES_IPV4 = 1232, /* cloudflared's own sizes (facts A4) */
    FIRST_BYTES_IPV6 = 1252,
    LARGEST_BYTES = 1500,
    MOST_CERTIFICATES = 8,
    STREAMS = 8,                /* that the peer may open: some refuse a client that allows none */
    PADDING_EXTENSION = 0x3a3a, /* reserved to be ignored (RFC 8701) */
    PADDING_BYTES = 1216,       /* of an ML-KEM share */
    FIRST_CRYPTO_ERROR = 0x100, /* RFC 9001 §4.8: the rest is a TLS alert */
    LAST_CRYPTO_ERROR = 0x1ff,
};

static const char after_retry[] = "QUIC v1 after Retry";
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:"
                               "+GROUP-SECP256R1:%DISABLE_TLS13_COMPAT_MODE";

struct quic {
    struct quic_plan plan;
    struct quic_result result;
    int fd;
    struct watch watch;
    struct timer deadline, expiry, tell;
    int64_t started_us;
    size_t datagram_bytes;
    size_t n_answers, n_strange; /* datagrams: of the handshake, and others that came instead */
    ngtcp2_cid source;           /* what answers are addressed to */
    struct sockaddr_storage local;
    ngtcp2_path path;
    ngtcp2_conn *conn;
    ngtcp2_crypto_conn_ref ref;
    gnutls_session_t tls;
    gnutls_certificate_credentials_t credentials;
};

static ngtcp2_tstamp
now(void)
{
    return (ngtcp2_tstamp)clock_mono_us() * NGTCP2_MICROSECONDS;
}

static void
fill_random(uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);

        if (got < 0)
            continue;
        out += got;
        n -= (size_t)got;
    }
}

/* --- the end --- */

static void
hang_up(struct quic *quic)
{
    struct loop *loop = quic->plan.loop;

    loop_unwatch(loop, &quic->watch);
    timer_clear(loop, &quic->deadline);
    timer_clear(loop, &quic->expiry);
    if (quic->conn)
        ngtcp2_conn_del(quic->conn);
    if (quic->tls)
        gnutls_deinit(quic->tls);
    if (quic->credentials)
        gnutls_certificate_free_credentials(quic->credentials);
    if (quic->fd >= 0)
        close(quic->fd);
    quic->conn = NULL;
    quic->tls = NULL;
    quic->credentials = NULL;
    quic->fd = -1;
}

static void
tell(void *context)
{
    struct quic *quic = context;

    quic->plan.done(quic->plan.context);
}

/* The result is filled in. */
static void
finish(struct quic *quic)
{
    struct quic_result *result = &quic->result;

    hang_up(quic);
    if (result->has_retried && !*result->note)
        text_clean(result->note, sizeof(result->note), after_retry, sizeof(after_retry) - 1);
    quic->tell = (struct timer){.due = tell, .context = quic};
    timer_set(quic->plan.loop, &quic->tell, 0);
}

static void
give_up(void *context)
{
    struct quic *quic = context;
    struct fault *fault = &quic->result.fault;

    if (quic->n_answers == 0 && quic->n_strange == 0)
        fault_set(fault, STAGE_quic, SIGNAL_timeout, QUIC_DEADLINE_MS,
                  "timeout after %d ms, no answer to QUIC v1", QUIC_DEADLINE_MS);
    else if (quic->n_answers == 0)
        fault_set(fault, STAGE_quic, SIGNAL_quic_strange, (int)quic->n_strange,
                  "timeout after %d ms, %zu datagrams that are no answer", QUIC_DEADLINE_MS,
                  quic->n_strange);
    else
        fault_set(fault, STAGE_quic, SIGNAL_quic_unfinished, QUIC_DEADLINE_MS,
                  "timeout after %d ms, the QUIC handshake stopped after %zu datagrams from the "
                  "peer",
                  QUIC_DEADLINE_MS, quic->n_answers);
    finish(quic);
}

/* The peer closed, or the handshake went wrong on our side. */
static void
explain(struct quic *quic, int error)
{
    struct fault *fault = &quic->result.fault;
    uint64_t code = ngtcp2_close_of(quic->conn).error_code;

    if (error == NGTCP2_ERR_CRYPTO) {
        int alert = ngtcp2_conn_get_tls_alert(quic->conn);

        fault_set(fault, STAGE_tls, SIGNAL_tls, alert, "we ended the QUIC handshake: %s",
                  alert ? tls_alert_name(alert) : "it is no TLS 1.3");
    } else if (error == NGTCP2_ERR_RECV_VERSION_NEGOTIATION) {
        fault_set(fault, STAGE_quic, SIGNAL_quic_version, 0, "the peer does not speak QUIC v1");
    } else if (code >= FIRST_CRYPTO_ERROR && code <= LAST_CRYPTO_ERROR) {
        int alert = (int)code - FIRST_CRYPTO_ERROR;

        fault_set(fault, STAGE_tls, SIGNAL_alert, alert, "QUIC close 0x%x, TLS alert %d (%s)",
                  (unsigned)code, alert, tls_alert_name(alert));
    } else if (error == NGTCP2_ERR_DRAINING) {
        fault_set(fault, STAGE_quic, SIGNAL_quic_close, (int)code, "QUIC close 0x%llx (%s)",
                  (unsigned long long)code, quic_close_name(code));
    } else {
        fault_set(fault, STAGE_quic, SIGNAL_quic_close, error, "QUIC: %s", ngtcp2_strerror(error));
    }
    finish(quic);
}

/* No stream was opened and nothing was registered: the edge need not wait for us. */
static void
say_goodbye(struct quic *quic)
{
    ngtcp2_ccerr reason;
    uint8_t bytes[LARGEST_BYTES];
    ngtcp2_ssize n;

    ngtcp2_ccerr_default(&reason);
    n = ngtcp2_conn_write_connection_close(quic->conn, NULL, NULL, bytes, quic->datagram_bytes,
                                           &reason, now());
    if (n > 0)
        (void)!send(quic->fd, bytes, (size_t)n, MSG_NOSIGNAL);
}

static void
judge(struct quic *quic)
{
    struct quic_result *result = &quic->result;
    struct tls_blob blobs[MOST_CERTIFICATES];
    struct tls_chain chain = {.certificates = blobs, .name = quic->plan.name};
    struct text note = {.bytes = result->note, .size = sizeof(result->note)};
    unsigned n = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(quic->tls, &n);

    result->us = clock_mono_us() - quic->started_us;
    for (; chain.n < n && chain.n < MOST_CERTIFICATES; chain.n++)
        blobs[chain.n] = (struct tls_blob){peers[chain.n].data, peers[chain.n].size};
    text_addf(&note, "%s, ", result->has_retried ? after_retry : "QUIC v1");
    (void)tls_judge_chain(quic->plan.trust, &chain, &result->fault, &note);
    say_goodbye(quic);
    finish(quic);
}

/* --- on the way --- */

static void
send_failed(struct quic *quic, int error)
{
    struct fault *fault = &quic->result.fault;

    if (!udp_read_error(quic->fd, fault) || error == EPERM || error == EMSGSIZE)
        fault_set_errno(fault, STAGE_quic, error, "sending");
    finish(quic);
}

static void go_on(struct quic *quic);

static void
expired(void *context)
{
    struct quic *quic = context;
    int error = ngtcp2_conn_handle_expiry(quic->conn, now());

    if (error != 0)
        explain(quic, error);
    else
        go_on(quic);
}

/* Send what is due, then wait. */
static void
go_on(struct quic *quic)
{
    uint8_t bytes[LARGEST_BYTES];
    ngtcp2_tstamp due;
    ngtcp2_ssize n;

    while ((n = ngtcp2_conn_write_pkt(quic->conn, NULL, NULL, bytes, quic->datagram_bytes, now())) >
           0) {
        if (n > quic->result.datagram_bytes)
            quic->result.datagram_bytes = n;
        if (send(quic->fd, bytes, (size_t)n, MSG_NOSIGNAL) < 0 && errno != EAGAIN &&
            errno != ENOBUFS && errno != EINTR) {
            send_failed(quic, errno);
            return;
        }
    }
    if (n < 0) {
        explain(quic, (int)n);
        return;
    }
    timer_clear(quic->plan.loop, &quic->expiry);
    due = ngtcp2_conn_get_expiry(quic->conn);
    if (due == UINT64_MAX)
        return;
    quic->expiry = (struct timer){.due = expired, .context = quic};
    timer_set(quic->plan.loop, &quic->expiry, (int64_t)(due / NGTCP2_MICROSECONDS) + 1);
}

/* Whoever has seen our datagram knows the identifier that we want to be called by (RFC 8999);
 * others may send us anything. */
static bool
is_to_us(const struct quic *quic, const uint8_t *bytes, size_t n)
{
    const ngtcp2_cid *own = &quic->source;
    size_t at = bytes[0] & 0x80 ? 6 : 1; /* after version and length, where the header is long */

    return n >= at + own->datalen && memcmp(bytes + at, own->data, own->datalen) == 0;
}

/* Whatever the answer is, it proves what a knock asks. After Retry the peer has nothing to forget.
 */
static void
end_knock(struct quic *quic, int error)
{
    if (error == 0 && !quic->result.has_retried)
        say_goodbye(quic);
    finish(quic);
}

/* False when the handshake is over, well or badly. */
static bool
take(struct quic *quic, const uint8_t *bytes, size_t n)
{
    int error;

    if (n == 0) /* which is no packet, and nobody's answer */
        return true;
    if (!is_to_us(quic, bytes, n))
        quic->n_strange++;
    else if (quic->n_answers++ == 0)
        quic->result.first_us = clock_mono_us() - quic->started_us;
    error = ngtcp2_conn_read_pkt(quic->conn, &quic->path, NULL, bytes, n, now());
    if (quic->plan.knock_bytes > 0 && quic->n_answers > 0)
        end_knock(quic, error);
    else if (error != 0)
        explain(quic, error);
    else if (ngtcp2_conn_get_handshake_completed(quic->conn))
        judge(quic);
    return quic->fd >= 0;
}

static void
receive(void *context, unsigned events)
{
    struct quic *quic = context;
    uint8_t bytes[65536 / 16];
    ssize_t n;
    int error;

    while ((n = recv(quic->fd, bytes, sizeof(bytes), 0)) >= 0)
        if (!take(quic, bytes, (size_t)n))
            return;
    error = errno;
    if (error != EAGAIN || events & LOOP_TROUBLE) {
        if (udp_read_error(quic->fd, &quic->result.fault)) {
            finish(quic);
            return;
        }
        if (error != EAGAIN && error != EINTR) {
            fault_set_errno(&quic->result.fault, STAGE_quic, error, "receiving");
            finish(quic);
            return;
        }
    }
    go_on(quic);
}

/* --- the beginning --- */

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

static int
on_retry(ngtcp2_conn *conn, const ngtcp2_pkt_hd *head, void *user)
{
    struct quic *quic = user;

    quic->result.has_retried = true;
    return ngtcp2_crypto_recv_retry_cb(conn, head, user);
}

static const ngtcp2_callbacks callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .recv_retry = on_retry,
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
    return ((struct quic *)ref->user_data)->conn;
}

static int
add_padding(gnutls_session_t session, gnutls_buffer_t out)
{
    static const char padding[PADDING_BYTES];

    (void)session;
    return gnutls_buffer_append_data(out, padding, sizeof(padding));
}

static int
ignore_padding(gnutls_session_t session, const unsigned char *bytes, size_t n)
{
    (void)session;
    (void)bytes;
    (void)n;
    return 0;
}

/* Who the peer is, is judged with the certificates of tls.h, not with GnuTLS's. */
static bool
begin_tls(struct quic *quic)
{
    const char *alpn = quic->plan.protocol ? quic->plan.protocol : QUIC_EDGE_PROTOCOL;
    gnutls_datum_t protocol = {(unsigned char *)(uintptr_t)alpn, (unsigned)strlen(alpn)};
    const char *name = quic->plan.name;

    if (gnutls_certificate_allocate_credentials(&quic->credentials) != 0 ||
        gnutls_init(&quic->tls, GNUTLS_CLIENT | GNUTLS_KEY_SHARE_TOP2) != 0)
        return false;
    quic->ref = (ngtcp2_crypto_conn_ref){conn_of, quic};
    gnutls_session_set_ptr(quic->tls, &quic->ref);
    if (quic->plan.is_large &&
        gnutls_session_ext_register(quic->tls, "padding", PADDING_EXTENSION, GNUTLS_EXT_TLS,
                                    ignore_padding, add_padding, NULL, NULL, NULL,
                                    GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS) != 0)
        return false;
    return gnutls_priority_set_direct(quic->tls, priority, NULL) == 0 &&
           gnutls_credentials_set(quic->tls, GNUTLS_CRD_CERTIFICATE, quic->credentials) == 0 &&
           gnutls_server_name_set(quic->tls, GNUTLS_NAME_DNS, name, strlen(name)) == 0 &&
           gnutls_alpn_set_protocols(quic->tls, &protocol, 1, GNUTLS_ALPN_MANDATORY) == 0 &&
           ngtcp2_crypto_gnutls_configure_client_session(quic->tls) == 0;
}

static bool
begin_quic(struct quic *quic)
{
    ngtcp2_cid destination = {.datalen = ID_BYTES}, source = {.datalen = ID_BYTES};
    ngtcp2_settings settings;
    ngtcp2_transport_params params;

    fill_random(destination.data, ID_BYTES);
    fill_random(source.data, ID_BYTES);
    ngtcp2_settings_default(&settings);
    settings.initial_ts = now();
    settings.max_tx_udp_payload_size = quic->datagram_bytes;
    settings.no_tx_udp_payload_size_shaping = 1;
    ngtcp2_transport_params_default(&params);
    params.initial_max_streams_bidi = params.initial_max_streams_uni = STREAMS;
    if (ngtcp2_conn_client_new(&quic->conn, &destination, &source, &quic->path, NGTCP2_PROTO_VER_V1,
                               &callbacks, &settings, &params, NULL, quic) != 0)
        return false;
    quic->source = source;
    ngtcp2_conn_set_tls_native_handle(quic->conn, quic->tls);
    return true;
}

static bool
begin_path(struct quic *quic)
{
    const struct address *to = &quic->plan.address[0];
    socklen_t n = sizeof(quic->local);

    quic->fd = udp_open(to);
    if (quic->fd < 0)
        return false;
    getsockname(quic->fd, (struct sockaddr *)&quic->local, &n);
    quic->path.local = (ngtcp2_addr){(ngtcp2_sockaddr *)&quic->local, n};
    quic->path.remote = (ngtcp2_addr){(ngtcp2_sockaddr *)(uintptr_t)&to->bytes, to->n};
    quic->datagram_bytes = address_family(to) == 6 ? FIRST_BYTES_IPV6 : FIRST_BYTES_IPV4;
    if (quic->plan.knock_bytes > 0)
        quic->datagram_bytes = quic->plan.knock_bytes;
    return true;
}

void
quic_load(void)
{
    gnutls_session_t session;

    if (gnutls_init(&session, GNUTLS_CLIENT) != 0)
        return;
    (void)ngtcp2_crypto_gnutls_configure_client_session(session);
    (void)ngtcp2_strerror(0);
    gnutls_deinit(session);
}

struct quic *
quic_start(const struct quic_plan *plan)
{
    struct quic *quic = calloc(1, sizeof(*quic));

    if (!quic)
        die("out of memory");
    quic->plan = *plan;
    quic->started_us = clock_mono_us();
    quic->result.us = quic->result.first_us = -1;
    if (!begin_path(quic)) {
        fault_set_errno(&quic->result.fault, STAGE_quic, errno, NULL);
        finish(quic);
        return quic;
    }
    if (!begin_tls(quic) || !begin_quic(quic))
        die("cannot start a QUIC handshake");
    quic->watch = (struct watch){.ready = receive, .context = quic};
    quic->deadline = (struct timer){.due = give_up, .context = quic};
    timer_set(plan->loop, &quic->deadline, quic->started_us + QUIC_DEADLINE_MS * INT64_C(1000));
    loop_watch(plan->loop, &quic->watch, quic->fd, LOOP_READ);
    go_on(quic);
    return quic;
}

const struct quic_result *
quic_result(const struct quic *quic)
{
    return &quic->result;
}

void
quic_free(struct quic *quic)
{
    if (!quic)
        return;
    hang_up(quic);
    timer_clear(quic->plan.loop, &quic->tell);
    free(quic);
}
