#include "probe/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"
#include "core/text.h"
#include "core/trust.h"

enum {
    PADDING_EXTENSION = 0x3a3a, /* reserved to be ignored (RFC 8701) */
    PADDING_BYTES = 1216,       /* of an ML-KEM share */
};

struct tls_trust {
    SSL_CTX *context;
    struct tls_trust *like; /* NULL */
    bool is_loaded;
};

struct tls {
    SSL *ssl;
    bool is_done, is_large;
    long verify_error; /* the first one; X509_V_OK */
};

static const char *
last_error(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "unknown error";
}

/* The first mistake is the one to show; going on lets us see who the peer claims to be. */
static int
remember_first(int is_ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *tls = SSL_get_app_data(ssl);

    if (!is_ok && tls->verify_error == X509_V_OK)
        tls->verify_error = X509_STORE_CTX_get_error(store);
    return 1;
}

/* An extension that every server ignores, so that the ClientHello takes two packets. */
static int
add_padding(SSL *ssl, unsigned type, unsigned context, const unsigned char **out, size_t *n,
            X509 *certificate, size_t chain, int *alert, void *argument)
{
    static const unsigned char padding[PADDING_BYTES];
    const struct tls *tls = SSL_get_app_data(ssl);

    (void)type, (void)context, (void)certificate, (void)chain, (void)alert, (void)argument;
    *out = padding;
    *n = sizeof(padding);
    return tls && tls->is_large; /* 0: not in this one */
}

struct tls_trust *
tls_trust_open(const char *extra_ca_file, struct tls_trust *like, struct err *err)
{
    struct tls_trust *trust = calloc(1, sizeof(*trust));

    if (!trust)
        die("out of memory");
    ERR_clear_error();
    trust->like = like;
    trust->context = SSL_CTX_new(TLS_client_method());
    if (!trust->context)
        die("cannot start OpenSSL: %s", last_error());
    SSL_CTX_set_min_proto_version(trust->context, TLS1_2_VERSION); /* as cloudflared does */
    SSL_CTX_set_verify(trust->context, SSL_VERIFY_PEER, remember_first);
    SSL_CTX_add_custom_ext(trust->context, PADDING_EXTENSION, SSL_EXT_CLIENT_HELLO, add_padding,
                           NULL, NULL, NULL, NULL);
    SSL_CTX_set_session_cache_mode(trust->context, SSL_SESS_CACHE_OFF); /* whole handshakes only */
    if (extra_ca_file && SSL_CTX_load_verify_file(trust->context, extra_ca_file) != 1) {
        err_set(err, ERR_CONFIG, "%s: cannot read CA certificates: %s", extra_ca_file,
                last_error());
        tls_trust_close(trust);
        return NULL;
    }
    return trust;
}

void
tls_trust_close(struct tls_trust *trust)
{
    if (!trust)
        return;
    SSL_CTX_free(trust->context);
    free(trust);
}

static void
copy_store(X509_STORE *from, X509_STORE *to)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(from);

    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (certificate)
            X509_STORE_add_cert(to, certificate);
    }
}

/* A system without any store trusts nobody, and every check will say so. */
void
tls_trust_load(struct tls_trust *trust)
{
    if (trust->is_loaded)
        return;
    trust->is_loaded = true;
    if (!getenv(X509_get_default_cert_file_env()) && trust_is_hashed(X509_get_default_cert_dir())) {
        SSL_CTX_set_default_verify_dir(trust->context);
    } else if (trust->like) {
        tls_trust_load(trust->like);
        copy_store(SSL_CTX_get_cert_store(trust->like->context),
                   SSL_CTX_get_cert_store(trust->context));
        SSL_CTX_set_default_verify_dir(trust->context);
    } else {
        SSL_CTX_set_default_verify_paths(trust->context);
    }
}

struct tls *
tls_open(struct tls_trust *trust, int fd, const char *name, unsigned manner)
{
    static const unsigned char http[] = "\x02h2\x08http/1.1"; /* RFC 7301 */
    struct tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        die("out of memory");
    tls_trust_load(trust);
    tls->verify_error = X509_V_OK;
    tls->ssl = SSL_new(trust->context);
    if (!tls->ssl || SSL_set_fd(tls->ssl, fd) != 1)
        die("out of memory");
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_connect_state(tls->ssl);
    tls->is_large = manner & TLS_IS_LARGE;
    if (manner & TLS_OFFERS_HTTP)
        SSL_set_alpn_protos(tls->ssl, http, sizeof(http) - 1);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), name) != 1) { /* not a literal */
        SSL_set1_host(tls->ssl, name);
        SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set_tlsext_host_name(tls->ssl, name);
    }
    return tls;
}

void
tls_close(struct tls *tls)
{
    if (!tls)
        return;
    ERR_clear_error();
    if (tls->is_done)
        (void)SSL_shutdown(tls->ssl); /* says goodbye, waits for nothing */
    SSL_free(tls->ssl);
    free(tls);
}

/* What OpenSSL's error queue says about a failed handshake. */
static void
explain(int saved_errno, int ssl_error, const char *when, struct fault *fault)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);

    if (ssl_error == SSL_ERROR_SYSCALL && saved_errno)
        fault_set_errno(fault, STAGE_tls, saved_errno, when);
    else if (ssl_error == SSL_ERROR_SYSCALL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        fault_set(fault, STAGE_tls, SIGNAL_eof, 0, "closed by the peer %s", when);
    else if (reason >= SSL_AD_REASON_OFFSET)
        fault_set(fault, STAGE_tls, SIGNAL_alert, reason - SSL_AD_REASON_OFFSET,
                  "TLS alert %d (%s)", reason - SSL_AD_REASON_OFFSET,
                  SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
             reason == SSL_R_PACKET_LENGTH_TOO_LONG)
        fault_set(fault, STAGE_tls, SIGNAL_plaintext, reason, "the answer is not TLS (%s)",
                  last_error());
    else
        fault_set(fault, STAGE_tls, SIGNAL_tls, reason, "%s", last_error());
}

/* What a call that returned n means; ERR_clear_error and errno = 0 went before it. */
static enum tls_step
outcome(struct tls *tls, int n, const char *when, struct fault *fault)
{
    int saved_errno = errno, ssl_error;

    if (n > 0)
        return TLS_done;
    ssl_error = SSL_get_error(tls->ssl, n);
    if (ssl_error == SSL_ERROR_WANT_READ)
        return TLS_wants_read;
    if (ssl_error == SSL_ERROR_WANT_WRITE)
        return TLS_wants_write;
    if (ssl_error == SSL_ERROR_ZERO_RETURN)
        fault_set(fault, STAGE_tls, SIGNAL_eof, 0, "closed by the peer %s", when);
    else
        explain(saved_errno, ssl_error, when, fault);
    ERR_clear_error();
    return TLS_failed;
}

static void
begin_call(void)
{
    ERR_clear_error();
    errno = 0;
}

enum tls_step
tls_step(struct tls *tls, struct fault *fault)
{
    enum tls_step step;

    begin_call();
    step = outcome(tls, SSL_do_handshake(tls->ssl), "in the handshake", fault);
    tls->is_done |= step == TLS_done;
    return step;
}

enum tls_step
tls_send(struct tls *tls, const void *bytes, size_t n, struct fault *fault)
{
    begin_call();
    return outcome(tls, SSL_write(tls->ssl, bytes, (int)n), "while sending", fault);
}

enum tls_step
tls_receive(struct tls *tls, void *out, size_t size, size_t *n, struct fault *fault)
{
    int got;

    begin_call();
    got = SSL_read(tls->ssl, out, (int)size);
    *n = got > 0 ? (size_t)got : 0;
    return outcome(tls, got, "before it answered", fault);
}

/* "O=Example Corp, CN=Example Proxy CA", made safe. */
static void
add_issuer(struct text *out, const X509 *certificate)
{
    static const struct {
        int nid;
        const char *label;
    } parts[] = {{NID_organizationName, "O="}, {NID_commonName, "CN="}};
    X509_NAME *name = X509_get_issuer_name(certificate);
    const char *between = "";

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        int at = X509_NAME_get_index_by_NID(name, parts[i].nid, -1);
        unsigned char *utf8 = NULL;
        int n;

        if (at < 0)
            continue;
        n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
        if (n < 0)
            continue;
        text_addf(out, "%s%s", between, parts[i].label);
        text_addn(out, (const char *)utf8, (size_t)n > 60 ? 60 : (size_t)n);
        between = ", ";
        OPENSSL_free(utf8);
    }
    if (!*between)
        text_add(out, "nameless");
}

static bool
is_issued_by_cloudflare_origin(const X509 *certificate)
{
    char line[512] = "";

    X509_NAME_oneline(X509_get_issuer_name(certificate), line, sizeof(line));
    return text_contains(line, "cloudflare origin ssl") ||
           text_contains(line, "origin-pull.cloudflare.net");
}

static enum signal
meaning(long verify_error, const X509 *certificate)
{
    switch (verify_error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return SIGNAL_wrong_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return SIGNAL_expired;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return is_issued_by_cloudflare_origin(certificate) ? SIGNAL_origin_ca : SIGNAL_untrusted;
    default:
        return SIGNAL_certificate;
    }
}

static bool
judge_certificate(long verify_error, const X509 *certificate, struct fault *fault)
{
    TEXT(issuer, 160);

    if (verify_error == X509_V_OK && certificate)
        return true;
    if (!certificate) {
        fault_set(fault, STAGE_tls, SIGNAL_certificate, 0, "no certificate");
        return false;
    }
    add_issuer(&issuer, certificate);
    fault_set(fault, STAGE_tls, meaning(verify_error, certificate), (int)verify_error,
              "%s; issuer %s", X509_verify_cert_error_string(verify_error), issuer.bytes);
    return false;
}

bool
tls_judge(const struct tls *tls, struct fault *fault)
{
    return judge_certificate(tls->verify_error, SSL_get0_peer_certificate(tls->ssl), fault);
}

/* --- a handshake that somebody else makes --- */

static int
lent_index(void)
{
    static int index = -1; /* of the one thread that makes such connections */

    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static int
judge_lent(int is_ok, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_lent *lent = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), lent_index());
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);
    int error = X509_STORE_CTX_get_error(store);

    if (is_ok)
        return 1;
    if (lent->is_timeless && meaning(error, leaf) == SIGNAL_expired) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (lent->fault.signal == SIGNAL_none)
        judge_certificate(error, leaf, &lent->fault);
    return 0;
}

void
tls_trust_lend(struct tls_trust *trust, void *ssl_ctx, struct tls_lent *lent)
{
    tls_trust_load(trust);
    SSL_CTX_set1_cert_store(ssl_ctx, SSL_CTX_get_cert_store(trust->context));
    SSL_CTX_set_ex_data(ssl_ctx, lent_index(), lent);
    SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, judge_lent);
}

bool
tls_peer(const struct tls *tls, struct tls_blob *out)
{
    const X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    int n = certificate ? i2d_X509(certificate, NULL) : 0;
    unsigned char *bytes = n > 0 ? malloc((size_t)n) : NULL, *end = bytes;

    if (n <= 0)
        return false;
    if (!bytes)
        die("out of memory");
    i2d_X509(certificate, &end);
    *out = (struct tls_blob){bytes, (size_t)n};
    return true;
}

static STACK_OF(X509) * read_chain(const struct tls_blob *chain, size_t n)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();

    if (!certificates)
        die("out of memory");
    for (size_t i = 0; i < n; i++) {
        const unsigned char *at = chain[i].bytes;
        X509 *certificate = d2i_X509(NULL, &at, (long)chain[i].n);

        if (!certificate)
            break;
        sk_X509_push(certificates, certificate);
    }
    ERR_clear_error();
    return certificates;
}

static long
verify_chain(struct tls_trust *trust, STACK_OF(X509) * certificates, const char *name)
{
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    long error;

    if (!store || X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(trust->context),
                                      sk_X509_value(certificates, 0), certificates) != 1)
        die("out of memory");
    X509_STORE_CTX_set_default(store, "ssl_server");
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(store), name, 0);
    X509_VERIFY_PARAM_set_hostflags(X509_STORE_CTX_get0_param(store),
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    error = X509_verify_cert(store) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(store);
    X509_STORE_CTX_free(store);
    ERR_clear_error();
    return error;
}

bool
tls_judge_chain(struct tls_trust *trust, const struct tls_chain *chain, struct fault *fault,
                struct text *identity)
{
    STACK_OF(X509) *certificates = read_chain(chain->certificates, chain->n);
    X509 *leaf = sk_X509_num(certificates) > 0 ? sk_X509_value(certificates, 0) : NULL;
    bool is_good;

    tls_trust_load(trust);
    if (leaf) {
        text_add(identity, "issuer ");
        add_issuer(identity, leaf);
    }
    is_good =
        judge_certificate(leaf ? verify_chain(trust, certificates, chain->name) : 0, leaf, fault);
    sk_X509_pop_free(certificates, X509_free);
    return is_good;
}

const char *
tls_alert_name(int alert)
{
    return SSL_alert_desc_string_long(alert);
}

void
tls_explain_timeout(const struct tls *tls, int deadline_ms, struct fault *fault)
{
    bool has_server_hello = SSL_get_current_cipher(tls->ssl) != NULL;

    fault_set(fault, STAGE_tls, SIGNAL_timeout, deadline_ms, "timeout after %d ms, %s", deadline_ms,
              has_server_hello ? "after the server's first flight"
                               : "nothing came back after ClientHello");
}

void
tls_add_identity(struct text *out, const struct tls *tls)
{
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

    text_add(out, SSL_get_version(tls->ssl));
    if (!certificate)
        return;
    text_add(out, ", issuer ");
    add_issuer(out, certificate);
}
