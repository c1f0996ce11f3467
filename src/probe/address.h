/* address.h — an IP address with a port, and whether it belongs to a published range. */
#ifndef PROBE_ADDRESS_H
#define PROBE_ADDRESS_H

#include <sys/socket.h>

#include "core/base.h"

struct text;

enum { FAMILIES = 2, ADDRESS_TEXT_BYTES = 64 };

struct address {
    struct sockaddr_storage bytes;
    socklen_t n;
};

/* Read a literal, "127.0.0.1", "::1" or "[::1]"; false when host is a name. */
bool address_parse(const char *host, uint16_t port, struct address *out) MUST_CHECK;
/* Read "127.0.0.1:53" or "[::1]:53"; without a port it is the given one. */
bool address_read(const char *text, uint16_t port, struct address *out) MUST_CHECK;
bool address_set(const struct sockaddr *from, socklen_t n, struct address *out) MUST_CHECK;
void address_set_port(struct address *address, uint16_t port);

int address_family(const struct address *address); /* 4 or 6 */
bool address_is_same(const struct address *a, const struct address *b);

/* "198.41.192.7", "::1". */
void address_add_host(struct text *out, const struct address *address);
/* "198.41.192.7:7844", "[::1]:7844". */
void address_add(struct text *out, const struct address *address);

/* Of a network that the Internet does not route to: RFC 1918, 6598, 4193, link-local, loopback. */
bool address_is_private(const struct address *address);
bool address_is_link_local(const struct address *address); /* IPv6's only */
bool address_is_loopback(const struct address *address);

/* Who publishes a range (facts/connectivity.md A2). */
enum range_of { RANGE_OF_API, RANGE_OF_EDGE };

/* Whether the address lies where its owner says that the service is. */
bool address_is_published(const struct address *address, enum range_of owner);

/* The IPv4 address in one of 64:ff9b::/96 (RFC 6052), with its port; false for all others. */
bool address_inside_nat64(const struct address *address, struct address *out) MUST_CHECK;

#endif
