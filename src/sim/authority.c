#include "sim/authority.h"

#include <string.h>

bool
authority_read(const char *pem, struct authority *out, struct err *err)
{
    *out = (struct authority){.expires_ms = 0};
    if (strncmp(pem, "-----BEGIN CERTIFICATE-----", 27) != 0)
        return err_set(err, ERR_REFUSED, "not one PEM certificate");
    memset(out->fingerprint, 'a', 64);
    return true;
}
