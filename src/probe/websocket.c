#include "probe/websocket.h"

#include <stdio.h>
#include <string.h>

enum {
    IS_LAST = 0x80, /* section 5.2 */
    RESERVED = 0x70,
    OPCODE = 0x0f,
    IS_MASKED = 0x80,
    LENGTH = 0x7f,
    LENGTH_16 = 126, /* the length stands in the next two bytes, or in the next eight */
    LENGTH_64 = 127,
    CONTINUATION = 0,
    KEY_BYTES = (WEBSOCKET_NONCE_BYTES + 2) / 3 * 4,
};

/* RFC 4648 section 4. */
static void
base64(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;

        group |= i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < n ? bytes[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = i + 1 < n ? digits[group >> 6 & 63] : '=';
        *out++ = i + 2 < n ? digits[group & 63] : '=';
    }
    *out = '\0';
}

size_t
websocket_request(char *out, size_t size, const char *host,
                  const uint8_t nonce[WEBSOCKET_NONCE_BYTES])
{
    char key[KEY_BYTES + 1];
    int n;

    base64(nonce, WEBSOCKET_NONCE_BYTES, key);
    n = snprintf(out, size,
                 "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
                 "User-Agent: sandwatch\r\n\r\n",
                 host, key);
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t
websocket_head(uint8_t out[WEBSOCKET_HEAD_BYTES], int opcode, size_t n, const uint8_t mask[4])
{
    size_t at = 2;

    out[0] = (uint8_t)(IS_LAST | opcode);
    if (n < LENGTH_16) {
        out[1] = (uint8_t)(IS_MASKED | n);
    } else if (n <= UINT16_MAX) {
        out[1] = IS_MASKED | LENGTH_16;
        out[at++] = (uint8_t)(n >> 8);
        out[at++] = (uint8_t)n;
    } else {
        out[1] = IS_MASKED | LENGTH_64;
        for (int shift = 56; shift >= 0; shift -= 8)
            out[at++] = (uint8_t)((uint64_t)n >> shift);
    }
    memcpy(out + at, mask, 4);
    return at + 4;
}

/* Of the header of which the first two bytes are there. */
static size_t
head_bytes(const uint8_t *head)
{
    int length = head[1] & LENGTH;

    return length == LENGTH_16 ? 4 : length == LENGTH_64 ? 10 : 2;
}

/* False for what no server may send. */
static bool
begin_frame(struct websocket_reader *reader)
{
    const uint8_t *head = reader->head;
    size_t n = head_bytes(head);

    reader->left = n == 2 ? head[1] & LENGTH : 0;
    for (size_t i = 2; i < n; i++)
        reader->left = reader->left << 8 | head[i];
    reader->is_within = true;
    reader->n_head = 0;
    reader->is_closed |= (head[0] & OPCODE) == WEBSOCKET_CLOSE;
    return !(head[0] & RESERVED) && !(head[1] & IS_MASKED) &&
           reader->left <= WEBSOCKET_LARGEST_BYTES;
}

static bool
is_data(const struct websocket_reader *reader)
{
    int opcode = reader->head[0] & OPCODE;

    return opcode == WEBSOCKET_BINARY || opcode == CONTINUATION;
}

bool
websocket_read(struct websocket_reader *reader, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        if (!reader->is_within) {
            reader->head[reader->n_head++] = *bytes++;
            n--;
            if (reader->n_head >= 2 && reader->n_head == head_bytes(reader->head) &&
                !begin_frame(reader))
                return false;
        } else {
            size_t part = n < reader->left ? n : (size_t)reader->left;

            if (is_data(reader))
                reader->data(reader->context, bytes, part);
            bytes += part;
            n -= part;
            reader->left -= part;
        }
        if (reader->is_within && reader->left == 0)
            reader->is_within = false;
    }
    return true;
}
