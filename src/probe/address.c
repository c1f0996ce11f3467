#include "probe/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "core/text.h"

bool
address_parse(const char *host, uint16_t port, struct address *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&out->bytes;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->bytes;
    char bare[INET6_ADDRSTRLEN] = "";
    size_t n = strlen(host);

    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    }
    if (n >= sizeof(bare))
        return false;
    memcpy(bare, host, n);
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, bare, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        out->n = sizeof(*four);
    } else if (inet_pton(AF_INET6, bare, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        out->n = sizeof(*six);
    } else {
        return false;
    }
    address_set_port(out, port);
    return true;
}

bool
address_read(const char *text, uint16_t port, struct address *out)
{
    const char *colon = strrchr(text, ':'), *bracket = strchr(text, ']');
    bool has_port = colon && (bracket ? colon == bracket + 1 : strchr(text, ':') == colon);
    size_t n = has_port ? (size_t)(colon - text) : strlen(text);
    int64_t number = port;
    TEXT(host, ADDRESS_TEXT_BYTES);

    if (has_port && (!int_parse(colon + 1, &number) || number < 1 || number > UINT16_MAX))
        return false;
    text_addn(&host, text, n);
    return !host.is_cut && address_parse(host.bytes, (uint16_t)number, out);
}

bool
address_set(const struct sockaddr *from, socklen_t n, struct address *out)
{
    if ((from->sa_family != AF_INET && from->sa_family != AF_INET6) || n > sizeof(out->bytes))
        return false;
    memset(out, 0, sizeof(*out));
    memcpy(&out->bytes, from, n);
    out->n = n;
    return true;
}

void
address_set_port(struct address *address, uint16_t port)
{
    if (address->bytes.ss_family == AF_INET)
        ((struct sockaddr_in *)&address->bytes)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)&address->bytes)->sin6_port = htons(port);
}

int
address_family(const struct address *address)
{
    return address->bytes.ss_family == AF_INET ? 4 : 6;
}

/* The address itself, without port and scope. */
static const uint8_t *
octets(const struct address *address)
{
    if (address->bytes.ss_family == AF_INET)
        return (const uint8_t *)&((const struct sockaddr_in *)&address->bytes)->sin_addr;
    return ((const struct sockaddr_in6 *)&address->bytes)->sin6_addr.s6_addr;
}

bool
address_is_same(const struct address *a, const struct address *b)
{
    const struct sockaddr_in *a4 = (const struct sockaddr_in *)&a->bytes,
                             *b4 = (const struct sockaddr_in *)&b->bytes;

    /* both families keep the port in the same place */
    return a->bytes.ss_family == b->bytes.ss_family && a4->sin_port == b4->sin_port &&
           memcmp(octets(a), octets(b), address_family(a) == 4 ? 4 : 16) == 0;
}

void
address_add_host(struct text *out, const struct address *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    inet_ntop(address->bytes.ss_family, octets(address), host, sizeof(host));
    text_add(out, host);
}

void
address_add(struct text *out, const struct address *address)
{
    bool is_six = address_family(address) == 6;

    text_add(out, is_six ? "[" : "");
    address_add_host(out, address);
    text_addf(out, "%s:%u", is_six ? "]" : "",
              (unsigned)ntohs(((const struct sockaddr_in *)&address->bytes)->sin_port));
}

/* facts/connectivity.md A2: what Anthropic asks customers to open, and the FedRAMP rows beside. */
static const struct {
    enum range_of owner;
    const char *network;
    unsigned bits;
} ranges[] = {
    {RANGE_OF_API, "160.79.104.0", 23},    {RANGE_OF_API, "2607:6bc0::", 48},
    {RANGE_OF_EDGE, "198.41.192.0", 19},   {RANGE_OF_EDGE, "2606:4700:a0::", 44},
    {RANGE_OF_EDGE, "162.159.234.0", 24},  {RANGE_OF_EDGE, "172.64.234.0", 24},
    {RANGE_OF_EDGE, "2a06:98c1:4d::", 48}, {RANGE_OF_EDGE, "2606:4700:f6::", 48},
};

static bool
is_inside(const struct address *address, const char *network, unsigned bits)
{
    struct address start;
    const uint8_t *a, *b;

    if (!address_parse(network, 0, &start) || address_family(&start) != address_family(address))
        return false;
    a = octets(address);
    b = octets(&start);
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8)) == 0;
}

bool
address_is_published(const struct address *address, enum range_of owner)
{
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if (ranges[i].owner == owner && is_inside(address, ranges[i].network, ranges[i].bits))
            return true;
    return false;
}

bool
address_inside_nat64(const struct address *address, struct address *out)
{
    struct sockaddr_in four = {.sin_family = AF_INET};

    if (!is_inside(address, "64:ff9b::", 96))
        return false;
    four.sin_port = ((const struct sockaddr_in6 *)&address->bytes)->sin6_port;
    memcpy(&four.sin_addr, octets(address) + 12, sizeof(four.sin_addr));
    return address_set((const struct sockaddr *)&four, sizeof(four), out);
}

bool
address_is_loopback(const struct address *address)
{
    return is_inside(address, "127.0.0.0", 8) || is_inside(address, "::1", 128);
}

bool
address_is_link_local(const struct address *address)
{
    return is_inside(address, "fe80::", 10);
}

bool
address_is_private(const struct address *address)
{
    static const struct {
        const char *network;
        unsigned bits;
    } networks[] = {
        {"10.0.0.0", 8},    {"172.16.0.0", 12},  {"192.168.0.0", 16},
        {"100.64.0.0", 10}, {"169.254.0.0", 16}, {"fc00::", 7},
    };

    for (size_t i = 0; i < COUNT_OF(networks); i++)
        if (is_inside(address, networks[i].network, networks[i].bits))
            return true;
    return address_is_loopback(address) || address_is_link_local(address);
}
