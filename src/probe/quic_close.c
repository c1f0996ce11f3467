#include "probe/quic_close.h"

static const char *const names[] = {
    [0x00] = "no error",
    [0x01] = "internal error",
    [0x02] = "connection refused",
    [0x03] = "flow control error",
    [0x04] = "stream limit error",
    [0x05] = "stream state error",
    [0x06] = "final size error",
    [0x07] = "frame encoding error",
    [0x08] = "transport parameter error",
    [0x09] = "connection ID limit error",
    [0x0a] = "protocol violation",
    [0x0b] = "invalid token",
    [0x0c] = "application error",
    [0x0d] = "crypto buffer exceeded",
    [0x0e] = "key update error",
    [0x0f] = "AEAD limit reached",
    [0x10] = "no viable path",
    [0x11] = "version negotiation error", /* RFC 9368 */
};

const char *
quic_close_name(uint64_t code)
{
    return code < COUNT_OF(names) ? names[code] : "unknown error";
}
