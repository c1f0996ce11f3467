#include "probe/link.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "probe/address.h"

static bool
has_address(const struct ifaddrs *interface, const struct address *own)
{
    struct address address;
    socklen_t n = 0;

    if (!interface->ifa_addr)
        return false;
    n = interface->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                  : sizeof(struct sockaddr_in6);
    return address_set(interface->ifa_addr, n, &address) && address_is_same(&address, own);
}

int64_t
link_mtu(int fd)
{
    struct sockaddr_storage bytes = {0};
    socklen_t n = sizeof(bytes);
    struct ifaddrs *interfaces, *one;
    struct address own;
    struct ifreq request = {0};

    if (getsockname(fd, (struct sockaddr *)&bytes, &n) != 0 ||
        !address_set((struct sockaddr *)&bytes, n, &own) || getifaddrs(&interfaces) != 0)
        return -1;
    address_set_port(&own, 0); /* as an interface's address has none */
    for (one = interfaces; one && !has_address(one, &own); one = one->ifa_next)
        continue;
    if (one)
        memcpy(request.ifr_name, one->ifa_name, strnlen(one->ifa_name, IFNAMSIZ - 1));
    freeifaddrs(interfaces);
    return one && ioctl(fd, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : -1;
}
