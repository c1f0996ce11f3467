/* proxy_env.h — the proxy that the environment names for an https:// host, as libcurl reads it.
 *
 * From https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY, in that order; no_proxy, else NO_PROXY,
 * makes exceptions. An empty variable is none. */
#ifndef CORE_PROXY_ENV_H
#define CORE_PROXY_ENV_H

#include "core/base.h"

typedef const char *proxy_env_get(const char *name);

/* NULL: straight to the host, a name or an address without brackets. Borrowed from the environment.
 */
const char *proxy_env_for(const char *host, proxy_env_get *get);

#endif
