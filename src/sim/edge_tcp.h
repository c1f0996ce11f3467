/* edge_tcp.h — the edge's TCP side: accept, TLS, then the edge's own HTTP/2 preface, as it is the
 * HTTP/2 client of a tunnel (facts/connectivity.md G1). Used by the edge's thread only. */
#ifndef SIM_EDGE_TCP_H
#define SIM_EDGE_TCP_H

#include <poll.h>

#include "sim/network_faults.h"

struct edge_tcp;
struct pki;

enum { EDGE_LISTENERS = 2, EDGE_CLIENTS = 256, EDGE_TCP_POLLS = EDGE_LISTENERS + EDGE_CLIENTS };

/* Caller frees with edge_tcp_free, which also closes the listeners. pki and faults are borrowed. */
struct edge_tcp *edge_tcp_new(struct pki *pki, const struct network_faults *faults);
void edge_tcp_free(struct edge_tcp *tcp);
/* Takes ownership of a listening, non-blocking socket; at most EDGE_LISTENERS. */
void edge_tcp_listen(struct edge_tcp *tcp, int fd);

/* What to wait for; returns how many of polls were filled. */
size_t edge_tcp_polls(struct edge_tcp *tcp, struct pollfd polls[EDGE_TCP_POLLS]);
/* When the oldest client must be given up, as clock_mono_ms; INT64_MAX: no client. */
int64_t edge_tcp_deadline_ms(const struct edge_tcp *tcp);
/* Do what polls, as filled and then waited for, allow. */
void edge_tcp_run(struct edge_tcp *tcp, const struct pollfd *polls, size_t n);
/* How many TLS handshakes were finished so far. Any thread. */
unsigned edge_tcp_handshakes(const struct edge_tcp *tcp);

#endif
