#include "aid/wrap.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static bool
read_all(int fd, void *out, size_t n)
{
    return recv(fd, out, n, MSG_WAITALL) == (ssize_t)n;
}

static bool
upgrade(int fd)
{
    static const char reply[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n\r\n";
    char request[2048] = "";
    size_t n = 0;

    while (n + 1 < sizeof(request) && !strstr(request, "\r\n\r\n"))
        if (!read_all(fd, request + n++, 1))
            return false;
    return strstr(request, "\r\nUpgrade: websocket\r\n") &&
           strstr(request, "\r\nSec-WebSocket-Version: 13\r\n") &&
           send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(reply) - 1;
}

/* One masked binary frame into the session; false when it is anything else. */
static bool
take_frame(int fd, BIO *in)
{
    uint8_t head[4], mask[4], bytes[UINT16_MAX];
    size_t n;

    if (!read_all(fd, head, 2) || head[0] != 0x82 || !(head[1] & 0x80))
        return false;
    n = head[1] & 0x7f;
    if (n > 126 || (n == 126 && !read_all(fd, head + 2, 2)))
        return false;
    if (n == 126)
        n = (size_t)head[2] << 8 | head[3];
    if (!read_all(fd, mask, 4) || !read_all(fd, bytes, n))
        return false;
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= mask[i % 4];
    return BIO_write(in, bytes, (int)n) == (int)n;
}

/* In frames of a few sizes, so that a record does not always stand in one, with a ping between. */
static void
give_frames(int fd, BIO *out)
{
    static const uint8_t ping[] = {0x89, 3, 'h', 'i', '!'};
    uint8_t frame[1004];
    int n;

    while ((n = BIO_read(out, frame + 4, 1000)) > 0) {
        uint8_t head[4] = {0x82, 126, (uint8_t)(n >> 8), (uint8_t)n};

        if (n < 126)
            head[1] = (uint8_t)n;
        memcpy(frame + (n < 126 ? 2 : 0), head, n < 126 ? 2 : 4);
        (void)!send(fd, frame + (n < 126 ? 2 : 0), (size_t)n + (n < 126 ? 2 : 4), MSG_NOSIGNAL);
        (void)!send(fd, ping, sizeof(ping), MSG_NOSIGNAL);
    }
}

void
wrap_serve(int fd, SSL_CTX *context)
{
    struct timeval patience = {.tv_sec = 5};
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL_set_bio(ssl, in, out);
    if (upgrade(fd))
        while (SSL_accept(ssl) != 1) {
            give_frames(fd, out);
            if (!take_frame(fd, in))
                break;
        }
    give_frames(fd, out);
    SSL_free(ssl);
}
