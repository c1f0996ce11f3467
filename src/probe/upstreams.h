/* upstreams.h — every MCP server behind the proxy, asked without a token: rarely, because each pass
 * shows up in their logs. */
#ifndef PROBE_UPSTREAMS_H
#define PROBE_UPSTREAMS_H

#include "model/proxy.h"

struct store;
struct tools;
struct upstreams;

/* paths: of the MCP endpoints, NULL-terminated; NULL: /mcp, then /. Borrowed until
 * upstreams_close, as all the others. */
struct upstreams *upstreams_open(struct tools *tools, struct store *store,
                                 const char *const *paths);
void upstreams_close(struct upstreams *upstreams); /* NULL is allowed */

/* The proxy's routes, as they are now: what is needed is copied. When they changed, they are asked
 * at once. */
void upstreams_set(struct upstreams *upstreams, const struct proxy *proxy);
/* Ask all of them now, unless that is under way. */
void upstreams_refresh(struct upstreams *upstreams);

#endif
