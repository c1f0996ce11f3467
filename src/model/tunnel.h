/* tunnel.h — one tunnel and the CA certificates registered on it. Unknown as in pool.h. */
#ifndef MODEL_TUNNEL_H
#define MODEL_TUNNEL_H

#include "core/base.h"

struct certificate {
    const char *id;
    const char *fingerprint; /* lowercase hex SHA-256 of the DER */
    int64_t created_ms;
    int64_t expires_ms; /* 0: does not expire, or not stated */
    bool is_archived;
};

struct tunnel {
    const char *id, *name, *domain; /* name: display name, else id */
    bool is_archived;
    int64_t created_ms;
    const struct certificate *certificates;
    size_t n_certificates;
    int64_t certificates_at_ms; /* when they were read; 0: never, so that none is not a finding */
    const char *certificates_error;
};

#endif
