/* websocket.h — RFC 6455, as much of it as a client needs to carry bytes: the opening request and
 * binary frames.
 *
 * Pure functions of bytes. */
#ifndef PROBE_WEBSOCKET_H
#define PROBE_WEBSOCKET_H

#include "core/base.h"

enum {
    WEBSOCKET_BINARY = 2, /* opcodes, section 5.2 */
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_HEAD_BYTES = 14, /* a frame's header at most */
    WEBSOCKET_NONCE_BYTES = 16,
    WEBSOCKET_LARGEST_BYTES = 1 << 20, /* of a frame; a server that sends more is not believed */
};

/* The opening request for "/" of host, which is clean text, with 16 bytes nobody can foresee.
 * Returns its length; 0: it does not fit. */
size_t websocket_request(char *out, size_t size, const char *host,
                         const uint8_t nonce[WEBSOCKET_NONCE_BYTES]);

/* The header of a frame with n bytes; returns its length. mask: what the n bytes must be combined
 * with, byte i with mask[i % 4]. */
size_t websocket_head(uint8_t out[WEBSOCKET_HEAD_BYTES], int opcode, size_t n,
                      const uint8_t mask[4]);

/* Frames of a server, in whatever pieces they come. Zeroed at first. */
struct websocket_reader {
    void (*data)(void *context, const uint8_t *bytes, size_t n); /* of binary frames */
    void *context;
    bool is_closed; /* by a frame that says so */
    /* private */
    uint8_t head[WEBSOCKET_HEAD_BYTES];
    size_t n_head;
    uint64_t left; /* of the frame's bytes */
    bool is_within;
};

/* False when that is no such stream; then it is of no further use. */
bool websocket_read(struct websocket_reader *reader, const uint8_t *bytes, size_t n) MUST_CHECK;

#endif
