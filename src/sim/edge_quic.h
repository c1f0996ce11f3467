/* edge_quic.h — the edge's QUIC v1 side: handshakes with ALPN argotunnel and nothing after them
 * (facts/connectivity.md F2). This room's one door to ngtcp2 and GnuTLS. Used by the edge's thread
 * only, once made. */
#ifndef SIM_EDGE_QUIC_H
#define SIM_EDGE_QUIC_H

#include <sys/socket.h>

#include "core/err.h"
#include "sim/network_faults.h"

struct edge_quic;
struct pki;

/* Caller frees with edge_quic_free. faults are borrowed. NULL with err when a certificate is not to
 * GnuTLS's liking. */
struct edge_quic *edge_quic_new(const struct pki *pki, const struct network_faults *faults,
                                struct err *err);
void edge_quic_free(struct edge_quic *quic); /* NULL is allowed; connections end without a word */

struct edge_datagram {
    int fd; /* where it came in, and where answers go out */
    struct sockaddr_storage from;
    socklen_t n_from;
    const uint8_t *bytes;
    size_t n;
};

/* A datagram of version 1 or of a connection that is up; anything else is ignored. */
void edge_quic_receive(struct edge_quic *quic, const struct edge_datagram *datagram);
/* When something is due, as clock_mono_ms; INT64_MAX: nothing. */
int64_t edge_quic_deadline_ms(const struct edge_quic *quic);
void edge_quic_run(struct edge_quic *quic); /* what is due */
/* How many connections were begun so far. Any thread. */
unsigned edge_quic_handshakes(const struct edge_quic *quic);

#endif
