#include "sim/edge_tcp.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "sim/pki.h"

enum { PATIENCE_MS = 15000, BACKLOG = 128 };

/* The HTTP/2 client's preface and an empty SETTINGS frame (RFC 9113 sections 3.4 and 6.5). */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

enum phase { PHASE_handshake, PHASE_open, PHASE_stalled };

struct client {
    int fd;
    short events;
    enum phase phase;
    int64_t deadline_ms;
    struct pki_session *session; /* NULL while stalled */
};

struct listener {
    int fd;
    bool is_blocked;
    int plug_fd; /* fills the queue while blocked; -1 */
};

struct edge_tcp {
    struct pki *pki;
    const struct network_faults *faults;
    struct listener listener[EDGE_LISTENERS];
    size_t n_listeners;
    struct client client[EDGE_CLIENTS];
    size_t n_clients;
    atomic_uint handshakes;
};

struct edge_tcp *
edge_tcp_new(struct pki *pki, const struct network_faults *faults)
{
    struct edge_tcp *tcp = calloc(1, sizeof(*tcp));

    if (!tcp)
        die("out of memory");
    tcp->pki = pki;
    tcp->faults = faults;
    return tcp;
}

static void
client_close(struct edge_tcp *tcp, size_t i)
{
    pki_session_free(tcp->client[i].session);
    close(tcp->client[i].fd);
    tcp->client[i] = tcp->client[--tcp->n_clients];
}

void
edge_tcp_free(struct edge_tcp *tcp)
{
    if (!tcp)
        return;
    while (tcp->n_clients > 0)
        client_close(tcp, tcp->n_clients - 1);
    for (size_t i = 0; i < tcp->n_listeners; i++) {
        close(tcp->listener[i].fd);
        if (tcp->listener[i].plug_fd >= 0)
            close(tcp->listener[i].plug_fd);
    }
    free(tcp);
}

void
edge_tcp_listen(struct edge_tcp *tcp, int fd)
{
    tcp->listener[tcp->n_listeners++] = (struct listener){.fd = fd, .plug_fd = -1};
}

/* Blocked as a firewall blocks: with its queue of one filled, the kernel drops every further SYN,
 * and a client's connect() times out. */
static void
listener_block(struct listener *listener)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof(address);

    listen(listener->fd, 0);
    if (getsockname(listener->fd, (struct sockaddr *)&address, &n) == 0) {
        listener->plug_fd =
            socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        /* in progress is as good as done: either way the queue is full */
        if (listener->plug_fd >= 0)
            (void)!connect(listener->plug_fd, (struct sockaddr *)&address, n);
    }
    listener->is_blocked = true;
}

static void
listener_unblock(struct listener *listener)
{
    if (listener->plug_fd >= 0)
        close(listener->plug_fd);
    listener->plug_fd = -1;
    listen(listener->fd, BACKLOG);
    listener->is_blocked = false;
}

size_t
edge_tcp_polls(struct edge_tcp *tcp, struct pollfd polls[EDGE_TCP_POLLS])
{
    bool is_blocked = fault_on(tcp->faults, FAULT_tcp_blocked);
    bool is_full = tcp->n_clients == EDGE_CLIENTS;
    size_t n = 0;

    for (size_t i = 0; i < tcp->n_listeners; i++) {
        struct listener *listener = &tcp->listener[i];

        if (is_blocked && !listener->is_blocked)
            listener_block(listener);
        else if (!is_blocked && listener->is_blocked)
            listener_unblock(listener);
        polls[n++] =
            (struct pollfd){.fd = is_blocked || is_full ? -1 : listener->fd, .events = POLLIN};
    }
    for (size_t i = 0; i < tcp->n_clients; i++)
        polls[n++] = (struct pollfd){.fd = tcp->client[i].fd, .events = tcp->client[i].events};
    return n;
}

int64_t
edge_tcp_deadline_ms(const struct edge_tcp *tcp)
{
    int64_t earliest = INT64_MAX;

    for (size_t i = 0; i < tcp->n_clients; i++)
        if (tcp->client[i].deadline_ms < earliest)
            earliest = tcp->client[i].deadline_ms;
    return earliest;
}

static void
client_accept(struct edge_tcp *tcp, int listener_fd)
{
    int fd = accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client client = {.fd = fd, .deadline_ms = clock_mono_ms() + PATIENCE_MS};

    if (fd < 0)
        return;
    if (fault_on(tcp->faults, FAULT_tls_stalled)) {
        client.phase = PHASE_stalled;
        client.events = POLLRDHUP;
    } else {
        client.session = pki_accept(tcp->pki, pki_leaf_now(tcp->faults), fd);
        client.events = POLLIN;
    }
    tcp->client[tcp->n_clients++] = client;
}

/* Closing with a zero linger sends RST instead of FIN. */
static void
reset_on_close(int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
}

/* False when the client is done with. */
static bool
client_go_on(struct edge_tcp *tcp, struct client *client)
{
    enum pki_step step;

    if (client->phase == PHASE_stalled)
        return false; /* the other side hung up */
    if (client->phase == PHASE_handshake && fault_on(tcp->faults, FAULT_tcp_reset)) {
        reset_on_close(client->fd);
        return false;
    }
    if (client->phase == PHASE_handshake) {
        step = pki_handshake(client->session);
        if (step == PKI_done) {
            tcp->handshakes++;
            pki_send(client->session, preface, sizeof(preface) - 1);
            client->phase = PHASE_open;
            step = PKI_wants_read;
        }
    } else {
        step = pki_drain(client->session);
    }
    client->events = step == PKI_wants_write ? POLLOUT : POLLIN;
    return step != PKI_failed;
}

void
edge_tcp_run(struct edge_tcp *tcp, const struct pollfd *polls, size_t n)
{
    int64_t now_ms = clock_mono_ms();

    /* backwards, as closing moves the last client, already seen, into the gap */
    for (size_t i = n - tcp->n_listeners; i-- > 0;) {
        struct client *client = &tcp->client[i];
        bool is_ready = polls[tcp->n_listeners + i].revents != 0;

        if (client->deadline_ms <= now_ms || (is_ready && !client_go_on(tcp, client)))
            client_close(tcp, i);
    }
    for (size_t i = 0; i < tcp->n_listeners; i++)
        if (polls[i].revents && tcp->n_clients < EDGE_CLIENTS)
            client_accept(tcp, tcp->listener[i].fd);
}

unsigned
edge_tcp_handshakes(const struct edge_tcp *tcp)
{
    return tcp->handshakes;
}
