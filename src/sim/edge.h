/* edge.h — the tunnel edge: TLS on TCP and QUIC on UDP, on one port of both loopback addresses. */
#ifndef SIM_EDGE_H
#define SIM_EDGE_H

#include "core/err.h"
#include "sim/network_faults.h"

struct edge;
struct pki;

/* Listen and start the edge's one thread. pki and faults are borrowed until edge_stop, and pki is
 * the thread's until then. Caller frees with edge_stop. */
struct edge *edge_start(struct pki *pki, const struct network_faults *faults, struct err *err);
void edge_stop(struct edge *edge); /* NULL is allowed */

/* The faults changed. Any thread. */
void edge_wake(struct edge *edge);

uint16_t edge_port(const struct edge *edge); /* of TCP and of UDP */

/* How many handshakes it was asked for so far, over TCP and over UDP. Any thread. */
void edge_handshakes(const struct edge *edge, unsigned *over_tcp, unsigned *over_udp);

#endif
