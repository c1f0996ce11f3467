#include "sim/pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/die.h"
#include "sim/network_faults.h"

enum { DAY_S = 24 * 60 * 60, PEM_ROOM = 4096 };

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

struct pki {
    struct authority genuine, other, tunnel;
    EVP_PKEY *leaf_key;
    SSL_CTX *server[PKI_LEAVES];
    char *pem[PKI_LEAVES];
};

struct pki_session {
    SSL *ssl;
};

#define EDGE_NAMES                                                                                 \
    "DNS:quic.cftunnel.com,DNS:h2.cftunnel.com,DNS:probe.cftunnel.com,IP:127.0.0.1,IP:::1"

/* How each leaf differs. */
static const struct leaf_plan {
    bool is_genuine;
    long from_days, to_days; /* from now */
    const char *common_name, *names;
} leaf_plans[PKI_LEAVES] = {
    [PKI_genuine] = {true, -30, 60, "cftunnel.com", EDGE_NAMES},
    [PKI_other_authority] = {false, -30, 60, "cftunnel.com", EDGE_NAMES},
    [PKI_expired] = {true, -91, -1, "cftunnel.com", EDGE_NAMES},
    [PKI_other_name] = {true, -30, 60, "portal.example.net", "DNS:portal.example.net"},
};

static bool
failed(struct err *err, const char *what)
{
    char reason[160];

    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    ERR_clear_error();
    return err_set(err, ERR_IO, "certificates: %s: %s", what, reason);
}

static bool
extension_add(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool ok;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static bool
serial_set(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool ok = number && BN_rand(number, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

    BN_free(number);
    return ok;
}

/* A certificate with everything but extensions, issuer and signature. */
static X509 *
certificate_new(EVP_PKEY *key, const char *organisation, const char *common_name)
{
    X509 *certificate = X509_new();
    X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;

    if (!name || !X509_set_version(certificate, X509_VERSION_3) || !serial_set(certificate) ||
        !X509_set_pubkey(certificate, key) ||
        !X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)organisation,
                                    -1, -1, 0) ||
        !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                    -1, -1, 0)) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static bool
authority_make(struct authority *out, const char *organisation, const char *common_name)
{
    X509 *c;

    out->key = EVP_EC_gen("P-256");
    c = out->key ? certificate_new(out->key, organisation, common_name) : NULL;
    out->certificate = c;
    return c && X509_set_issuer_name(c, X509_get_subject_name(c)) &&
           X509_gmtime_adj(X509_getm_notBefore(c), -365L * DAY_S) &&
           X509_gmtime_adj(X509_getm_notAfter(c), 4 * 365L * DAY_S) &&
           extension_add(c, c, NID_basic_constraints, "critical,CA:TRUE") &&
           extension_add(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           extension_add(c, c, NID_subject_key_identifier, "hash") &&
           X509_sign(c, out->key, EVP_sha256());
}

static X509 *
leaf_make(const struct pki *pki, const struct authority *by, const struct leaf_plan *plan)
{
    X509 *c = certificate_new(pki->leaf_key, "Simulated Edge", plan->common_name);

    if (!c || !X509_set_issuer_name(c, X509_get_subject_name(by->certificate)) ||
        !X509_gmtime_adj(X509_getm_notBefore(c), plan->from_days * DAY_S) ||
        !X509_gmtime_adj(X509_getm_notAfter(c), plan->to_days * DAY_S) ||
        !extension_add(c, by->certificate, NID_subject_alt_name, plan->names) ||
        !extension_add(c, by->certificate, NID_ext_key_usage, "serverAuth") ||
        !extension_add(c, by->certificate, NID_subject_key_identifier, "hash") ||
        !extension_add(c, by->certificate, NID_authority_key_identifier, "keyid:always") ||
        !X509_sign(c, by->key, EVP_sha256())) {
        X509_free(c);
        return NULL;
    }
    return c;
}

static char *
leaf_print(X509 *leaf, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;

    if (bio && PEM_write_bio_X509(bio, leaf) &&
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
        pem = calloc(1, PEM_ROOM);
        if (!pem)
            die("out of memory");
        if (BIO_read(bio, pem, PEM_ROOM - 1) <= 0 || BIO_pending(bio) > 0) {
            free(pem);
            pem = NULL;
        }
    }
    BIO_free(bio);
    return pem;
}

static bool
leaf_install(struct pki *pki, enum pki_leaf which)
{
    const struct leaf_plan *plan = &leaf_plans[which];
    X509 *leaf = leaf_make(pki, plan->is_genuine ? &pki->genuine : &pki->other, plan);
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    bool ok = leaf && server && SSL_CTX_set_min_proto_version(server, TLS1_2_VERSION) &&
              SSL_CTX_use_certificate(server, leaf) &&
              SSL_CTX_use_PrivateKey(server, pki->leaf_key);

    if (ok)
        pki->pem[which] = leaf_print(leaf, pki->leaf_key);
    pki->server[which] = server;
    X509_free(leaf);
    return ok && pki->pem[which];
}

struct pki *
pki_new(struct err *err)
{
    struct pki *pki = calloc(1, sizeof(*pki));
    bool ok;

    if (!pki)
        die("out of memory");
    pki->leaf_key = EVP_EC_gen("P-256");
    ok = pki->leaf_key &&
         authority_make(&pki->genuine, "Simulated Edge", "Simulated Edge Authority") &&
         authority_make(&pki->other, "Example Corp TLS Inspection", "Example Corp Authority") &&
         authority_make(&pki->tunnel, "Simulated Customer", "Simulated Tunnel Authority");
    for (int leaf = 0; ok && leaf < PKI_LEAVES; leaf++)
        ok = leaf_install(pki, (enum pki_leaf)leaf);
    if (!ok) {
        failed(err, "cannot make them");
        pki_free(pki);
        return NULL;
    }
    return pki;
}

void
pki_free(struct pki *pki)
{
    if (!pki)
        return;
    for (int leaf = 0; leaf < PKI_LEAVES; leaf++) {
        SSL_CTX_free(pki->server[leaf]);
        free(pki->pem[leaf]);
    }
    EVP_PKEY_free(pki->leaf_key);
    X509_free(pki->genuine.certificate);
    EVP_PKEY_free(pki->genuine.key);
    X509_free(pki->other.certificate);
    EVP_PKEY_free(pki->other.key);
    X509_free(pki->tunnel.certificate);
    EVP_PKEY_free(pki->tunnel.key);
    free(pki);
}

/* Either a certificate or a key. */
static bool
write_pem(const char *path, const char *mode, X509 *certificate, EVP_PKEY *key, struct err *err)
{
    BIO *bio = BIO_new_file(path, mode);
    bool ok = bio && (certificate ? PEM_write_bio_X509(bio, certificate)
                                  : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));

    if (BIO_free(bio) != 1)
        ok = false;
    return ok || failed(err, path);
}

bool
pki_write_authority(const struct pki *pki, const char *path, struct err *err)
{
    return write_pem(path, "wx", pki->genuine.certificate, NULL, err);
}

bool
pki_write_tunnel_authority(const struct pki *pki, const char *path, struct err *err)
{
    return write_pem(path, "w", pki->tunnel.certificate, NULL, err);
}

bool
pki_write_proxy(const struct pki *pki, const struct pki_proxy_plan *plan, struct err *err)
{
    struct leaf_plan leaf = leaf_plans[plan->leaf];
    char names[128];
    X509 *certificate;
    bool ok;

    snprintf(names, sizeof(names), "DNS:*.%s", plan->domain);
    leaf.common_name = "mcp-proxy";
    leaf.names = names;
    certificate = leaf_make(pki, leaf.is_genuine ? &pki->tunnel : &pki->other, &leaf);
    ok = certificate ? write_pem(plan->key_file, "w", NULL, pki->leaf_key, err) &&
                           write_pem(plan->cert_file, "w", certificate, NULL, err)
                     : failed(err, "cannot make the proxy's");
    X509_free(certificate);
    return ok;
}

enum pki_leaf
pki_leaf_now(const struct network_faults *faults)
{
    if (fault_on(faults, FAULT_tls_intercepted))
        return PKI_other_authority;
    if (fault_on(faults, FAULT_tls_expired))
        return PKI_expired;
    return fault_on(faults, FAULT_tls_other_name) ? PKI_other_name : PKI_genuine;
}

const char *
pki_leaf_pem(const struct pki *pki, enum pki_leaf leaf)
{
    return pki->pem[leaf];
}

struct pki_session *
pki_accept(struct pki *pki, enum pki_leaf leaf, int fd)
{
    struct pki_session *session = calloc(1, sizeof(*session));

    if (!session || !(session->ssl = SSL_new(pki->server[leaf])) || !SSL_set_fd(session->ssl, fd))
        die("out of memory");
    SSL_set_accept_state(session->ssl);
    return session;
}

static enum pki_step
step_of(struct pki_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);

    ERR_clear_error(); /* the queue is the thread's: one session's failure must not confuse another
                        */
    if (error == SSL_ERROR_NONE)
        return PKI_done;
    if (error == SSL_ERROR_WANT_READ)
        return PKI_wants_read;
    return error == SSL_ERROR_WANT_WRITE ? PKI_wants_write : PKI_failed;
}

enum pki_step
pki_handshake(struct pki_session *session)
{
    return step_of(session, SSL_do_handshake(session->ssl));
}

void
pki_send(struct pki_session *session, const void *bytes, size_t n)
{
    step_of(session, SSL_write(session->ssl, bytes, (int)n));
}

enum pki_step
pki_drain(struct pki_session *session)
{
    char bytes[4096];
    enum pki_step step;

    do
        step = step_of(session, SSL_read(session->ssl, bytes, sizeof(bytes)));
    while (step == PKI_done);
    return step;
}

void
pki_session_free(struct pki_session *session)
{
    if (!session)
        return;
    if (SSL_is_init_finished(session->ssl))
        SSL_shutdown(session->ssl);
    ERR_clear_error();
    SSL_free(session->ssl);
    free(session);
}

/* One certificate and nothing after it. */
static X509 *
read_single(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    X509 *second = certificate ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    ERR_clear_error();
    BIO_free(bio);
    if (!second)
        return certificate;
    X509_free(certificate);
    X509_free(second);
    return NULL;
}

static const char *
authority_mistake(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    int critical = 0, digest = NID_undef, bits = key ? EVP_PKEY_bits(key) : 0;
    BASIC_CONSTRAINTS *basic =
        X509_get_ext_d2i(certificate, NID_basic_constraints, &critical, NULL);
    bool is_authority = basic && basic->ca && critical == 1;

    BASIC_CONSTRAINTS_free(basic);
    if (!is_authority)
        return "CA:TRUE must be there and critical";
    if (!X509_get0_subject_key_id(certificate))
        return "a subject key identifier is missing";
    if (!(X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) ||
        !(X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN))
        return "key usage must have keyCertSign";
    if (!key || (EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? bits < 2048 : bits < 256))
        return "the key is too weak: RSA from 2048 bits, ECDSA from P-256";
    OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, NULL);
    if (digest == NID_md5 || digest == NID_sha1 || digest == NID_undef)
        return "the signature must use SHA-256 or better";
    return NULL;
}

static bool
describe(X509 *certificate, struct pki_authority *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct tm tm;

    if (!X509_digest(certificate, EVP_sha256(), digest, &n) || n != 32 ||
        !ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
        return false;
    for (unsigned i = 0; i < n; i++)
        snprintf(out->fingerprint + (size_t)2 * i, 3, "%02x", (unsigned)digest[i]);
    out->expires_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

bool
pki_tunnel_authority(const struct pki *pki, struct pki_authority *out)
{
    return describe(pki->tunnel.certificate, out);
}

bool
pki_read_authority(const char *pem, struct pki_authority *out, struct err *err)
{
    X509 *certificate = strstr(pem, "PRIVATE KEY-----") ? NULL : read_single(pem);
    const char *mistake;

    if (!certificate)
        return err_set(err, ERR_REFUSED, "expected exactly one PEM certificate and no private key");
    mistake = authority_mistake(certificate);
    if (!mistake && !describe(certificate, out))
        mistake = "cannot be read";
    X509_free(certificate);
    return !mistake || err_set(err, ERR_REFUSED, "%s", mistake);
}
