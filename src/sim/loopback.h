/* loopback.h — loopback addresses with a port, as text and for the system: nothing else is ever
 * listened on or connected to here. */
#ifndef SIM_LOOPBACK_H
#define SIM_LOOPBACK_H

#include <sys/socket.h>

#include "core/err.h"

enum { LOOPBACK_BYTES = 80 };

/* Read "127.0.0.1:PORT", "localhost:PORT" or "[::1]:PORT"; ERR_USAGE for anything else. */
bool loopback_parse(const char *address, struct sockaddr_storage *out, socklen_t *out_bytes,
                    struct err *err);
void loopback_print(const struct sockaddr_storage *address, char out[LOOPBACK_BYTES]);

/* A TCP socket bound to that address (port 0: a free one) and not yet listening, and in out where.
 * While it is kept, the kernel gives its port to nobody else who asks for any, and who connects is
 * refused; who names the port can listen there. Caller closes; -1 with err. */
int loopback_bind(const char *address, struct sockaddr_storage *out, struct err *err);

#endif
