/* The JSON pages of a connector; the first byte chooses the page. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "probe/cloudflared.h"

static void
fuzz_tunnel(const char *body, size_t n)
{
    struct cloudflared_tunnel tunnel;

    if (!cloudflared_read_tunnel(body, n, &tunnel, NULL))
        return;
    INSIST(tunnel.n_connections <= CLOUDFLARED_CONNECTIONS);
    for (size_t i = 1; i < tunnel.n_connections; i++)
        INSIST(tunnel.connections[i - 1].index <= tunnel.connections[i].index);
}

FUZZ(cloudflared)
{
    struct cloudflared_ready ready;
    struct cloudflared_config config;
    int64_t expected = 0;
    const char *body = (const char *)bytes + 1;

    if (n == 0)
        return 0;
    switch (bytes[0]) {
    case 't':
        fuzz_tunnel(body, n - 1);
        break;
    case 'r':
        if (cloudflared_read_ready(body, n - 1, &ready, NULL))
            INSIST(*ready.connector_id && ready.connections >= 0);
        break;
    case 'c':
        if (cloudflared_read_config(body, n - 1, &config, NULL))
            INSIST(strlen(config.service) < sizeof(config.service));
        break;
    default:
        if (cloudflared_read_expected(body, n - 1, &expected, NULL))
            INSIST(expected == -1 || (expected >= 1 && expected <= CLOUDFLARED_CONNECTIONS));
    }
    return 0;
}
