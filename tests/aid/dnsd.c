#include "aid/dnsd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1024, HEADER_BYTES = 12, MOST_TRIES = 50 };

struct dnsd {
    const struct dnsd_row *table;
    int fd, tcp_fd, stop_fd;
    atomic_uint over_tcp;
    char address[32];
    pthread_t thread;
};

struct message {
    uint8_t bytes[MESSAGE_BYTES];
    size_t n;
};

static void
put(struct message *m, const void *bytes, size_t n)
{
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void
put_u16(struct message *m, unsigned value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    put(m, bytes, 2);
}

static void
put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        uint8_t length = (uint8_t)n;

        put(m, &length, 1);
        put(m, name, n);
        name += n + (name[n] == '.');
    }
    put(m, "", 1);
}

/* The question's name, lower case; returns where the question ends. */
static size_t
read_question(const struct message *m, char name[256], int *type)
{
    size_t at = HEADER_BYTES, out = 0;

    while (at < m->n && m->bytes[at]) {
        size_t n = m->bytes[at++];

        if (out)
            name[out++] = '.';
        for (; n > 0 && at < m->n && out < 250; n--)
            name[out++] = (char)tolower(m->bytes[at++]);
    }
    name[out] = '\0';
    *type = m->bytes[at + 1] << 8 | m->bytes[at + 2];
    return at + 5;
}

static void
put_record(struct message *m, const struct dnsd_row *row, unsigned order)
{
    uint8_t address[16];
    size_t length_at;

    put_u16(m, 0xC000 | HEADER_BYTES); /* the name of the question */
    put_u16(m, (unsigned)row->type);
    put_u16(m, 1);
    put_u16(m, 0);
    put_u16(m, 60);
    length_at = m->n;
    put_u16(m, 0);
    if (row->type == DNSD_SRV) {
        put_u16(m, order);
        put_u16(m, 1);
        put_u16(m, row->port);
        put_name(m, row->data);
    } else {
        inet_pton(row->type == DNSD_A ? AF_INET : AF_INET6, row->data, address);
        put(m, address, row->type == DNSD_A ? 4 : 16);
    }
    m->bytes[length_at + 1] = (uint8_t)(m->n - length_at - 2);
}

/* False: say nothing. */
static bool
answer(const struct dnsd *dnsd, const struct message *question, bool is_tcp, struct message *out)
{
    bool is_truncated = false;
    char name[256];
    int type, rcode = DNSD_NXDOMAIN;
    unsigned answers = 0;

    out->n = 0;
    put(out, question->bytes, read_question(question, name, &type));
    for (const struct dnsd_row *row = dnsd->table; row->name; row++) {
        if (strcmp(row->name, name) != 0)
            continue;
        if (rcode == DNSD_NXDOMAIN)
            rcode = DNSD_NOERROR;
        if (row->type != type)
            continue;
        is_truncated |= row->rcode == DNSD_TRUNCATED && !is_tcp;
        rcode = row->rcode == DNSD_TRUNCATED ? DNSD_NOERROR : row->rcode;
        if (row->data && !is_truncated)
            put_record(out, row, ++answers);
    }
    out->bytes[2] = 0x84 | (is_truncated ? 2 : 0) | (question->bytes[2] & 1);
    out->bytes[3] = (uint8_t)(0x80 | (rcode & 15));
    out->bytes[6] = 0;
    out->bytes[7] = (uint8_t)answers;
    memset(out->bytes + 8, 0, 4);
    return rcode != DNSD_SILENT;
}

static void
serve_udp(struct dnsd *dnsd)
{
    struct sockaddr_storage from;
    socklen_t n_from = sizeof(from);
    struct message question, reply;
    ssize_t n = recvfrom(dnsd->fd, question.bytes, sizeof(question.bytes), 0,
                         (struct sockaddr *)&from, &n_from);

    if (n < HEADER_BYTES + 5)
        return;
    question.n = (size_t)n;
    if (answer(dnsd, &question, false, &reply))
        sendto(dnsd->fd, reply.bytes, reply.n, 0, (struct sockaddr *)&from, n_from);
}

/* One question for each connection. */
static void
serve_tcp(struct dnsd *dnsd)
{
    struct timeval patience = {.tv_sec = 5};
    struct message question, reply;
    uint8_t length[2];
    int fd = accept4(dnsd->tcp_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (recv(fd, length, 2, MSG_WAITALL) == 2) {
        question.n = (size_t)(length[0] << 8 | length[1]);
        if (question.n >= HEADER_BYTES + 5 && question.n <= sizeof(question.bytes) &&
            recv(fd, question.bytes, question.n, MSG_WAITALL) == (ssize_t)question.n) {
            dnsd->over_tcp++;
            if (answer(dnsd, &question, true, &reply)) {
                length[0] = (uint8_t)(reply.n >> 8);
                length[1] = (uint8_t)reply.n;
                (void)!send(fd, length, 2, MSG_NOSIGNAL | MSG_MORE);
                (void)!send(fd, reply.bytes, reply.n, MSG_NOSIGNAL);
            }
        }
    }
    close(fd);
}

static void *
run(void *argument)
{
    struct dnsd *dnsd = argument;
    struct pollfd all[3] = {{.fd = dnsd->fd, .events = POLLIN},
                            {.fd = dnsd->tcp_fd, .events = POLLIN},
                            {.fd = dnsd->stop_fd, .events = POLLIN}};

    while (poll(all, 3, -1) > 0 && !(all[2].revents & POLLIN)) {
        if (all[0].revents & POLLIN)
            serve_udp(dnsd);
        if (all[1].revents & POLLIN)
            serve_tcp(dnsd);
    }
    return NULL;
}

/* A port that is free for both; false when it was not. */
static bool
listen_on_one_port(struct dnsd *dnsd, struct sockaddr_in *address)
{
    socklen_t n = sizeof(*address);
    int on = 1;

    address->sin_port = 0;
    dnsd->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    dnsd->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(dnsd->tcp_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(dnsd->fd, (struct sockaddr *)address, n) == 0 &&
        getsockname(dnsd->fd, (struct sockaddr *)address, &n) == 0 &&
        bind(dnsd->tcp_fd, (struct sockaddr *)address, n) == 0 && listen(dnsd->tcp_fd, 8) == 0)
        return true;
    close(dnsd->fd);
    close(dnsd->tcp_fd);
    return false;
}

struct dnsd *
dnsd_start(const struct dnsd_row *table)
{
    struct dnsd *dnsd = calloc(1, sizeof(*dnsd));
    struct sockaddr_in address = {.sin_family = AF_INET};

    if (!dnsd)
        abort();
    dnsd->table = table;
    dnsd->stop_fd = eventfd(0, EFD_CLOEXEC);
    for (int tries = 0; !listen_on_one_port(dnsd, &address); tries++)
        if (tries == MOST_TRIES)
            abort();
    snprintf(dnsd->address, sizeof(dnsd->address), "127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    if (pthread_create(&dnsd->thread, NULL, run, dnsd) != 0)
        abort();
    return dnsd;
}

void
dnsd_stop(struct dnsd *dnsd)
{
    uint64_t one = 1;

    if (write(dnsd->stop_fd, &one, sizeof(one)) != sizeof(one))
        abort();
    pthread_join(dnsd->thread, NULL);
    close(dnsd->fd);
    close(dnsd->tcp_fd);
    close(dnsd->stop_fd);
    free(dnsd);
}

const char *
dnsd_address(const struct dnsd *dnsd)
{
    return dnsd->address;
}

unsigned
dnsd_over_tcp(const struct dnsd *dnsd)
{
    return dnsd->over_tcp;
}
