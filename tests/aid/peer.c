#include "aid/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/wrap.h"

struct peer {
    struct peer_plan plan;
    int fd, stop_fd;
    uint16_t port;
    char url[64];
    SSL_CTX *tls;
    atomic_uint served;
    pthread_t thread;
};

static void
insist(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "peer: cannot %s\n", what);
    abort();
}

static SSL_CTX *
tls_of(const char *pem)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *first = BIO_new_mem_buf(pem, -1), *second = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(first, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(second, NULL, NULL, NULL);

    insist(context && SSL_CTX_use_certificate(context, certificate) == 1 &&
               SSL_CTX_use_PrivateKey(context, key) == 1,
           "load the certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(first);
    BIO_free(second);
    return context;
}

static void
log_request(const struct peer *peer, const char *request)
{
    FILE *file = peer->plan.log_file ? fopen(peer->plan.log_file, "ae") : NULL;

    insist(file || !peer->plan.log_file, "write its log");
    if (!file)
        return;
    fprintf(file, "%.*s\n", (int)strcspn(request, "\r\n"), request);
    fclose(file);
}

static bool
is_misdirected(const struct peer *peer, const char *request)
{
    char line[300];

    if (!peer->plan.wanted_host)
        return false;
    snprintf(line, sizeof(line), "\r\nHost: %s\r\n", peer->plan.wanted_host);
    return !strstr(request, line);
}

/* What to say to it, and how many bytes; request: n bytes and room for one more. */
static const char *
reply_to(const struct peer *peer, char *request, size_t n, size_t *n_reply)
{
    static const char misdirected[] =
        "HTTP/1.1 421 Misdirected Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    request[n] = '\0';
    log_request(peer, request);
    *n_reply = strlen(misdirected);
    if (is_misdirected(peer, request))
        return misdirected;
    *n_reply = peer->plan.reply_bytes ? peer->plan.reply_bytes : strlen(peer->plan.reply);
    return peer->plan.reply;
}

/* False when the peer is being stopped. */
static bool
await(const struct peer *peer, int fd)
{
    struct pollfd both[2] = {{.fd = fd, .events = POLLIN}, {.fd = peer->stop_fd, .events = POLLIN}};

    return poll(both, 2, 10000) > 0 && !(both[1].revents & POLLIN);
}

static void
serve_tls(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->tls);
    struct timeval patience = {.tv_sec = 5};
    char request[4096];
    int n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && (n = SSL_read(ssl, request, sizeof(request) - 1)) > 0) {
        size_t n_reply;
        const char *reply = reply_to(peer, request, (size_t)n, &n_reply);

        SSL_write(ssl, reply, (int)n_reply);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void
serve(struct peer *peer, int fd)
{
    char request[4096];
    struct linger at_once = {.l_onoff = 1};
    const char *reply;
    size_t n_reply;
    ssize_t n;

    if (peer->plan.manner == PEER_answers_tls) {
        serve_tls(peer, fd);
        return;
    }
    if (peer->plan.manner == PEER_is_proxy) {
        wrap_serve(fd, peer->tls);
        return;
    }
    if (!await(peer, fd) || (n = recv(fd, request, sizeof(request) - 1, 0)) <= 0)
        return;
    if (peer->plan.manner == PEER_resets)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    else if (peer->plan.manner == PEER_is_silent)
        await(peer, fd);
    else if (peer->plan.manner != PEER_hangs_up) {
        reply = reply_to(peer, request, (size_t)n, &n_reply);
        (void)!send(fd, reply, n_reply, MSG_NOSIGNAL);
    }
}

/* The right answer to a version negotiation probe of facts/connectivity.md F1. */
static size_t
negotiate(const uint8_t *datagram, uint8_t out[64])
{
    static const uint8_t versions[] = {0x1a, 0x2a, 0x3a, 0x4a, 0, 0, 0, 1};

    out[0] = 0x80;
    memset(out + 1, 0, 4);
    out[5] = out[22] = 16;
    memcpy(out + 6, datagram + 23, 16);
    memcpy(out + 23, datagram + 6, 16);
    memcpy(out + 39, versions, sizeof(versions));
    return 39 + sizeof(versions);
}

static void
serve_datagram(struct peer *peer)
{
    struct sockaddr_storage from;
    socklen_t n_from = sizeof(from);
    uint8_t datagram[2048], out[64];
    static const uint8_t v1[4] = {0, 0, 0, 1};
    ssize_t n =
        recvfrom(peer->fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &n_from);
    size_t n_out;

    if (n < 1200 || memcmp(datagram + 1, v1, sizeof(v1)) == 0)
        return; /* it negotiates, and never shakes hands */
    peer->served++;
    n_out = negotiate(datagram, out);
    if (peer->plan.manner == PEER_is_late_udp && peer->served > 1)
        sendto(peer->fd, out, n_out, 0, (struct sockaddr *)&from, n_from);
    if (peer->plan.manner != PEER_forges_udp)
        return;
    sendto(peer->fd, "hello", 5, 0, (struct sockaddr *)&from, n_from);
    sendto(peer->fd, datagram, (size_t)n, 0, (struct sockaddr *)&from, n_from); /* an echo */
    sendto(peer->fd, out, n_out - 2, 0, (struct sockaddr *)&from, n_from);      /* cut */
    out[10] ^= 1;
    sendto(peer->fd, out, n_out, 0, (struct sockaddr *)&from, n_from); /* another's ID */
}

static void *
run(void *argument)
{
    struct peer *peer = argument;

    while (await(peer, peer->fd)) {
        int fd;

        if (peer->plan.manner >= PEER_forges_udp) {
            serve_datagram(peer);
            continue;
        }
        fd = accept4(peer->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        peer->served++;
        serve(peer, fd);
        close(fd);
    }
    return NULL;
}

struct peer *
peer_start(const struct peer_plan *plan)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    bool is_udp = plan->manner >= PEER_forges_udp;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    sigset_t all, before;
    int on = 1;

    insist(peer != NULL, "have memory");
    peer->plan = *plan;
    peer->stop_fd = eventfd(0, EFD_CLOEXEC);
    peer->fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(plan->port);
    setsockopt(peer->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(peer->fd, (struct sockaddr *)&address, n) != 0) {
        close(peer->fd);
        close(peer->stop_fd);
        free(peer);
        return NULL;
    }
    insist((is_udp || listen(peer->fd, 16) == 0) &&
               getsockname(peer->fd, (struct sockaddr *)&address, &n) == 0,
           "listen");
    peer->port = ntohs(address.sin_port);
    snprintf(peer->url, sizeof(peer->url), "http%s://127.0.0.1:%u", plan->pem ? "s" : "",
             (unsigned)peer->port);
    if (plan->manner == PEER_answers_tls || plan->manner == PEER_is_proxy)
        peer->tls = tls_of(plan->pem);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    insist(pthread_create(&peer->thread, NULL, run, peer) == 0, "start a thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return peer;
}

void
peer_stop(struct peer *peer)
{
    uint64_t one = 1;

    if (!peer)
        return;
    insist(write(peer->stop_fd, &one, sizeof(one)) == sizeof(one), "stop");
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    close(peer->stop_fd);
    SSL_CTX_free(peer->tls);
    free(peer);
}

uint16_t
peer_port(const struct peer *peer)
{
    return peer->port;
}

const char *
peer_url(const struct peer *peer)
{
    return peer->url;
}

unsigned
peer_served(const struct peer *peer)
{
    return peer->served;
}
