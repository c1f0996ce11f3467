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

/* A socket of c-ares. */
struct dns_socket {
    struct watch watch;
    struct dns *dns;
    struct dns_socket *next;
};

/* What c-ares holds of a question; outlives the query when that was cancelled or timed out, as
 * c-ares cannot take back a single question. */
struct dns_ticket {
    struct dns *dns;
    struct dns_query *query; /* NULL: nobody waits any more */
};

struct dns {
    struct loop *loop;
    ares_channel channel;
    char *servers; /* NULL: the system's */
    struct dns_socket *sockets;
    struct timer retry;
    size_t n_open; /* tickets that c-ares holds */
};

/* Look at c-ares' own deadlines after every step. */
static void
arm(struct dns *dns)
{
    struct timeval tv, *wait = ares_timeout(dns->channel, NULL, &tv);

    timer_clear(dns->loop, &dns->retry);
    if (wait)
        timer_set(dns->loop, &dns->retry,
                  clock_mono_us() + (int64_t)wait->tv_sec * 1000000 + wait->tv_usec);
}

static void
socket_ready(void *context, unsigned events)
{
    struct dns_socket *socket = context;
    struct dns *dns = socket->dns;
    int fd = socket->watch.fd;

    ares_process_fd(dns->channel, events & (LOOP_READ | LOOP_TROUBLE) ? fd : ARES_SOCKET_BAD,
                    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    arm(dns);
}

static void
retry_due(void *context)
{
    struct dns *dns = context;

    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(dns);
}

static struct dns_socket *
socket_of(struct dns *dns, int fd)
{
    struct dns_socket *socket;

    for (socket = dns->sockets; socket; socket = socket->next)
        if (socket->watch.fd == fd && socket->watch.is_on)
            return socket;
    socket = calloc(1, sizeof(*socket));
    if (!socket)
        die("out of memory");
    socket->dns = dns;
    socket->watch.ready = socket_ready;
    socket->watch.context = socket;
    socket->next = dns->sockets;
    dns->sockets = socket;
    return socket;
}

static void
socket_forget(struct dns *dns, struct dns_socket *socket)
{
    struct dns_socket **link = &dns->sockets;

    loop_unwatch(dns->loop, &socket->watch);
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    free(socket);
}

static void
socket_changed(void *context, ares_socket_t fd, int wants_read, int wants_write)
{
    struct dns *dns = context;
    struct dns_socket *socket = socket_of(dns, fd);

    if (!wants_read && !wants_write)
        socket_forget(dns, socket);
    else
        loop_watch(dns->loop, &socket->watch, fd,
                   (wants_read ? LOOP_READ : 0) | (wants_write ? LOOP_WRITE : 0));
}

static bool
channel_open(struct dns *dns, struct err *err)
{
    struct ares_options options = {
        .timeout = TRY_MS,
        .tries = TRIES,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = dns,
    };
    int status = ares_init_options(&dns->channel, &options,
                                   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);

    if (status != ARES_SUCCESS)
        return err_set(err, ERR_IO, "cannot start the resolver: %s", ares_strerror(status));
    if (dns->servers) {
        status = ares_set_servers_ports_csv(dns->channel, dns->servers);
        if (status != ARES_SUCCESS) {
            ares_destroy(dns->channel);
            return err_set(err, ERR_CONFIG, "dns servers \"%.60s\": %s", dns->servers,
                           ares_strerror(status));
        }
    }
    return true;
}

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
    dns->retry = (struct timer){.due = retry_due, .context = dns};
    if (!channel_open(dns, err)) {
        free(dns->servers);
        free(dns);
        ares_library_cleanup();
        return NULL;
    }
    return dns;
}

static void
channel_close(struct dns *dns)
{
    timer_clear(dns->loop, &dns->retry);
    ares_destroy(dns->channel);
    while (dns->sockets)
        socket_forget(dns, dns->sockets);
}

void
dns_close(struct dns *dns)
{
    if (!dns)
        return;
    channel_close(dns);
    free(dns->servers);
    free(dns);
    ares_library_cleanup();
}

void
dns_reload(struct dns *dns)
{
    ares_channel before = dns->channel;

    if (dns->n_open > 0)
        return;
    if (!channel_open(dns, NULL)) {
        dns->channel = before; /* keep what works */
        return;
    }
    ares_destroy(before);
    arm(dns);
}

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
    {ARES_ECONNREFUSED, SIGNAL_dns, "cannot reach the resolver"},
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

/* c-ares is through with the ticket; the query, if somebody still waits for it. */
static struct dns_query *
redeem(struct dns_ticket *ticket, int status)
{
    struct dns_query *query = ticket->query;

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

static struct dns_ticket *
begin(struct dns *dns, struct dns_query *query)
{
    struct dns_ticket *ticket = calloc(1, sizeof(*ticket));

    if (!ticket)
        die("out of memory");
    ticket->dns = dns;
    ticket->query = query;
    fault_clear(&query->fault);
    query->n_addresses = query->n_services = 0;
    query->dns = dns;
    query->ticket = ticket;
    query->started_us = clock_mono_us();
    query->deadline = (struct timer){.due = deadline_due, .context = query};
    timer_set(dns->loop, &query->deadline, query->started_us + DNS_DEADLINE_MS * INT64_C(1000));
    dns->n_open++;
    return ticket;
}

void
dns_lookup(struct dns *dns, struct dns_query *query, const char *host, int family)
{
    struct ares_addrinfo_hints hints = {.ai_family = family == 4 ? AF_INET : AF_INET6,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_flags = ARES_AI_NOSORT};

    ares_getaddrinfo(dns->channel, host, NULL, &hints, got_addresses, begin(dns, query));
    arm(dns);
}

void
dns_discover(struct dns *dns, struct dns_query *query, const char *service)
{
    ares_query(dns->channel, service, 1 /* IN */, 33 /* SRV, RFC 2782 */, got_services,
               begin(dns, query));
    arm(dns);
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
