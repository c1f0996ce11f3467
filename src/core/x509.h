/* x509.h — the one door to certificates in files: what one says, who signed it, whose key it has.
 *
 * Pure functions of bytes, on any thread; foreign strings come out clean. */
#ifndef CORE_X509_H
#define CORE_X509_H

#include "core/base.h"

struct err;
struct x509; /* one certificate */

enum { X509_NAME_BYTES = 160, X509_WORD_BYTES = 48, X509_FINGERPRINT_BYTES = 65 };

/* What stands in a PEM file besides the first certificate. */
struct x509_file {
    size_t n_certificates;
    bool has_private_key;
};

/* The first certificate of a PEM file; caller frees with x509_free. NULL and err when there is none
 * that can be read. */
struct x509 *x509_read(const char *pem, size_t n, struct x509_file *out, struct err *err);
/* The same of DER bytes, as a handshake brings them; NULL when they are no certificate. */
struct x509 *x509_read_der(const unsigned char *der, size_t n);
void x509_free(struct x509 *certificate); /* NULL is allowed */

struct x509_facts {
    char fingerprint[X509_FINGERPRINT_BYTES]; /* lowercase hex SHA-256 of the DER */
    char subject[X509_NAME_BYTES], issuer[X509_NAME_BYTES];
    int64_t from_ms, until_ms; /* wall; INT64_MAX when it cannot be read */
    bool has_basic_constraints, is_critical, is_authority;
    bool has_subject_key_id, has_authority_key_id;
    bool has_key_usage, signs_certificates;
    bool has_extended_usage, is_for_servers;
    char key[X509_WORD_BYTES], digest[X509_WORD_BYTES]; /* "RSA 2048", "P-256"; "sha256" */
    bool is_key_strong;    /* RSA from 2048 bits, an elliptic curve from P-256 */
    bool is_digest_strong; /* SHA-256 or better */
};

void x509_describe(const struct x509 *certificate, struct x509_facts *out);

/* Named as issuer, and the signature is that key's. */
bool x509_is_signed_by(const struct x509 *certificate, const struct x509 *authority);
/* The authority key identifier is the authority's subject key identifier. */
bool x509_names_key_of(const struct x509 *certificate, const struct x509 *authority);
/* By its alternative names; the common name does not count. */
bool x509_covers(const struct x509 *certificate, const char *host);

enum x509_match { X509_MATCH_unreadable, X509_MATCH_yes, X509_MATCH_no };

/* Is that PEM file its private key? The key is forgotten at once. */
enum x509_match x509_match_key(const struct x509 *certificate, const char *pem, size_t n);

#endif
