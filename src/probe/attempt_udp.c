/* attempt_udp.c — version negotiation over UDP: several fresh datagrams, the first valid answer
 * counts, and ICMP says who forbids it. Schedule and causes: facts/connectivity.md F1. */
#include <time.h> /* errqueue.h needs it and does not say so */

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/text.h"
#include "probe/attempt.h"

static const int send_after_ms[VN_SENDS] = {0, 250, 750, 1750};

/* --- ICMP --- */

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
explain_icmp(const struct sock_extended_err *error, struct fault *fault)
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
    fault_set(fault, STAGE_quic, SIGNAL_icmp, code, "ICMP%s %u/%u (%s) from %s",
              error->ee_origin == SO_EE_ORIGIN_ICMP6 ? "v6" : "", error->ee_type, error->ee_code,
              name, from.n ? from.bytes : "an unknown sender");
}

/* The cause behind an error, which a plain send or recv would hide or blur. */
static bool
read_error_queue(int fd, struct fault *fault)
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
            explain_icmp(error, fault);
        else
            fault_set_errno(fault, STAGE_quic, (int)error->ee_errno, "sending");
        return true;
    }
    return false;
}

static void
fail(struct attempt *attempt)
{
    attempt->result.sent = attempt->result.lost = (uint32_t)attempt->n_sends;
    attempt_finish(attempt);
}

/* --- receiving --- */

static bool
take_answer(struct attempt *attempt, const uint8_t *bytes, size_t n)
{
    struct attempt_result *result = &attempt->result;
    struct text note = {.bytes = result->note, .size = sizeof(result->note)};
    struct vn_reply reply;

    for (size_t i = 0; i < attempt->n_sends; i++) {
        if (!vn_read(bytes, n, &attempt->sends[i].probe, &reply))
            continue;
        result->rtt_us = clock_mono_us() - attempt->sends[i].at_us;
        result->stage_us[STAGE_quic] = result->rtt_us;
        result->sent = (uint32_t)i + 1; /* the later ones had no time to be answered */
        result->lost = (uint32_t)i;
        text_add(&note, "QUIC ");
        vn_add_versions(&note, &reply);
        return true;
    }
    return false;
}

static void
receive(void *context, unsigned events)
{
    struct attempt *attempt = context;
    uint8_t bytes[VN_LARGEST_REPLY];
    ssize_t n;

    while ((n = recv(attempt->fd, bytes, sizeof(bytes), 0)) >= 0)
        if (take_answer(attempt, bytes, (size_t)n)) {
            attempt_finish(attempt);
            return;
        }
    if (errno != EAGAIN || events & LOOP_TROUBLE) {
        int error = errno;

        if (read_error_queue(attempt->fd, &attempt->result.fault)) {
            fail(attempt);
        } else if (error != EAGAIN && error != EINTR) {
            fault_set_errno(&attempt->result.fault, STAGE_quic, error, "receiving");
            fail(attempt);
        }
    }
}

/* --- sending --- */

static void
give_up(void *context)
{
    struct attempt *attempt = context;

    fault_set(&attempt->result.fault, STAGE_quic, SIGNAL_timeout, VN_DEADLINE_MS,
              "timeout after %d ms, %zu datagrams and no answer", VN_DEADLINE_MS, attempt->n_sends);
    fail(attempt);
}

static void
send_failed(struct attempt *attempt, int error)
{
    if (error == EAGAIN || error == ENOBUFS || error == EINTR)
        return; /* a full queue here; the next one may pass */
    if (!read_error_queue(attempt->fd, &attempt->result.fault) || error == EPERM ||
        error == EMSGSIZE)
        fault_set_errno(&attempt->result.fault, STAGE_quic, error, "sending");
    fail(attempt);
}

static void
send_next(void *context)
{
    struct attempt *attempt = context;
    struct vn_send *next = &attempt->sends[attempt->n_sends];
    uint8_t datagram[VN_DATAGRAM_BYTES];
    size_t filled = 0;

    while (filled < sizeof(datagram)) {
        ssize_t n = getrandom(datagram + filled, sizeof(datagram) - filled, 0);

        if (n > 0)
            filled += (size_t)n;
    }
    vn_make(datagram, sizeof(datagram), &next->probe);
    next->at_us = clock_mono_us();
    attempt->n_sends++;
    if (attempt->n_sends < VN_SENDS)
        timer_set(attempt->tools->loop, &attempt->next_send,
                  attempt->stage_started_us + send_after_ms[attempt->n_sends] * INT64_C(1000));
    if (send(attempt->fd, datagram, sizeof(datagram), MSG_NOSIGNAL) < 0)
        send_failed(attempt, errno);
}

static bool
open_socket(struct attempt *attempt)
{
    const struct sockaddr *to = (const struct sockaddr *)&attempt->address.bytes;
    bool is_six = to->sa_family == AF_INET6;
    int level = is_six ? IPPROTO_IPV6 : IPPROTO_IP, on = 1;
    int probe = is_six ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;

    attempt->fd = socket(to->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd < 0)
        return false;
    (void)setsockopt(attempt->fd, level, is_six ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on));
    (void)setsockopt(attempt->fd, level, is_six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &probe,
                     sizeof(probe));
    return connect(attempt->fd, to, attempt->address.n) == 0;
}

void
attempt_over_udp(struct attempt *attempt)
{
    struct loop *loop = attempt->tools->loop;

    if (!open_socket(attempt)) {
        fault_set_errno(&attempt->result.fault, STAGE_quic, errno, NULL);
        fail(attempt);
        return;
    }
    attempt->watch.ready = receive;
    attempt->watch.context = attempt;
    attempt->next_send = (struct timer){.due = send_next, .context = attempt};
    attempt->deadline = (struct timer){.due = give_up, .context = attempt};
    timer_set(loop, &attempt->deadline, attempt->stage_started_us + VN_DEADLINE_MS * INT64_C(1000));
    loop_watch(loop, &attempt->watch, attempt->fd, LOOP_READ);
    send_next(attempt);
}
