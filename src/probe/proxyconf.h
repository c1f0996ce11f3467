/* proxyconf.h — the MCP proxy's YAML configuration (facts/connectivity.md D1, D2): what it routes
 * where, and which addresses it allows.
 *
 * Pure functions of bytes; foreign strings come out clean. */
#ifndef PROBE_PROXYCONF_H
#define PROBE_PROXYCONF_H

#include "core/err.h"
#include "model/proxy.h"

struct arena;

enum { PROXYCONF_MOST_ROUTES = 256, PROXYCONF_MOST_RANGES = 64, PROXYCONF_MOST_MISTAKES = 8 };

/* Where the proxy itself finds its files, when nobody says otherwise; "" when not said. */
struct proxyconf_files {
    const char *cert_file, *key_file;
};

/* Fill out's tunnel_domain, listen_address, routes, ranges and mistakes. False and err when the
 * file is no YAML map. name stands for the file in messages. */
bool proxyconf_read(struct arena *arena, const char *name, const char *bytes, size_t n,
                    struct proxy *out, struct proxyconf_files *files, struct err *err) MUST_CHECK;

/* Would the proxy go there? address: IPv4 in host byte order. */
bool proxyconf_allows(const struct proxy *proxy, uint32_t address);

/* "10.0.0.0/8" or "10.1.2.3". */
bool proxyconf_read_range(const char *text, struct proxy_range *out) MUST_CHECK;

#endif
