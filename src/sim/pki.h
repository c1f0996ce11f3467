/* pki.h — this room's one door to OpenSSL: an authority made at start, the edge's certificates
 * signed by it, and TLS sessions that show them.
 *
 * Not for several threads: after pki_new only the edge's thread uses it. */
#ifndef SIM_PKI_H
#define SIM_PKI_H

#include "core/err.h"

struct network_faults;
struct pki;
struct pki_session;

/* What a client of the edge may find. All name quic., h2. and probe.cftunnel.com and 127.0.0.1,
 * ::1 (facts/connectivity.md A4), but for PKI_other_name. */
enum pki_leaf {
    PKI_genuine,
    PKI_other_authority, /* signed by an authority that nobody trusts, as TLS inspection does */
    PKI_expired,         /* yesterday */
    PKI_other_name,
    PKI_LEAVES
};

/* Which of them the edge shows while these faults are on. */
enum pki_leaf pki_leaf_now(const struct network_faults *faults);

/* Caller frees with pki_free. */
struct pki *pki_new(struct err *err);
void pki_free(struct pki *pki); /* NULL is allowed */

/* The genuine authority's certificate as PEM, for clients to trust. */
bool pki_write_authority(const struct pki *pki, const char *path, struct err *err) MUST_CHECK;
/* The leaf's certificate followed by its private key, as PEM. Borrowed until pki_free. */
const char *pki_leaf_pem(const struct pki *pki, enum pki_leaf leaf);

enum pki_step { PKI_wants_read, PKI_wants_write, PKI_done, PKI_failed };

/* The server's side of a TLS session (1.2 or 1.3) on a non-blocking socket, which stays the
 * caller's. Caller frees with pki_session_free before the socket is closed. */
struct pki_session *pki_accept(struct pki *pki, enum pki_leaf leaf, int fd);
enum pki_step pki_handshake(struct pki_session *session);
/* At most one record, dropped when the socket is full. May raise SIGPIPE: block it. */
void pki_send(struct pki_session *session, const void *bytes, size_t n);
/* Read and forget; PKI_failed once the other side closed. */
enum pki_step pki_drain(struct pki_session *session);
void pki_session_free(struct pki_session *session); /* NULL is allowed */

/* A CA certificate that somebody wants to register on a tunnel. */
struct pki_authority {
    char fingerprint[65]; /* lowercase hex SHA-256 of the DER */
    int64_t expires_ms;   /* wall clock */
};

/* The authority behind the proxy's certificate: what is registered on the tunnel. */
bool pki_tunnel_authority(const struct pki *pki, struct pki_authority *out) MUST_CHECK;
bool pki_write_tunnel_authority(const struct pki *pki, const char *path,
                                struct err *err) MUST_CHECK;

/* The proxy's certificate: as the edge's differ, for *.domain. */
struct pki_proxy_plan {
    enum pki_leaf leaf;
    const char *domain, *cert_file, *key_file;
};

/* Replaces both files. Any thread, one at a time. */
bool pki_write_proxy(const struct pki *pki, const struct pki_proxy_plan *plan,
                     struct err *err) MUST_CHECK;

/* Exactly one certificate as PEM and no key, fit for a tunnel (facts/management-api.md 8.3):
 * CA:TRUE critical, a subject key identifier, keyCertSign, RSA from 2048 bits or an elliptic curve
 * from 256, SHA-256 or better. False with err says what is wrong. Any thread. */
bool pki_read_authority(const char *pem, struct pki_authority *out, struct err *err) MUST_CHECK;

#endif
