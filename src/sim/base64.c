#include "sim/base64.h"

#include "sim/buffer.h"

char *
base64url(const char *bytes, size_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct buffer out = {0};
    uint32_t held = 0;
    int bits = 0;
    size_t length;

    for (size_t i = 0; i < n; i++) {
        held = held << 8 | (unsigned char)bytes[i];
        for (bits += 8; bits >= 6; bits -= 6)
            buffer_addn(&out, &letters[held >> (bits - 6) & 63], 1);
    }
    if (bits > 0)
        buffer_addn(&out, &letters[held << (6 - bits) & 63], 1);
    return buffer_take(&out, &length);
}
