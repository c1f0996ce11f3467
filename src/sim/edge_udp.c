#include "sim/edge_udp.h"

#include <string.h>

enum {
    LONG_HEADER = 0x80,
    FIXED_BIT = 0x40,
    TYPE_BITS = 0x30, /* 00: Initial */
    LONGEST_CONNECTION_ID = 20,
};

/* What every version's long header has (RFC 8999 section 5.1), and where the rest begins. */
struct header {
    uint8_t first;
    uint32_t version;
    const uint8_t *destination, *source;
    uint8_t n_destination, n_source;
    size_t end;
};

static bool
connection_id_read(const uint8_t *bytes, size_t n, size_t *at, const uint8_t **id, uint8_t *n_id)
{
    if (*at >= n || bytes[*at] > LONGEST_CONNECTION_ID || *at + 1 + bytes[*at] > n)
        return false;
    *n_id = bytes[*at];
    *id = bytes + *at + 1;
    *at += 1u + *n_id;
    return true;
}

static bool
header_read(const uint8_t *bytes, size_t n, struct header *out)
{
    if (n < 7 || !(bytes[0] & LONG_HEADER))
        return false;
    out->first = bytes[0];
    out->version =
        (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    out->end = 5;
    return connection_id_read(bytes, n, &out->end, &out->destination, &out->n_destination) &&
           connection_id_read(bytes, n, &out->end, &out->source, &out->n_source);
}

/* RFC 9000 section 16: the top two bits of the first byte say how many bytes there are. */
static bool
varint_read(const uint8_t *bytes, size_t n, size_t *at, uint64_t *out)
{
    size_t n_bytes;

    if (*at >= n)
        return false;
    n_bytes = (size_t)1 << (bytes[*at] >> 6);
    if (n_bytes > n - *at)
        return false;
    *out = bytes[(*at)++] & 0x3f;
    while (--n_bytes > 0)
        *out = *out << 8 | bytes[(*at)++];
    return true;
}

static bool
is_shaped_like_an_initial(const uint8_t *bytes, size_t n, const struct header *header)
{
    size_t at = header->end;
    uint64_t n_token, n_rest;

    if (!(header->first & FIXED_BIT) || (header->first & TYPE_BITS) != 0)
        return false;
    if (!varint_read(bytes, n, &at, &n_token) || n_token > n - at)
        return false;
    at += (size_t)n_token;
    return varint_read(bytes, n, &at, &n_rest) && n_rest <= n - at;
}

bool
edge_udp_version(const uint8_t *datagram, size_t n, uint32_t *out_version)
{
    struct header header;

    if (!header_read(datagram, n, &header))
        return false;
    *out_version = header.version;
    return true;
}

static uint8_t *
connection_id_write(uint8_t *out, const uint8_t *id, uint8_t n)
{
    *out++ = n;
    memcpy(out, id, n);
    return out + n;
}

size_t
edge_udp_negotiate(const uint8_t *datagram, size_t n, uint8_t random,
                   uint8_t out[EDGE_DATAGRAM_ROOM])
{
    static const uint8_t versions[] = {0, 0, 0, QUIC_V1};
    struct header header;
    uint8_t *end = out;

    /* version 0 is itself a negotiation: answering one would let two servers talk for ever */
    if (n < EDGE_SMALLEST_FIRST_DATAGRAM || !header_read(datagram, n, &header) ||
        header.version == 0 || header.version == QUIC_V1 ||
        !is_shaped_like_an_initial(datagram, n, &header))
        return 0;
    *end++ = LONG_HEADER | random;
    memset(end, 0, 4);
    end = connection_id_write(end + 4, header.source, header.n_source);
    end = connection_id_write(end, header.destination, header.n_destination);
    memcpy(end, versions, sizeof(versions));
    return (size_t)(end - out) + sizeof(versions);
}
