#include "core/x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "core/text.h"

enum { RSA_BITS = 2048, CURVE_BITS = 256, SHORTEST_DIGEST_BITS = 256, DIGEST_BYTES = 32 };

/* OpenSSL's reference-counted X509 is what stands behind struct x509. */
static X509 *
of(const struct x509 *certificate)
{
    return (X509 *)(uintptr_t)certificate;
}

static bool
contains(const char *bytes, size_t n, const char *word)
{
    return n > 0 && memmem(bytes, n, word, strlen(word)) != NULL;
}

/* A passphrase is never asked for: there is nobody to answer. */
static int
no_passphrase(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

struct x509 *
x509_read(const char *pem, size_t n, struct x509_file *out, struct err *err)
{
    BIO *bio = n <= INT32_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
    X509 *first = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    X509 *next;

    *out = (struct x509_file){.has_private_key = contains(pem, n, "PRIVATE KEY-----")};
    if (first) {
        out->n_certificates = 1;
        while ((next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
            X509_free(next);
            out->n_certificates++;
        }
        if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
            out->n_certificates++; /* one that cannot be read stands there, too */
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!first)
        err_set(err, ERR_FORMAT, "no certificate in PEM form");
    return (struct x509 *)first;
}

struct x509 *
x509_read_der(const unsigned char *der, size_t n)
{
    X509 *certificate = n <= INT32_MAX ? d2i_X509(NULL, &der, (long)n) : NULL;

    ERR_clear_error();
    return (struct x509 *)certificate;
}

void
x509_free(struct x509 *certificate)
{
    X509_free(of(certificate));
}

/* ---- what it says ---- */

static int64_t
time_ms(const ASN1_TIME *time)
{
    struct tm tm;

    return time && ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) * 1000 : INT64_MAX;
}

static void
describe_name(const X509_NAME *name, char out[X509_NAME_BYTES])
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long n = 0;

    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        n = BIO_get_mem_data(bio, &bytes);
    text_clean(out, X509_NAME_BYTES, bytes ? bytes : "", n > 0 ? (size_t)n : 0);
    BIO_free(bio);
}

static void
describe_key(X509 *x, struct x509_facts *out)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    char curve[X509_WORD_BYTES] = "";
    size_t n;

    if (key && EVP_PKEY_is_a(key, "RSA")) {
        snprintf(out->key, sizeof(out->key), "RSA %d", bits);
        out->is_key_strong = bits >= RSA_BITS;
    } else if (key && EVP_PKEY_is_a(key, "EC")) {
        if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &n) != 1)
            curve[0] = '\0';
        snprintf(out->key, sizeof(out->key), "%.30s (%d bits)", *curve ? curve : "a curve", bits);
        out->is_key_strong = bits >= CURVE_BITS;
    } else {
        snprintf(out->key, sizeof(out->key), "neither RSA nor an elliptic curve");
    }
}

static void
describe_digest(X509 *x, struct x509_facts *out)
{
    int digest = NID_undef, kind = NID_undef, bits = 0;
    const EVP_MD *md;

    X509_get_signature_info(x, &digest, &kind, &bits, NULL);
    md = digest == NID_undef ? NULL : EVP_get_digestbynid(digest);
    if (digest == NID_undef && (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448)) {
        out->is_digest_strong = true; /* it has one of its own */
        snprintf(out->digest, sizeof(out->digest), "its own");
    } else {
        out->is_digest_strong = md && EVP_MD_get_size(md) * 8 >= SHORTEST_DIGEST_BITS;
        snprintf(out->digest, sizeof(out->digest), "%.40s",
                 digest == NID_undef ? "unknown" : OBJ_nid2sn(digest));
    }
}

static bool
is_extension_critical(X509 *x, int nid)
{
    int at = X509_get_ext_by_NID(x, nid, -1);

    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x, at)) == 1;
}

static void
describe_extensions(X509 *x, struct x509_facts *out)
{
    uint32_t flags = X509_get_extension_flags(x), usage = X509_get_key_usage(x);
    uint32_t extended = X509_get_extended_key_usage(x);

    out->has_basic_constraints = X509_get_ext_by_NID(x, NID_basic_constraints, -1) >= 0;
    out->is_critical = is_extension_critical(x, NID_basic_constraints);
    out->is_authority = out->has_basic_constraints && (flags & EXFLAG_CA) != 0;
    out->has_subject_key_id = X509_get0_subject_key_id(x) != NULL;
    out->has_authority_key_id = X509_get0_authority_key_id(x) != NULL;
    out->has_key_usage = usage != UINT32_MAX;
    out->signs_certificates = out->has_key_usage && (usage & KU_KEY_CERT_SIGN) != 0;
    out->has_extended_usage = extended != UINT32_MAX;
    out->is_for_servers = !out->has_extended_usage || (extended & XKU_SSL_SERVER) != 0;
}

void
x509_describe(const struct x509 *certificate, struct x509_facts *out)
{
    X509 *x = of(certificate);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    memset(out, 0, sizeof(*out));
    if (X509_digest(x, EVP_sha256(), digest, &n) && n == DIGEST_BYTES)
        for (unsigned i = 0; i < n; i++)
            snprintf(out->fingerprint + (size_t)2 * i, 3, "%02x", (unsigned)digest[i]);
    describe_name(X509_get_subject_name(x), out->subject);
    describe_name(X509_get_issuer_name(x), out->issuer);
    out->from_ms = time_ms(X509_get0_notBefore(x));
    out->until_ms = time_ms(X509_get0_notAfter(x));
    describe_extensions(x, out);
    describe_key(x, out);
    describe_digest(x, out);
    ERR_clear_error();
}

/* ---- how it stands to others ---- */

bool
x509_is_signed_by(const struct x509 *certificate, const struct x509 *authority)
{
    EVP_PKEY *key = X509_get0_pubkey(of(authority));
    int issued = X509_check_issued(of(authority), of(certificate));
    /* whether the authority may sign is another question, asked of the authority alone */
    bool is_so = key && (issued == X509_V_OK || issued == X509_V_ERR_KEYUSAGE_NO_CERTSIGN) &&
                 X509_verify(of(certificate), key) == 1;

    ERR_clear_error();
    return is_so;
}

bool
x509_names_key_of(const struct x509 *certificate, const struct x509 *authority)
{
    const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(of(certificate));
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(of(authority));

    return named && own && ASN1_OCTET_STRING_cmp(named, own) == 0;
}

bool
x509_covers(const struct x509 *certificate, const char *host)
{
    bool is_so =
        X509_check_host(of(certificate), host, strlen(host),
                        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                        NULL) == 1;

    ERR_clear_error();
    return is_so;
}

enum x509_match
x509_match_key(const struct x509 *certificate, const char *pem, size_t n)
{
    BIO *bio = n <= INT32_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    enum x509_match match = !key ? X509_MATCH_unreadable
                            : X509_check_private_key(of(certificate), key) == 1 ? X509_MATCH_yes
                                                                                : X509_MATCH_no;

    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return match;
}
