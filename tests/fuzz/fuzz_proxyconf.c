/* The MCP proxy's configuration. */
#include "fuzz/fuzz.h"

#include "core/arena.h"
#include "probe/proxyconf.h"

FUZZ(proxyconf)
{
    struct arena *arena = arena_new();
    struct proxy out = {0};
    struct proxyconf_files files;
    struct err err = {ERR_NONE, ""};

    if (proxyconf_read(arena, "file", (const char *)bytes, n, &out, &files, &err)) {
        INSIST(out.n_routes <= PROXYCONF_MOST_ROUTES && out.n_ranges <= PROXYCONF_MOST_RANGES);
        INSIST(out.n_mistakes <= PROXYCONF_MOST_MISTAKES);
        for (size_t i = 0; i < out.n_routes; i++)
            INSIST(*out.routes[i].upstream && out.routes[i].host);
        (void)proxyconf_allows(&out, 0x7f000001);
    } else {
        INSIST(err.code != ERR_NONE && *err.message);
    }
    arena_free(arena);
    return 0;
}
