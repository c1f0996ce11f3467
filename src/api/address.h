/* address.h — where the service is, and how values are written into a request's path. */
#ifndef API_ADDRESS_H
#define API_ADDRESS_H

#include "core/err.h"

enum { ADDRESS_HOST_BYTES = 256 };

/* https, or http to 127.0.0.0/8, ::1 or localhost; with no user, query or fragment. host gets the
 * name or the address without brackets. ERR_CONFIG names what is wrong. */
bool address_check(const char *url, char host[ADDRESS_HOST_BYTES], bool *is_loopback,
                   struct err *err);

/* Percent-encode s as one path segment or query value into out. False: it does not fit. */
bool address_escape(char *out, size_t size, const char *s);

#endif
