#include "probe/proxyconf.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/yaml.h"

enum { LONGEST_WORD = 256 };

/* RFC 1918: what the proxy allows when nothing is set. */
static const struct proxy_range default_ranges[] = {
    {"10.0.0.0/8", 0x0a000000, 8},
    {"172.16.0.0/12", 0xac100000, 12},
    {"192.168.0.0/16", 0xc0a80000, 16},
};

struct reader {
    struct arena *arena;
    struct proxy *out;
    const char *name;
    const char **mistakes;
    bool has_upstream_ca;
};

static void mistake(struct reader *reader, const struct yaml *node, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void
mistake(struct reader *reader, const struct yaml *node, const char *format, ...)
{
    TEXT(line, 300);
    va_list args;

    if (reader->out->n_mistakes == PROXYCONF_MOST_MISTAKES)
        return;
    text_addf(&line, "%s:%u: ", reader->name, node->line);
    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    reader->mistakes[reader->out->n_mistakes++] = arena_strndup(reader->arena, line.bytes, line.n);
}

static const char *
word(struct reader *reader, const struct yaml *map, const char *key)
{
    const struct yaml *node = yaml_get(map, key);

    if (!node || yaml_is_null(node))
        return "";
    if (node->kind != YAML_scalar) {
        mistake(reader, node, "%s: expected text", key);
        return "";
    }
    return text_clean_dup(reader->arena, node->value, LONGEST_WORD);
}

static bool
is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(value, *words) == 0)
            return true;
    return false;
}

/* As YAML readers of Go take them: the words of YAML 1.1, too. */
static bool
truth(struct reader *reader, const struct yaml *map, const char *key)
{
    static const char *const yes[] = {"true", "True", "TRUE", "y",  "Y",  "yes",
                                      "Yes",  "YES",  "on",   "On", "ON", NULL};
    static const char *const no[] = {"false", "False", "FALSE", "n",   "N",   "no",
                                     "No",    "NO",    "off",   "Off", "OFF", NULL};
    const char *value = word(reader, map, key);

    if (*value && !is_one_of(value, yes) && !is_one_of(value, no))
        mistake(reader, yaml_get(map, key), "%s: expected true or false", key);
    return is_one_of(value, yes);
}

/* ---- routes ---- */

/* scheme://host:port and nothing more: the proxy refuses to start otherwise. */
static bool
is_upstream(const char *value)
{
    const char *host = strncmp(value, "http://", 7) == 0    ? value + 7
                       : strncmp(value, "https://", 8) == 0 ? value + 8
                                                            : NULL;
    const char *colon = host ? strrchr(host, ':') : NULL;
    int64_t port;

    return host && colon > host && !strpbrk(host, "/?#@ ") && int_parse(colon + 1, &port) &&
           port > 0 && port <= UINT16_MAX;
}

/* Requests come for hosts of the tunnel only: a name stands below its domain, unless it ends with
 * it. Without a domain one with a dot can only be whole. */
static const char *
route_host(struct reader *reader, const char *name)
{
    const char *domain = reader->out->tunnel_domain;
    size_t n = strlen(name), m = strlen(domain);

    if (m == 0)
        return strchr(name, '.') ? name : "";
    if (n > m && name[n - m - 1] == '.' && strcasecmp(name + n - m, domain) == 0)
        return name;
    return arena_printf(reader->arena, "%s.%s", name, domain);
}

/* Does it lack a CA that it needs? */
static bool
trusts_nobody(const struct reader *reader, const struct proxy_route *route)
{
    return strncmp(route->upstream, "https:", 6) == 0 && !reader->has_upstream_ca;
}

static void
read_routes(struct reader *reader, const struct yaml *map)
{
    struct proxy_route *routes = arena_array(reader->arena, PROXYCONF_MOST_ROUTES, sizeof(*routes));

    reader->out->routes = routes;
    if (yaml_is_null(map))
        return;
    if (map->kind != YAML_map) {
        mistake(reader, map,
                "routes: expected a map of names to upstreams; the proxy will not start");
        return;
    }
    for (const struct yaml *child = map->first;
         child && reader->out->n_routes < PROXYCONF_MOST_ROUTES; child = child->next) {
        struct proxy_route *route = &routes[reader->out->n_routes];

        route->name = text_clean_dup(reader->arena, child->key, LONGEST_WORD);
        route->upstream = child->kind == YAML_scalar
                              ? text_clean_dup(reader->arena, child->value, LONGEST_WORD)
                              : "";
        route->host = route_host(reader, route->name);
        if (!is_upstream(route->upstream)) {
            mistake(reader, child,
                    "route %s: expected scheme://host:port; the proxy will not start", route->name);
            continue;
        }
        if (trusts_nobody(reader, route))
            mistake(reader, child,
                    "route %s: https needs upstream.tls.ca_file or upstream.tls.include_system_cas",
                    route->name);
        reader->out->n_routes++;
    }
    if (reader->out->n_routes == PROXYCONF_MOST_ROUTES)
        mistake(reader, map, "routes: only the first %d are looked at", PROXYCONF_MOST_ROUTES);
}

/* ---- ranges ---- */

bool
proxyconf_read_range(const char *text, struct proxy_range *out)
{
    char host[INET_ADDRSTRLEN] = "";
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    struct in_addr address;
    int64_t bits = 32;

    if (n >= sizeof(host) || (slash && (!int_parse(slash + 1, &bits) || bits < 0 || bits > 32)))
        return false;
    memcpy(host, text, n);
    if (inet_pton(AF_INET, host, &address) != 1)
        return false;
    *out = (struct proxy_range){.text = text, .network = ntohl(address.s_addr), .bits = (int)bits};
    return true;
}

static void
read_ranges(struct reader *reader, const struct yaml *upstream)
{
    const struct yaml *list = yaml_get(upstream, "allowed_ips");
    struct proxy_range *ranges = arena_array(reader->arena, PROXYCONF_MOST_RANGES, sizeof(*ranges));

    if (!list || yaml_is_null(list)) {
        reader->out->ranges = default_ranges;
        reader->out->n_ranges = COUNT_OF(default_ranges);
        return;
    }
    reader->out->has_ranges = true;
    reader->out->ranges = ranges;
    if (list->kind != YAML_list)
        mistake(reader, list, "upstream.allowed_ips: expected a list");
    for (const struct yaml *child = list->first;
         child && reader->out->n_ranges < PROXYCONF_MOST_RANGES; child = child->next) {
        const char *text = child->kind == YAML_scalar
                               ? text_clean_dup(reader->arena, child->value, LONGEST_WORD)
                               : "";

        if (proxyconf_read_range(text, &ranges[reader->out->n_ranges]))
            reader->out->n_ranges++;
        else
            mistake(reader, child, "upstream.allowed_ips: \"%.40s\" is no IPv4 range", text);
    }
}

bool
proxyconf_allows(const struct proxy *proxy, uint32_t address)
{
    for (size_t i = 0; i < proxy->n_ranges; i++) {
        const struct proxy_range *range = &proxy->ranges[i];

        if (range->bits == 0 || (address ^ range->network) >> (32 - range->bits) == 0)
            return true;
    }
    return proxy->disables_ip_validation;
}

/* What the proxy does not start without; without a domain only whole names are routed. */
static void
look_for_gaps(struct reader *reader, const struct yaml *root, const struct proxyconf_files *files)
{
    const struct proxy *out = reader->out;
    const struct {
        bool is_there;
        const char *name;
    } needed[] = {
        {*out->listen_address, "listen_addr"},
        {*files->cert_file, "tls.cert_file"},
        {*files->key_file, "tls.key_file"},
        {out->n_routes > 0 || out->n_mistakes > 0, "routes"},
    };

    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!needed[i].is_there)
            mistake(reader, root, "%s: missing, and the proxy needs it", needed[i].name);
    for (size_t i = 0; i < out->n_routes; i++)
        if (!*out->routes[i].host) {
            mistake(reader, root, "tunnel_domain: missing, and route %s needs it",
                    out->routes[i].name);
            return;
        }
}

bool
proxyconf_read(struct arena *arena, const char *name, const char *bytes, size_t n,
               struct proxy *out, struct proxyconf_files *files, struct err *err)
{
    const struct yaml *root = yaml_parse_foreign(arena, name, bytes, n, err);
    const struct yaml *upstream = yaml_get(root, "upstream"), *tls = yaml_get(root, "tls");
    const struct yaml *upstream_tls = yaml_get(upstream, "tls");
    struct reader reader = {.arena = arena, .out = out, .name = name};

    out->tunnel_domain = out->listen_address = "";
    if (!root)
        return false;
    if (root->kind != YAML_map)
        return err_set(err, ERR_FORMAT, "%s: expected a map", name);
    reader.mistakes = arena_array(arena, PROXYCONF_MOST_MISTAKES, sizeof(*reader.mistakes));
    out->mistakes = reader.mistakes;
    out->tunnel_domain = word(&reader, root, "tunnel_domain");
    out->listen_address = word(&reader, root, "listen_addr");
    files->cert_file = word(&reader, tls, "cert_file");
    files->key_file = word(&reader, tls, "key_file");
    out->disables_ip_validation = truth(&reader, upstream, "disable_ip_validation");
    reader.has_upstream_ca = truth(&reader, upstream_tls, "include_system_cas") ||
                             *word(&reader, upstream_tls, "ca_file");
    read_ranges(&reader, upstream);
    read_routes(&reader, yaml_get(root, "routes"));
    look_for_gaps(&reader, root, files);
    return true;
}
