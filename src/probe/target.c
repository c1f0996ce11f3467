#include "probe/target.h"

#include <stdlib.h>
#include <string.h>

#include "core/die.h"
#include "core/text.h"
#include "probe/quic.h"

#define DEFAULT_API "https://api.anthropic.com"
#define API_PATH "/v1/models" /* answers 401 to a stranger (facts G1) */
#define NOT_UNDERSTOOD "a URL that cannot be understood"
#define EDGE_TLS_NAME "h2.cftunnel.com" /* as cloudflared asks for (facts A4) */

enum { EDGE_PORT = 7844 };

static struct row *
row_new(const struct target *target, enum check_kind kind, int family)
{
    struct row *row = calloc(1, sizeof(*row));

    if (!row)
        die("out of memory");
    row->target = target->name;
    row->kind = kind;
    row->family = family;
    row->url = target->url;
    row->tls_name = kind == CHECK_EDGE_UDP_7844 ? QUIC_EDGE_NAME : target->tls_name;
    row->other_name = target->is_api ? NULL : QUIC_PRECHECK_NAME;
    row->proxy = target->proxy;
    row->dns_us = -1;
    return row;
}

/* The kinds of check that a target can have, in the order of the screen. */
static const struct {
    enum check_kind kind;
    bool is_of_api, is_udp;
} kinds[] = {
    {CHECK_API_443, true, false},
    {CHECK_EDGE_TCP_7844, false, false},
    {CHECK_EDGE_UDP_7844, false, true},
};

static void
make_neighbours(struct target *target)
{
    for (size_t i = 0; i < target->n_rows; i++)
        for (size_t k = 0; k < target->n_rows; k++)
            if (i != k && target->rows[i]->family == target->rows[k]->family)
                target->rows[i]->neighbour = target->rows[k];
}

static bool
is_asked_for(const struct probe_options *options, enum check_kind kind, int family)
{
    return (options->kinds == 0 || options->kinds >> kind & 1u) &&
           (options->families == 0 || options->families >> family & 1u);
}

static void
add_rows(struct target *target, const struct probe_options *options)
{
    struct address literal;
    bool is_literal = address_parse(target->host, 0, &literal);

    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        uint16_t port = kinds[k].is_udp ? target->udp_port : target->tcp_port;

        if (kinds[k].is_of_api != target->is_api || port == 0)
            continue;
        for (int family = 4; family <= 6; family += 2)
            if ((!is_literal || address_family(&literal) == family) &&
                is_asked_for(options, kinds[k].kind, family))
                target->rows[target->n_rows++] = row_new(target, kinds[k].kind, family);
    }
    make_neighbours(target);
    for (int i = 0; i < FAMILIES; i++) {
        target->lookups[i].target = target;
        target->lookups[i].family = i == 0 ? 4 : 6;
        target->lookups[i].is_public = target->has_published_ranges;
        target->lookups[i].owner = target->is_api ? RANGE_OF_API : RANGE_OF_EDGE;
    }
}

static bool
set_api(struct target *target, const struct probe_options *options, struct err *err)
{
    const char *base = options->api_url && *options->api_url ? options->api_url : DEFAULT_API;
    size_t n = strlen(base);
    struct http_url parts;
    char *url;

    if (!http_url_read(base, &parts, err))
        return err_context(err, "the API's URL");
    while (n > 0 && base[n - 1] == '/')
        n--;
    url = malloc(n + sizeof(API_PATH));
    if (!url)
        die("out of memory");
    memcpy(url, base, n);
    memcpy(url + n, API_PATH, sizeof(API_PATH));
    text_clean(target->name, sizeof(target->name), "api", 3);
    memcpy(target->host, parts.host, sizeof(target->host));
    target->is_api = true;
    target->tcp_port = parts.port;
    target->url = url;
    target->tls_name = parts.is_https ? target->host : NULL;
    target->has_published_ranges = strcmp(parts.host, "api.anthropic.com") == 0;
    return true;
}

/* The API once more, as libcurl would reach it: the connection is the proxy's. What cannot be
 * understood, and may hold a password, is shown as no name. */
static void
set_proxied(struct target *target, const struct target *api, const char *proxy)
{
    struct http_url parts = {.host = NOT_UNDERSTOOD, .port = 1080};

    (void)http_proxy_read(proxy, &parts);
    text_clean(target->name, sizeof(target->name), "api via proxy", 13);
    memcpy(target->host, parts.host, sizeof(target->host));
    target->is_api = true;
    target->tcp_port = parts.port;
    target->proxy = proxy;
    target->url = strdup(api->url);
    if (!target->url)
        die("out of memory");
}

static void
set_name(struct target *target, const char *name)
{
    struct text text = {.bytes = target->name, .size = sizeof(target->name)};

    text_addf(&text, "edge %s", name);
}

static void
set_configured(struct target *target, const struct probe_edge *edge)
{
    set_name(target, edge->name && *edge->name ? edge->name : edge->host);
    text_clean(target->host, sizeof(target->host), edge->host, strlen(edge->host));
    target->tcp_port = edge->tcp_port;
    target->udp_port = edge->udp_port;
    target->tls_name = EDGE_TLS_NAME;
}

static void
set_well_known(struct target *target, const char *region, size_t number)
{
    bool is_global = !region || !*region;
    struct text host = {.bytes = target->host, .size = sizeof(target->host)};
    TEXT(name, TARGET_NAME_BYTES);

    text_addf(&name, "%s%sregion%zu", is_global ? "" : region, is_global ? "" : "-", number);
    set_name(target, name.bytes);
    text_addf(&host, "%s.v2.argotunnel.com", name.bytes);
    target->tcp_port = target->udp_port = EDGE_PORT;
    target->tls_name = EDGE_TLS_NAME;
    target->is_discovered = target->has_published_ranges = true;
}

struct target *
targets_new(const struct probe_options *options, size_t *n, struct err *err)
{
    size_t n_edges = options->n_edges > 0 ? options->n_edges : REGIONS;
    struct target *targets = calloc(2 + n_edges, sizeof(*targets));

    if (!targets)
        die("out of memory");
    if (!set_api(&targets[0], options, err)) {
        free(targets);
        return NULL;
    }
    for (size_t i = 0; i < n_edges; i++)
        if (options->n_edges > 0)
            set_configured(&targets[1 + i], &options->edges[i]);
        else
            set_well_known(&targets[1 + i], options->region, i + 1);
    *n = 1 + n_edges;
    if (options->proxy_url)
        set_proxied(&targets[(*n)++], &targets[0], options->proxy_url);
    for (size_t i = 0; i < *n; i++)
        add_rows(&targets[i], options);
    return targets;
}

void
targets_free(struct target *targets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)targets[i].url);
        for (size_t k = 0; k < targets[i].n_rows; k++)
            free(targets[i].rows[k]);
    }
    free(targets);
}

void
target_service_name(const char *region, struct text *out)
{
    bool is_global = !region || !*region;

    text_addf(out, "_%s%sv2-origintunneld._tcp.argotunnel.com", is_global ? "" : region,
              is_global ? "" : "-");
}

bool
targets_discovered(struct target *targets, size_t n, const struct dns_query *answer)
{
    bool has_moved = false;
    size_t next = 0;

    for (size_t i = 0; i < n && next < answer->n_services; i++) {
        const struct dns_service *service = &answer->services[next];

        if (!targets[i].is_discovered)
            continue;
        next++;
        if (service->port == 0 || !*service->host) /* "not here" (RFC 2782) */
            continue;
        has_moved |= strcasecmp(targets[i].host, service->host) != 0;
        text_clean(targets[i].host, sizeof(targets[i].host), service->host, strlen(service->host));
        targets[i].tcp_port = targets[i].udp_port = service->port;
    }
    return has_moved;
}

uint16_t
target_port(const struct target *target, const struct row *row)
{
    return row->kind == CHECK_EDGE_UDP_7844 ? target->udp_port : target->tcp_port;
}

void
target_add_protocol(struct text *out, const struct target *target, const struct row *row)
{
    text_addf(out, "%s/%u", row->kind == CHECK_EDGE_UDP_7844 ? "udp" : "tcp",
              (unsigned)target_port(target, row));
}

void
target_add_id(struct text *out, const struct target *target, const struct row *row)
{
    TEXT(protocol, 16);

    target_add_protocol(&protocol, target, row);
    check_id_add(out, target->name, protocol.bytes, row->family);
}
