/* edge_udp.h — what the edge answers to a datagram before it knows a connection: version
 * negotiation. Pure: bytes in, bytes out. */
#ifndef SIM_EDGE_UDP_H
#define SIM_EDGE_UDP_H

#include "core/base.h"

enum {
    QUIC_V1 = 1,
    EDGE_SMALLEST_FIRST_DATAGRAM = 1200, /* RFC 9000 section 14.1 */
    EDGE_DATAGRAM_ROOM = 2048,
};

/* The version of a long-header packet, when the datagram begins with one that is well formed. */
bool edge_udp_version(const uint8_t *datagram, size_t n, uint32_t *out_version);

/* Answer a datagram of an unknown version (RFC 9000 section 6.1). As strict as the stack the real
 * edge runs (facts/connectivity.md F1): at least 1200 bytes, an Initial by its type bits, a token
 * and a length that fit. Returns the bytes of the answer, 0 for silence. random: fills the bits
 * that must not be constant. */
size_t edge_udp_negotiate(const uint8_t *datagram, size_t n, uint8_t random,
                          uint8_t out[EDGE_DATAGRAM_ROOM]);

#endif
