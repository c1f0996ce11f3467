#include "sim/edge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/thread.h"
#include "sim/edge_quic.h"
#include "sim/edge_tcp.h"
#include "sim/edge_udp.h"

enum {
    FAMILIES = 2,
    PORT_TRIES = 16, /* a port that is free for TCP on one address may be taken elsewhere */
    POLLS = 1 + FAMILIES + EDGE_TCP_POLLS,
};

struct edge {
    const struct network_faults *faults;
    struct edge_tcp *tcp;
    struct edge_quic *quic;
    int udp_fd[FAMILIES];
    size_t n_udp;
    uint16_t port;
    uint64_t random; /* the thread's; never 0 */
    unsigned datagrams;
    int wake_fd;
    atomic_bool is_stopping;
    pthread_t thread;
};

/* A loopback address of the family with port, and its length. */
static socklen_t
loopback(int family, uint16_t port, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;

        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(*v4);
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_loopback;
    return sizeof(*v6);
}

/* -1 with errno when it cannot be bound. */
static int
bound_socket(int family, int type, uint16_t port)
{
    struct sockaddr_storage address;
    socklen_t n = loopback(family, port, &address);
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1, saved;

    if (fd < 0)
        return -1;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&address, n) == 0 &&
        (type == SOCK_DGRAM || listen(fd, SOMAXCONN) == 0))
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static uint16_t
port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t n = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        die("getsockname: %s", strerror(errno));
    return ntohs(address.sin_port);
}

static void
close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* TCP and UDP of one port, on IPv4 and, where the host has it, on IPv6. */
static bool
sockets_open(int tcp[FAMILIES], int udp[FAMILIES], uint16_t *out_port)
{
    static const int family[FAMILIES] = {AF_INET, AF_INET6};
    uint16_t port = 0;
    bool ok = true;

    for (int i = 0; i < FAMILIES; i++)
        tcp[i] = udp[i] = -1;
    for (int i = 0; ok && i < FAMILIES; i++) {
        tcp[i] = bound_socket(family[i], SOCK_STREAM, port);
        if (tcp[i] < 0 && i > 0 && errno != EADDRINUSE)
            break; /* no IPv6 here: the edge does without */
        if (port == 0 && tcp[i] >= 0)
            port = port_of(tcp[i]);
        udp[i] = tcp[i] >= 0 ? bound_socket(family[i], SOCK_DGRAM, port) : -1;
        ok = tcp[i] >= 0 && udp[i] >= 0;
    }
    *out_port = port;
    if (!ok) {
        close_all(tcp, FAMILIES);
        close_all(udp, FAMILIES);
    }
    return ok;
}

static uint8_t
random_next(struct edge *edge)
{
    edge->random ^= edge->random << 13; /* xorshift64: these bits only have to vary */
    edge->random ^= edge->random >> 7;
    edge->random ^= edge->random << 17;
    return (uint8_t)edge->random;
}

static bool
is_dropped(struct edge *edge)
{
    return fault_on(edge->faults, FAULT_udp_blocked) ||
           (fault_on(edge->faults, FAULT_udp_lossy) && edge->datagrams++ % 3 == 0);
}

/* Known versions and connections that are up go to QUIC, the rest is told what there is. */
static void
datagram_answer(struct edge *edge, const struct edge_datagram *datagram)
{
    uint8_t out[EDGE_DATAGRAM_ROOM];
    uint32_t version = QUIC_V1; /* short headers, too, are of a connection */
    size_t n;

    if (!edge_udp_version(datagram->bytes, datagram->n, &version) || version == QUIC_V1) {
        if (!fault_on(edge->faults, FAULT_quic_silent))
            edge_quic_receive(edge->quic, datagram);
        return;
    }
    if (fault_on(edge->faults, FAULT_vn_silent))
        return;
    n = edge_udp_negotiate(datagram->bytes, datagram->n, random_next(edge), out);
    if (n > 0) /* a full socket loses the answer, as a network would */
        (void)!sendto(datagram->fd, out, n, 0, (const struct sockaddr *)&datagram->from,
                      datagram->n_from);
}

static void
udp_answer(struct edge *edge, int fd)
{
    uint8_t in[EDGE_DATAGRAM_ROOM];
    struct edge_datagram datagram = {.fd = fd, .bytes = in, .n_from = sizeof(datagram.from)};
    ssize_t n;

    while ((n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&datagram.from,
                         &datagram.n_from)) >= 0) {
        datagram.n = (size_t)n;
        if (!is_dropped(edge))
            datagram_answer(edge, &datagram);
        datagram.n_from = sizeof(datagram.from);
    }
}

static int
timeout_ms(const struct edge *edge)
{
    int64_t tcp_ms = edge_tcp_deadline_ms(edge->tcp), quic_ms = edge_quic_deadline_ms(edge->quic);
    int64_t deadline_ms = tcp_ms < quic_ms ? tcp_ms : quic_ms, left_ms;

    if (deadline_ms == INT64_MAX)
        return -1;
    left_ms = deadline_ms - clock_mono_ms();
    return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void *
edge_thread(void *argument)
{
    struct edge *edge = argument;
    struct pollfd polls[POLLS];
    uint64_t wakes;

    while (!atomic_load(&edge->is_stopping)) {
        size_t n = 0, n_tcp;

        polls[n++] = (struct pollfd){.fd = edge->wake_fd, .events = POLLIN};
        for (size_t i = 0; i < edge->n_udp; i++)
            polls[n++] = (struct pollfd){.fd = edge->udp_fd[i], .events = POLLIN};
        n_tcp = edge_tcp_polls(edge->tcp, polls + n);
        if (poll(polls, n + n_tcp, timeout_ms(edge)) < 0)
            continue;
        if (polls[0].revents)
            (void)!read(edge->wake_fd, &wakes, sizeof(wakes));
        for (size_t i = 0; i < edge->n_udp; i++)
            if (polls[1 + i].revents)
                udp_answer(edge, edge->udp_fd[i]);
        edge_tcp_run(edge->tcp, polls + n, n_tcp);
        edge_quic_run(edge->quic);
    }
    return NULL;
}

static void
edge_free(struct edge *edge)
{
    edge_tcp_free(edge->tcp);
    edge_quic_free(edge->quic);
    close_all(edge->udp_fd, edge->n_udp);
    close(edge->wake_fd);
    free(edge);
}

static struct edge *
edge_new(struct pki *pki, const struct network_faults *faults, const int tcp[FAMILIES],
         const int udp[FAMILIES])
{
    struct edge *edge = calloc(1, sizeof(*edge));

    if (!edge)
        die("out of memory");
    edge->faults = faults;
    edge->random = (uint64_t)clock_mono_us() | 1;
    edge->tcp = edge_tcp_new(pki, faults);
    for (int i = 0; i < FAMILIES && tcp[i] >= 0; i++) {
        edge_tcp_listen(edge->tcp, tcp[i]);
        edge->udp_fd[edge->n_udp++] = udp[i];
    }
    edge->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (edge->wake_fd < 0)
        die("eventfd: %s", strerror(errno));
    return edge;
}

struct edge *
edge_start(struct pki *pki, const struct network_faults *faults, struct err *err)
{
    int tcp[FAMILIES], udp[FAMILIES], tries = 0;
    struct edge *edge;
    uint16_t port;

    while (!sockets_open(tcp, udp, &port))
        if (++tries == PORT_TRIES) {
            err_set(err, ERR_IO, "edge: no port to listen on: %s", strerror(errno));
            return NULL;
        }
    edge = edge_new(pki, faults, tcp, udp);
    edge->port = port;
    edge->quic = edge_quic_new(pki, faults, err);
    if (!edge->quic || !thread_start(&edge->thread, "edge", edge_thread, edge, err)) {
        edge_free(edge);
        return NULL;
    }
    return edge;
}

void
edge_wake(struct edge *edge)
{
    uint64_t one = 1;

    (void)!write(edge->wake_fd, &one, sizeof(one));
}

void
edge_stop(struct edge *edge)
{
    if (!edge)
        return;
    atomic_store(&edge->is_stopping, true);
    edge_wake(edge);
    pthread_join(edge->thread, NULL);
    edge_free(edge);
}

uint16_t
edge_port(const struct edge *edge)
{
    return edge->port;
}

void
edge_handshakes(const struct edge *edge, unsigned *over_tcp, unsigned *over_udp)
{
    *over_tcp = edge_tcp_handshakes(edge->tcp);
    *over_udp = edge_quic_handshakes(edge->quic);
}
