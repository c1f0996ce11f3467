/* Causes: facts/connectivity.md F1. */
#include <time.h> /* errqueue.h needs it and does not say so */

#include "probe/icmp.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/text.h"
#include "probe/address.h"

static const struct {
    int type, code; /* ICMPv6 (RFC 4443) */
    int as;         /* what ICMPv4 would have said */
} translations[] = {
    {1, 0, FAULT_ICMP(3, 0)}, {1, 1, FAULT_ICMP(3, 13)}, {1, 3, FAULT_ICMP(3, 1)},
    {1, 4, FAULT_ICMP(3, 3)}, {1, 5, FAULT_ICMP(3, 13)}, {1, 6, FAULT_ICMP(3, 0)},
    {2, 0, FAULT_ICMP(3, 4)},
};

static const struct {
    int code;
    const char *name;
} icmp_names[] = {
    {FAULT_ICMP(3, 0), "network unreachable"},
    {FAULT_ICMP(3, 1), "host unreachable"},
    {FAULT_ICMP(3, 3), "port unreachable"},
    {FAULT_ICMP(3, 4), "fragmentation needed"},
    {FAULT_ICMP(3, 9), "network administratively prohibited"},
    {FAULT_ICMP(3, 10), "host administratively prohibited"},
    {FAULT_ICMP(3, 13), "administratively prohibited"},
};

static int
icmp_code(const struct sock_extended_err *error)
{
    if (error->ee_origin == SO_EE_ORIGIN_ICMP6)
        for (size_t i = 0; i < COUNT_OF(translations); i++)
            if (translations[i].type == error->ee_type && translations[i].code == error->ee_code)
                return translations[i].as;
    return FAULT_ICMP(error->ee_type, error->ee_code);
}

static void
explain_icmp(const struct sock_extended_err *error, enum check_stage stage, struct fault *fault)
{
    struct sockaddr_storage sender;
    struct address offender;
    const char *name = "unreachable";
    int code = icmp_code(error);
    TEXT(from, ADDRESS_TEXT_BYTES);

    for (size_t i = 0; i < COUNT_OF(icmp_names); i++)
        if (icmp_names[i].code == code)
            name = icmp_names[i].name;
    memcpy(&sender, SO_EE_OFFENDER(error),
           error->ee_origin == SO_EE_ORIGIN_ICMP6 ? sizeof(struct sockaddr_in6)
                                                  : sizeof(struct sockaddr_in));
    if (address_set((struct sockaddr *)&sender,
                    sender.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                : sizeof(struct sockaddr_in6),
                    &offender))
        address_add_host(&from, &offender);
    fault_set(fault, stage, SIGNAL_icmp, code, "ICMP%s %u/%u (%s) from %s",
              error->ee_origin == SO_EE_ORIGIN_ICMP6 ? "v6" : "", error->ee_type, error->ee_code,
              name, from.n ? from.bytes : "an unknown sender");
}

void
icmp_listen(int fd, int family, bool is_on)
{
    bool is_six = family == AF_INET6;
    int on = is_on;

    (void)setsockopt(fd, is_six ? IPPROTO_IPV6 : IPPROTO_IP, is_six ? IPV6_RECVERR : IP_RECVERR,
                     &on, sizeof(on));
}

bool
icmp_read(int fd, enum check_stage stage, struct fault *fault)
{
    union {
        struct cmsghdr align;
        char bytes[512];
    } control;
    char payload[64];
    struct iovec iov = {.iov_base = payload, .iov_len = sizeof(payload)};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};

    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        const struct sock_extended_err *error = (const struct sock_extended_err *)CMSG_DATA(part);

        if (!(part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) &&
            !(part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR))
            continue;
        if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
            explain_icmp(error, stage, fault);
        else
            fault_set_errno(fault, stage, (int)error->ee_errno, "sending");
        return true;
    }
    return false;
}
