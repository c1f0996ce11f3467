/* Frames of whatever answered in a WebSocket's place. */
#include "fuzz/fuzz.h"

#include "probe/websocket.h"

static void
websocket_heard(void *context, const uint8_t *bytes, size_t n)
{
    size_t *sum = context;

    for (size_t i = 0; i < n; i++) /* every byte is there to be read */
        *sum += bytes[i] > 0;
}

FUZZ(websocket)
{
    size_t sum = 0;
    struct websocket_reader reader = {.data = websocket_heard, .context = &sum};

    for (size_t at = 0; at < n;) {
        size_t part = 1 + bytes[at] % 7;

        if (part > n - at)
            part = n - at;
        if (!websocket_read(&reader, bytes + at, part))
            break;
        at += part;
    }
    INSIST(sum <= n);
    return 0;
}
