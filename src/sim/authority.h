/* authority.h — reading a CA certificate that somebody wants to register on a tunnel
 * (facts/management-api.md 8.3). */
#ifndef SIM_AUTHORITY_H
#define SIM_AUTHORITY_H

#include "core/err.h"

struct authority {
    char fingerprint[65]; /* lowercase hex SHA-256 of the DER */
    int64_t expires_ms;
};

bool authority_read(const char *pem, struct authority *out, struct err *err);

#endif
