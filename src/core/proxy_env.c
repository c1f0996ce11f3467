#include "core/proxy_env.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

static const char separators[] = ", \t";

static const char *
first_set(const char *const *names, size_t n, proxy_env_get *get)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = get(names[i]);

        if (value && *value)
            return value;
    }
    return NULL;
}

static bool
is_four(const char *host)
{
    struct in_addr address;

    return inet_pton(AF_INET, host, &address) == 1;
}

/* "192.0.2.0/24", or an address alone. */
static bool
is_in_network(const char *host, const char *token, size_t n)
{
    struct in_addr address, start;
    int64_t bits = 32;
    TEXT(network, INET_ADDRSTRLEN + 4);
    char *slash;

    text_addn(&network, token, n);
    slash = strchr(network.bytes, '/');
    if (slash && (!int_parse(slash + 1, &bits) || bits < 0 || bits > 32))
        return false;
    if (slash)
        *slash = '\0';
    if (inet_pton(AF_INET, host, &address) != 1 || inet_pton(AF_INET, network.bytes, &start) != 1)
        return false;
    bits = bits == 0 ? 32 : bits; /* so it is */
    return (ntohl(address.s_addr) ^ ntohl(start.s_addr)) >> (32 - bits) == 0;
}

/* The domain itself, or a name below it; dots around either do not count. */
static bool
is_in_domain(const char *host, const char *domain, size_t n)
{
    size_t n_host = strlen(host);

    n_host -= n_host > 0 && host[n_host - 1] == '.';
    n -= n > 0 && domain[n - 1] == '.';
    if (n > 0 && *domain == '.') {
        domain++;
        n--;
    }
    if (n == 0 || n > n_host || strncasecmp(host + n_host - n, domain, n) != 0)
        return false;
    return n == n_host || host[n_host - n - 1] == '.';
}

/* Of IPv6 only the very address can be named. */
static bool
is_exempt(const char *host, const char *list)
{
    bool (*const matches)(const char *host, const char *token, size_t n) =
        is_four(host) ? is_in_network : is_in_domain;

    if (strcmp(list, "*") == 0)
        return true;
    for (list += strspn(list, separators); *list; list += strspn(list, separators)) {
        size_t n = strcspn(list, separators);

        if (matches(host, list, n))
            return true;
        list += n;
    }
    return false;
}

const char *
proxy_env_for(const char *host, proxy_env_get *get)
{
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY"};
    const char *list = first_set(exceptions, COUNT_OF(exceptions), get);

    if (list && is_exempt(host, list))
        return NULL;
    return first_set(proxies, COUNT_OF(proxies), get);
}
