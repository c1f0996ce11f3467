#include "aid/dnsd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1024, HEADER_BYTES = 12 };

struct dnsd {
    const struct dnsd_row *table;
    int fd, stop_fd;
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
answer(const struct dnsd *dnsd, const struct message *question, struct message *out)
{
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
        rcode = row->rcode;
        if (row->data)
            put_record(out, row, ++answers);
    }
    out->bytes[2] = 0x84 | (question->bytes[2] & 1);
    out->bytes[3] = (uint8_t)(0x80 | (rcode & 15));
    out->bytes[6] = 0;
    out->bytes[7] = (uint8_t)answers;
    memset(out->bytes + 8, 0, 4);
    return rcode != DNSD_SILENT;
}

static void *
run(void *argument)
{
    struct dnsd *dnsd = argument;
    struct pollfd both[2] = {{.fd = dnsd->fd, .events = POLLIN},
                             {.fd = dnsd->stop_fd, .events = POLLIN}};

    while (poll(both, 2, -1) > 0 && !(both[1].revents & POLLIN)) {
        struct sockaddr_storage from;
        socklen_t n_from = sizeof(from);
        struct message question, reply;
        ssize_t n = recvfrom(dnsd->fd, question.bytes, sizeof(question.bytes), 0,
                             (struct sockaddr *)&from, &n_from);

        if (n < HEADER_BYTES + 5)
            continue;
        question.n = (size_t)n;
        if (answer(dnsd, &question, &reply))
            sendto(dnsd->fd, reply.bytes, reply.n, 0, (struct sockaddr *)&from, n_from);
    }
    return NULL;
}

struct dnsd *
dnsd_start(const struct dnsd_row *table)
{
    struct dnsd *dnsd = calloc(1, sizeof(*dnsd));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);

    if (!dnsd)
        abort();
    dnsd->table = table;
    dnsd->stop_fd = eventfd(0, EFD_CLOEXEC);
    dnsd->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(dnsd->fd, (struct sockaddr *)&address, n) != 0 ||
        getsockname(dnsd->fd, (struct sockaddr *)&address, &n) != 0)
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
    close(dnsd->stop_fd);
    free(dnsd);
}

const char *
dnsd_address(const struct dnsd *dnsd)
{
    return dnsd->address;
}
