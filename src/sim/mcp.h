/* mcp.h — one upstream MCP server (Streamable HTTP, 2025-11-25) with its OAuth metadata
 * (facts/connectivity.md E3). It knows no valid token: nobody here has business calling its tools.
 */
#ifndef SIM_MCP_H
#define SIM_MCP_H

#include "core/err.h"
#include "sim/network_faults.h"

struct mcp;

/* domain: of the tunnel that it stands behind, where clients call it https://NAME.DOMAIN; NULL:
 * none. faults are borrowed until mcp_stop. Caller frees with mcp_stop. */
struct mcp *mcp_start(const char *name, const char *domain, const struct network_faults *faults,
                      struct err *err);
void mcp_stop(struct mcp *mcp); /* NULL is allowed */

const char *mcp_url(const struct mcp *mcp); /* "http://127.0.0.1:PORT/mcp" */

#endif
