/* well_known.h — URLs of OAuth metadata: where they stand (RFC 9728 section 3.1, RFC 8414
 * section 3.1), and how a name below the tunnel's domain is reached from here.
 *
 * Pure functions of strings. */
#ifndef PROBE_WELL_KNOWN_H
#define PROBE_WELL_KNOWN_H

#include "core/base.h"

struct proxy_route;
struct text;

/* A URL in its parts; path starts with a slash or is "". */
struct url_parts {
    const char *url;
    size_t origin_bytes, host_at, host_bytes; /* "https://wiki.example:8443", "wiki.example" */
    const char *path;
};

/* http:// and https:// only, without user and fragment. */
bool url_split(const char *url, struct url_parts *out) MUST_CHECK;

/* The nth place of a protected resource's metadata; false when there is no more. */
bool well_known_resource(const char *endpoint, size_t nth, struct text *out) MUST_CHECK;
/* The nth place of an authorization server's metadata. */
bool well_known_server(const char *issuer, size_t nth, struct text *out) MUST_CHECK;

enum url_way {
    URL_refused,  /* plain HTTP to somewhere else, or no URL */
    URL_upstream, /* to an upstream of the proxy, past the tunnel: the address is known */
    URL_elsewhere,
};

/* How a URL is asked for from here: a host of a route becomes that route's upstream. route: which.
 */
enum url_way url_rewrite(const char *url, const struct proxy_route *routes, size_t n,
                         struct text *out, size_t *route);

#endif
