#include "probe/dns.h"

#include <ares.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"

enum {
    TRY_MS = 600, /* and 1,200 for the second: both end before our own deadline */
    TRIES = 2,
};

/* One c-ares channel on our loop. */
struct line {
    struct dns *dns;
    ares_channel channel;
    struct dns_socket *sockets;
    struct timer retry;
};

/* A socket of c-ares. */
struct dns_socket {
    struct watch watch;
    struct line *line;
    struct dns_socket *next;
};

/* What c-ares holds of a question; outlives the query when that was cancelled or timed out, as
 * c-ares cannot take back a single question. */
struct dns_ticket {
    struct dns *dns;
    struct dns_query *query; /* NULL: nobody waits any more */
    char name[DNS_NAME_BYTES];
    int family; /* 0: SRV */
    bool is_blunt;
};

struct dns {
    struct loop *loop;
    char *servers; /* NULL: the system's */
    /* The first tries one server after the other, as libc does, and when all refuse it forgets what
     * they said. Then the second asks again and takes the first answer, to learn why. */
    struct line patient, blunt;
    size_t n_open; /* tickets that c-ares holds */
};

/* --- c-ares' wishes become watches and a timer of our loop --- */

/* Look at c-ares' own deadlines after every step. */
static void
arm(struct line *line)
{
    struct timeval tv, *wait = ares_timeout(line->channel, NULL, &tv);
    struct loop *loop = line->dns->loop;

    timer_clear(loop, &line->retry);
    if (wait)
        timer_set(loop, &line->retry,
                  clock_mono_us() + (int64_t)wait->tv_sec * 1000000 + wait->tv_usec);
}

static void
socket_ready(void *context, unsigned events)
{
    struct dns_socket *socket = context;
    struct line *line = socket->line;
    int fd = socket->watch.fd;

    ares_process_fd(line->channel, events & (LOOP_READ | LOOP_TROUBLE) ? fd : ARES_SOCKET_BAD,
                    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    arm(line);
}

static void
retry_due(void *context)
{
    struct line *line = context;

    ares_process_fd(line->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(line);
}

static struct dns_socket *
socket_of(struct line *line, int fd)
{
    struct dns_socket *socket;

    for (socket = line->sockets; socket; socket = socket->next)
        if (socket->watch.fd == fd && socket->watch.is_on)
            return socket;
    socket = calloc(1, sizeof(*socket));
    if (!socket)
        die("out of memory");
    socket->line = line;
    socket->watch.ready = socket_ready;
    socket->watch.context = socket;
    socket->next = line->sockets;
    line->sockets = socket;
    return socket;
}

static void
socket_forget(struct line *line, struct dns_socket *socket)
{
    struct dns_socket **link = &line->sockets;

    loop_unwatch(line->dns->loop, &socket->watch);
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    free(socket);
}

static void
socket_changed(void *context, ares_socket_t fd, int wants_read, int wants_write)
{
    struct line *line = context;
    struct dns_socket *socket = socket_of(line, fd);

    if (!wants_read && !wants_write)
        socket_forget(line, socket);
    else
        loop_watch(line->dns->loop, &socket->watch, fd,
                   (wants_read ? LOOP_READ : 0) | (wants_write ? LOOP_WRITE : 0));
}

static bool
line_open(struct dns *dns, struct line *line, int flags, struct err *err)
{
    struct ares_options options = {
        .flags = flags,
        .timeout = TRY_MS,
        .tries = TRIES,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = line,
    };
    ares_channel channel;
    int status = ares_init_options(&channel, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_SOCK_STATE_CB);

    if (status != ARES_SUCCESS)
        return err_set(err, ERR_IO, "cannot start the resolver: %s", ares_strerror(status));
    status = dns->servers ? ares_set_servers_ports_csv(channel, dns->servers) : ARES_SUCCESS;
    if (status != ARES_SUCCESS) {
        ares_destroy(channel);
        return err_set(err, ERR_CONFIG, "dns servers \"%.60s\": %s", dns->servers,
                       ares_strerror(status));
    }
    line->dns = dns;
    line->channel = channel;
    line->retry.due = retry_due;
    line->retry.context = line;
    return true;
}

static void
line_close(struct line *line)
{
    if (!line->dns)
        return;
    ares_destroy(line->channel);
    while (line->sockets)
        socket_forget(line, line->sockets);
    timer_clear(line->dns->loop, &line->retry);
}

/* --- opening and closing --- */

struct dns *
dns_open(struct loop *loop, const char *servers, struct err *err)
{
    struct dns *dns;

    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        err_set(err, ERR_IO, "cannot start the resolver");
        return NULL;
    }
    dns = calloc(1, sizeof(*dns));
    if (!dns)
        die("out of memory");
    dns->loop = loop;
    dns->servers = servers ? strdup(servers) : NULL;
    if (!line_open(dns, &dns->patient, 0, err) ||
        !line_open(dns, &dns->blunt, ARES_FLAG_NOCHECKRESP, err)) {
        dns_close(dns);
        return NULL;
    }
    return dns;
}

void
dns_close(struct dns *dns)
{
    if (!dns)
        return;
    line_close(&dns->patient);
    line_close(&dns->blunt);
    free(dns->servers);
    free(dns);
    ares_library_cleanup();
}

static void
line_reload(struct dns *dns, struct line *line, int flags)
{
    ares_channel before = line->channel;

    if (!line_open(dns, line, flags, NULL))
        return; /* keep what works */
    ares_destroy(before);
    arm(line);
}

void
dns_reload(struct dns *dns)
{
    if (dns->n_open > 0)
        return;
    line_reload(dns, &dns->patient, 0);
    line_reload(dns, &dns->blunt, ARES_FLAG_NOCHECKRESP);
}

/* --- answers --- */

/* The outcome is known: tell whoever asked, from the loop. */
static void
settle(struct dns_query *query)
{
    query->us = clock_mono_us() - query->started_us;
    query->ticket = NULL;
    timer_set(query->dns->loop, &query->deadline, 0);
}

static void
deadline_due(void *context)
{
    struct dns_query *query = context;

    if (query->ticket) {
        query->ticket->query = NULL;
        query->ticket = NULL;
        query->us = clock_mono_us() - query->started_us;
        fault_set(&query->fault, STAGE_dns, SIGNAL_timeout, DNS_DEADLINE_MS,
                  "no answer from the resolver within %d ms", DNS_DEADLINE_MS);
    }
    query->done(query->context);
}

static const struct {
    int status;
    enum signal signal;
    const char *what;
} statuses[] = {
    {ARES_ENOTFOUND, SIGNAL_nxdomain, "NXDOMAIN: no such name"},
    {ARES_ENODATA, SIGNAL_nodata, "no record of this type"},
    {ARES_ESERVFAIL, SIGNAL_servfail, "SERVFAIL from the resolver"},
    {ARES_ETIMEOUT, SIGNAL_timeout, "no answer from the resolver"},
    {ARES_ECONNREFUSED, SIGNAL_no_resolver, "cannot reach the resolver"},
    {ARES_EREFUSED, SIGNAL_dns, "REFUSED by the resolver"},
    {ARES_EFORMERR, SIGNAL_dns, "FORMERR from the resolver"},
    {ARES_ENOTIMP, SIGNAL_dns, "NOTIMP from the resolver"},
    {ARES_EBADRESP, SIGNAL_dns, "malformed answer from the resolver"},
    {ARES_EBADNAME, SIGNAL_nxdomain, "not a host name"},
};

static void
explain(struct dns_query *query, int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status) {
            fault_set(&query->fault, STAGE_dns, statuses[i].signal, status, "%s", statuses[i].what);
            return;
        }
    fault_set(&query->fault, STAGE_dns, SIGNAL_dns, status, "%s", ares_strerror(status));
}

static void submit(struct dns_ticket *ticket);

/* c-ares is through with the ticket: the query, if somebody still waits for it and need not be
 * asked again. */
static struct dns_query *
redeem(struct dns_ticket *ticket, int status)
{
    struct dns_query *query = ticket->query;

    if (query && status == ARES_ECONNREFUSED && !ticket->is_blunt) {
        ticket->is_blunt = true;
        submit(ticket);
        return NULL;
    }
    ticket->dns->n_open--;
    free(ticket);
    if (!query || status != ARES_EDESTRUCTION)
        return query;
    query->ticket = NULL;
    dns_cancel(query);
    return NULL;
}

static void
got_addresses(void *argument, int status, int timeouts, struct ares_addrinfo *result)
{
    struct dns_query *query = redeem(argument, status);

    (void)timeouts;
    if (query) {
        if (status == ARES_SUCCESS)
            for (const struct ares_addrinfo_node *node = result->nodes;
                 node && query->n_addresses < DNS_ADDRESSES; node = node->ai_next)
                if (address_set(node->ai_addr, node->ai_addrlen,
                                &query->addresses[query->n_addresses]))
                    query->n_addresses++;
        if (query->n_addresses == 0)
            explain(query, status == ARES_SUCCESS ? ARES_ENODATA : status);
        settle(query);
    }
    ares_freeaddrinfo(result);
}

static void
read_services(struct dns_query *query, struct ares_srv_reply *replies)
{
    for (const struct ares_srv_reply *r = replies; r && query->n_services < DNS_SERVICES;
         r = r->next) {
        struct dns_service *service;
        size_t at = query->n_services++;

        while (at > 0 && query->services[at - 1].priority > r->priority) {
            query->services[at] = query->services[at - 1];
            at--;
        }
        service = &query->services[at];
        service->priority = r->priority;
        service->weight = r->weight;
        service->port = r->port;
        text_clean(service->host, sizeof(service->host), r->host, strlen(r->host));
    }
}

static void
got_services(void *argument, int status, int timeouts, unsigned char *bytes, int n)
{
    struct dns_query *query = redeem(argument, status);
    struct ares_srv_reply *replies = NULL;

    (void)timeouts;
    if (!query)
        return;
    if (status == ARES_SUCCESS)
        status = ares_parse_srv_reply(bytes, n, &replies);
    if (status == ARES_SUCCESS)
        read_services(query, replies);
    if (query->n_services == 0)
        explain(query, status == ARES_SUCCESS ? ARES_ENODATA : status);
    if (replies)
        ares_free_data(replies);
    settle(query);
}

/* --- questions --- */

static void
submit(struct dns_ticket *ticket)
{
    struct line *line = ticket->is_blunt ? &ticket->dns->blunt : &ticket->dns->patient;
    struct ares_addrinfo_hints hints = {.ai_family = ticket->family == 4 ? AF_INET : AF_INET6,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_flags = ARES_AI_NOSORT};

    if (ticket->family == 0)
        ares_query(line->channel, ticket->name, 1 /* IN */, 33 /* SRV, RFC 2782 */, got_services,
                   ticket);
    else
        ares_getaddrinfo(line->channel, ticket->name, NULL, &hints, got_addresses, ticket);
    arm(line);
}

static void
begin(struct dns *dns, struct dns_query *query, const char *name, int family)
{
    struct dns_ticket *ticket = calloc(1, sizeof(*ticket));

    if (!ticket)
        die("out of memory");
    ticket->dns = dns;
    ticket->query = query;
    ticket->family = family;
    text_clean(ticket->name, sizeof(ticket->name), name, strlen(name));
    fault_clear(&query->fault);
    query->n_addresses = query->n_services = 0;
    query->dns = dns;
    query->ticket = ticket;
    query->started_us = clock_mono_us();
    query->deadline = (struct timer){.due = deadline_due, .context = query};
    timer_set(dns->loop, &query->deadline, query->started_us + DNS_DEADLINE_MS * INT64_C(1000));
    dns->n_open++;
    submit(ticket);
}

void
dns_lookup(struct dns *dns, struct dns_query *query, const char *host, int family)
{
    begin(dns, query, host, family);
}

void
dns_discover(struct dns *dns, struct dns_query *query, const char *service)
{
    begin(dns, query, service, 0);
}

void
dns_cancel(struct dns_query *query)
{
    if (!dns_is_waiting(query))
        return;
    if (query->ticket)
        query->ticket->query = NULL;
    query->ticket = NULL;
    timer_clear(query->dns->loop, &query->deadline);
}

bool
dns_is_waiting(const struct dns_query *query)
{
    return query->deadline.is_set;
}
