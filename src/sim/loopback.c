#include "sim/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

bool
loopback_parse(const char *address, struct sockaddr_storage *out, socklen_t *n, struct err *err)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    const char *colon = strrchr(address, ':');
    char host[LOOPBACK_BYTES];
    int64_t port;

    *out = (struct sockaddr_storage){0};
    if (!colon || (size_t)(colon - address) >= sizeof(host) || !int_parse(colon + 1, &port) ||
        port < 0 || port > UINT16_MAX)
        return err_set(err, ERR_USAGE, "expected ADDRESS:PORT, found \"%.40s\"", address);
    snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
    if (strcmp(host, "localhost") == 0)
        snprintf(host, sizeof(host), "127.0.0.1");
    *n = sizeof(*v4);
    v4->sin_port = htons((uint16_t)port); /* at the same place in both */
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
        v4->sin_family = AF_INET;
        return true;
    }
    *n = sizeof(*v6);
    v6->sin6_family = AF_INET6;
    if (strcmp(host, "[::1]") != 0)
        return err_set(err, ERR_USAGE, "expected a loopback address, found \"%.40s\"", address);
    v6->sin6_addr = in6addr_loopback;
    return true;
}

void
loopback_print(const struct sockaddr_storage *bound, char out[LOOPBACK_BYTES])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)bound;
    char host[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
    snprintf(out, LOOPBACK_BYTES, "%s:%u", bound->ss_family == AF_INET ? host : "[::1]",
             (unsigned)ntohs(v4->sin_port));
}

int
loopback_bind(const char *address, struct sockaddr_storage *out, struct err *err)
{
    socklen_t n;
    int fd, one = 1;

    if (!loopback_parse(address, out, &n, err)) {
        err_context(err, "--listen");
        return -1;
    }
    fd = socket(out->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, (struct sockaddr *)out, n) == 0 &&
        getsockname(fd, (struct sockaddr *)out, &n) == 0)
        return fd;
    err_set(err, ERR_IO, "listen on %.40s: %s", address, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
