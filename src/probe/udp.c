#include "probe/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/icmp.h"

bool
udp_read_error(int fd, struct fault *fault)
{
    return icmp_read(fd, STAGE_quic, fault);
}

int
udp_open(const struct address *address)
{
    const struct sockaddr *to = (const struct sockaddr *)&address->bytes;
    bool is_six = to->sa_family == AF_INET6;
    int level = is_six ? IPPROTO_IPV6 : IPPROTO_IP, saved;
    int probe = is_six ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;
    int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    icmp_listen(fd, to->sa_family, true);
    (void)setsockopt(fd, level, is_six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &probe,
                     sizeof(probe));
    if (connect(fd, to, address->n) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}
