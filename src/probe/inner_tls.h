/* inner_tls.h — ask the proxy for its certificate as the service does: a WebSocket, and TLS inside
 * (facts/connectivity.md E2, L2-6). Experimental: its path and headers are not documented.
 *
 * It ends after the handshake; no request is sent. */
#ifndef PROBE_INNER_TLS_H
#define PROBE_INNER_TLS_H

#include "model/served.h"
#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"
#include "probe/websocket.h"

struct tls;
struct tls_trust;

enum {
    INNER_TLS_DEADLINE_MS = 3000,
    INNER_TLS_HOST_BYTES = 256,
    INNER_TLS_REPLY_BYTES = 4096, /* of the answer to the opening request */
};

/* The owner fills the first part, zeroes the rest, and keeps it where it is until cancel. */
struct inner_tls {
    struct loop *loop;
    struct tls_trust *trust;     /* not for a verdict: that is the model's; borrowed */
    void (*done)(void *context); /* from the loop, never from within */
    void *context;
    /* the last result */
    enum served_answer answer;
    struct fault fault;
    unsigned char *certificate; /* DER, owned; NULL */
    size_t certificate_bytes;
    int64_t at_ms; /* wall */
    char host[INNER_TLS_HOST_BYTES];
    struct address address;
    /* private */
    bool is_running, is_open;
    int fd, inner_fd; /* inner_fd: our end of the pipe to OpenSSL */
    int tls_fd;       /* its end */
    struct watch watch;
    struct timer deadline;
    struct tls *tls;
    struct websocket_reader reader;
    char reply[INNER_TLS_REPLY_BYTES];
    size_t n_reply;
};

/* Ask now; nothing when it is under way. host: what the WebSocket and the certificate are for. */
void inner_tls_ask(struct inner_tls *inner, const struct address *address, const char *host);
void inner_tls_cancel(struct inner_tls *inner);
void inner_tls_close(struct inner_tls *inner); /* cancel, and forget the result */

#endif
