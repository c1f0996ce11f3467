#include "probe/well_known.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "model/proxy.h"

static const char resource_place[] = "/.well-known/oauth-protected-resource";
static const char server_place[] = "/.well-known/oauth-authorization-server";
static const char openid_place[] = "/.well-known/openid-configuration";

bool
url_split(const char *url, struct url_parts *out)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    size_t authority = scheme ? strcspn(url + scheme, "/?#") : 0;
    const char *colon;

    if (authority == 0 || strchr(url, '#') || memchr(url + scheme, '@', authority))
        return false;
    colon = memchr(url + scheme, ':', authority);
    *out = (struct url_parts){
        .url = url,
        .origin_bytes = scheme + authority,
        .host_at = scheme,
        .host_bytes = colon ? (size_t)(colon - url) - scheme : authority,
        .path = url + scheme + authority,
    };
    return out->host_bytes > 0;
}

static void
add(struct text *out, const struct url_parts *parts, const char *first, const char *second)
{
    text_clear(out);
    text_addn(out, parts->url, parts->origin_bytes);
    text_add(out, first);
    text_add(out, strcmp(second, "/") == 0 ? "" : second);
}

bool
well_known_resource(const char *endpoint, size_t nth, struct text *out)
{
    struct url_parts parts;

    if (!url_split(endpoint, &parts) || nth > 1)
        return false;
    add(out, &parts, resource_place, nth == 0 ? parts.path : "");
    return true;
}

bool
well_known_server(const char *issuer, size_t nth, struct text *out)
{
    struct url_parts parts;
    bool has_path;

    if (!url_split(issuer, &parts))
        return false;
    has_path = *parts.path && strcmp(parts.path, "/") != 0;
    if (nth == 0)
        add(out, &parts, server_place, parts.path);
    else if (nth == 1)
        add(out, &parts, openid_place, parts.path);
    else if (nth == 2 && has_path)
        add(out, &parts, parts.path, openid_place);
    else
        return false;
    return true;
}

enum url_way
url_rewrite(const char *url, const struct proxy_route *routes, size_t n, struct text *out,
            size_t *route)
{
    struct url_parts parts;

    text_clear(out);
    if (!url_split(url, &parts))
        return URL_refused;
    for (size_t i = 0; i < n; i++) {
        size_t own = strlen(routes[i].upstream), host = strlen(routes[i].host);
        bool is_host = host > 0 && host == parts.host_bytes &&
                       strncasecmp(routes[i].host, url + parts.host_at, host) == 0;

        if (!is_host &&
            !(own == parts.origin_bytes && strncasecmp(routes[i].upstream, url, own) == 0))
            continue;
        text_addf(out, "%s%s", routes[i].upstream, parts.path);
        *route = i;
        return URL_upstream;
    }
    text_add(out, url);
    return strncmp(url, "https://", 8) == 0 ? URL_elsewhere : URL_refused;
}
