/* base64.h — RFC 4648 section 5 without padding. */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H

#include "core/base.h"

/* Caller frees with free(). */
char *base64url(const char *bytes, size_t n);

#endif
