/* served.h — the certificate that the proxy showed when it was asked, inside its WebSocket. */
#ifndef MODEL_SERVED_H
#define MODEL_SERVED_H

#include "core/base.h"

enum served_answer {
    SERVED_off,         /* the probe is not switched on, or has not been made yet */
    SERVED_no_answer,   /* no WebSocket was had: nothing is known of its TLS */
    SERVED_tls_failed,  /* a WebSocket, and no TLS handshake in it */
    SERVED_certificate, /* it showed one */
};

struct served {
    enum served_answer answer;
    const char *asked; /* "127.0.0.1:8080 as wiki.acme.example"; NULL or "" */
    const char *error; /* why there is none; "" */
    const char *fingerprint, *issuer;
    int64_t until_ms;
    bool is_of_authority; /* signed by the CA in the proxy's file; false: not, or not known */
    int64_t at_ms;
};

#endif
