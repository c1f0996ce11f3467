/* wrap.h — the server's side of TLS inside a WebSocket, as the proxy has it; blocking, and nothing
 * of it is shared with the code under test. */
#ifndef AID_WRAP_H
#define AID_WRAP_H

#include <openssl/ssl.h>

/* Serve one client on a connected socket until it has shaken hands or gives up. */
void wrap_serve(int fd, SSL_CTX *context);

#endif
