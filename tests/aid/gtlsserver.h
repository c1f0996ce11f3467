/* gtlsserver.h — a QUIC server that we did not write: Debian's ngtcp2-server, which speaks HTTP/3.
 */
#ifndef AID_GTLSSERVER_H
#define AID_GTLSSERVER_H

#include "core/base.h"

struct gtlsserver_plan {
    const char *host; /* "127.0.0.1", "::1" */
    const char *pem;  /* certificate and key; borrowed */
    bool demands_retry;
};

struct gtlsserver;

/* NULL when it is not installed. It listens when this returns. */
struct gtlsserver *gtlsserver_start(const struct gtlsserver_plan *plan);
void gtlsserver_stop(struct gtlsserver *server);
uint16_t gtlsserver_port(const struct gtlsserver *server);

#endif
