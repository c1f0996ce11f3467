/* quic.h — the one door to ngtcp2 and GnuTLS: one QUIC v1 handshake that ends as soon as the peer
 * has proven itself (facts/connectivity.md F2). */
#ifndef PROBE_QUIC_H
#define PROBE_QUIC_H

#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"

struct tls_trust;

enum { QUIC_DEADLINE_MS = 4000, QUIC_NOTE_BYTES = 160 };

#define QUIC_EDGE_NAME "quic.cftunnel.com"      /* as cloudflared asks for (facts A4) */
#define QUIC_EDGE_PROTOCOL "argotunnel"         /* and by ALPN */
#define QUIC_PRECHECK_NAME "probe.cftunnel.com" /* as its pre-check asks for */

struct quic_plan {
    struct loop *loop;       /* borrowed, like the others */
    struct tls_trust *trust; /* the same as that of the checks over TCP */
    const struct address *address;
    const char *name;     /* sent as SNI, and to be proven */
    const char *protocol; /* offered by ALPN; NULL: the tunnel's */
    bool is_large;        /* a ClientHello of two datagrams, as post-quantum ones are */
    size_t knock_bytes;   /* the first datagram is as large as that, and any answer to it ends
                             the connection: first_us is the result. 0: a whole handshake */
    void (*done)(void *context); /* from the loop, never from within */
    void *context;
};

struct quic_result {
    struct fault fault;         /* SIGNAL_none: the peer proved to be name */
    int64_t us;                 /* of the whole handshake; -1 */
    int64_t datagram_bytes;     /* of the largest that were sent */
    int64_t first_us;           /* until anything came back; -1: nothing did */
    bool has_retried;           /* the server asked for proof of our address first */
    char note[QUIC_NOTE_BYTES]; /* who answered; clean */
};

struct quic;

/* Load the libraries, which otherwise happens when they are first needed. */
void quic_load(void);

/* Caller frees with quic_free, at any time. */
struct quic *quic_start(const struct quic_plan *plan);
const struct quic_result *quic_result(const struct quic *quic); /* after done */
void quic_free(struct quic *quic);                              /* NULL is allowed */

#endif
