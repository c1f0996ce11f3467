/* tls.h — the one door to OpenSSL: a handshake on a connected descriptor that tells why it failed
 * and who answered. */
#ifndef PROBE_TLS_H
#define PROBE_TLS_H

#include "core/err.h"
#include "probe/fault.h"

/* Whom we believe: the system's store, and perhaps one more file. */
struct tls_trust;

/* extra_ca_file: PEM, or NULL. like: take the system's store from there instead of reading it
 * again, borrowed; or NULL. NULL and err when the file cannot be read. */
struct tls_trust *tls_trust_open(const char *extra_ca_file, struct tls_trust *like,
                                 struct err *err);
void tls_trust_close(struct tls_trust *trust); /* NULL is allowed */

/* Read the system's store, if that has not happened: may take 50 ms where it is one large file.
 * Otherwise it happens when first needed. */
void tls_trust_load(struct tls_trust *trust);

struct tls_lent {       /* what came of it */
    bool is_timeless;   /* a certificate of another time is taken, too: to ask what time it is */
    struct fault fault; /* why the peer was refused; SIGNAL_none */
};

/* Give an SSL_CTX of somebody else (libcurl) the same store; *lent must live as long as its
 * connections. */
void tls_trust_lend(struct tls_trust *trust, void *ssl_ctx, struct tls_lent *lent);

struct tls;

enum {
    TLS_OFFERS_HTTP = 1, /* by ALPN */
    TLS_IS_LARGE = 2,    /* a ClientHello of two packets, as post-quantum ones are */
};

/* A handshake over fd (borrowed, non-blocking, connected); name is sent and must be proven. manner:
 * TLS_ bits. */
struct tls *tls_open(struct tls_trust *trust, int fd, const char *name, unsigned manner);
/* Ends it politely when it was done; the descriptor stays open. NULL is allowed. */
void tls_close(struct tls *tls);

enum tls_step { TLS_wants_read, TLS_wants_write, TLS_done, TLS_failed };

/* Go on; on TLS_failed fault says why. TLS_done means that the handshake ended: who the peer is,
 * is another question, see tls_judge. */
enum tls_step tls_step(struct tls *tls, struct fault *fault);
/* After TLS_done: whether the peer proved to be name; else fault says why not. */
bool tls_judge(const struct tls *tls, struct fault *fault);

/* After TLS_done: all n bytes, which must stay the same until they are on their way. */
enum tls_step tls_send(struct tls *tls, const void *bytes, size_t n, struct fault *fault);
/* After TLS_done: what has come, at most size bytes. */
enum tls_step tls_receive(struct tls *tls, void *out, size_t size, size_t *n, struct fault *fault);

struct tls_blob { /* borrowed */
    const unsigned char *bytes;
    size_t n;
};

/* The peer's certificate after the handshake, as DER. Caller frees out->bytes with free(); false
 * when it showed none. */
bool tls_peer(const struct tls *tls, struct tls_blob *out);

struct tls_chain {                       /* what another library's handshake received */
    const struct tls_blob *certificates; /* DER, the peer's own first */
    size_t n;
    const char *name; /* to be proven */
};

struct text;

/* The same judgement, in the same words, over such a chain; adds "issuer O=…" to identity. */
bool tls_judge_chain(struct tls_trust *trust, const struct tls_chain *chain, struct fault *fault,
                     struct text *identity);

/* "handshake failure", for the number of a TLS alert. */
const char *tls_alert_name(int alert);

/* Our own deadline has passed: where the handshake stood. */
void tls_explain_timeout(const struct tls *tls, int deadline_ms, struct fault *fault);

/* "TLSv1.3, issuer O=…", as far as known. */
void tls_add_identity(struct text *out, const struct tls *tls);

#endif
