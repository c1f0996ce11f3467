#include "probe/dns.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "probe/berths.h"

enum {
    TRY_MS = 600, /* and 1,200 for the second: both end before our own deadline */
    TRIES = 2,
    CLASS_IN = 1,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    TYPE_SRV = 33, /* RFC 2782 */
    DNS_PORT = 53,
    HEADER_BYTES = 12,
    /* Outcomes beside those of c-ares: what is truncated is asked for over TCP, and that fails. */
    TCP_REFUSED = 1000,
    TCP_SILENT,
    BLUNT = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC,
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
    int over_tcp; /* TCP_REFUSED or TCP_SILENT, when the first question ended like that; 0 */
};

struct dns {
    struct loop *loop;
    char *servers;       /* NULL: the system's */
    const char *lookups; /* c-ares' letters: f is the hosts file, b the resolver; NULL: both */
    /* The first tries one server after the other, as libc does, and when all refuse it forgets what
     * they said. Then the second asks again and takes the first answer, to learn why; a truncated
     * one, too. */
    struct line patient, blunt;
    size_t n_open;     /* tickets that c-ares holds */
    int64_t tcp_at_us; /* of clock_mono_us: when some question went over TCP last */
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

static int
socket_made(ares_socket_t fd, int type, void *context)
{
    struct dns *dns = context;

    (void)fd;
    if (type == SOCK_STREAM)
        dns->tcp_at_us = clock_mono_us();
    return ARES_SUCCESS;
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
        .lookups = (char *)(uintptr_t)dns->lookups,
    };
    ares_channel channel;
    int status =
        ares_init_options(&channel, &options,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                              ARES_OPT_SOCK_STATE_CB | (dns->lookups ? ARES_OPT_LOOKUPS : 0));

    if (status != ARES_SUCCESS)
        return err_set(err, ERR_IO, "cannot start the resolver: %s", ares_strerror(status));
    status = dns->servers ? ares_set_servers_ports_csv(channel, dns->servers) : ARES_SUCCESS;
    if (status != ARES_SUCCESS) {
        ares_destroy(channel);
        return err_set(err, ERR_CONFIG, "dns servers \"%.60s\": %s", dns->servers,
                       ares_strerror(status));
    }
    ares_set_socket_configure_callback(channel, socket_made, dns);
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

/* bytes: a struct in_addr or in6_addr. */
static bool
address_of(int family, const void *bytes, struct address *out)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (family == AF_INET) {
        memcpy(&four.sin_addr, bytes, sizeof(four.sin_addr));
        return address_set((const struct sockaddr *)&four, sizeof(four), out);
    }
    memcpy(&six.sin6_addr, bytes, sizeof(six.sin6_addr));
    return address_set((const struct sockaddr *)&six, sizeof(six), out);
}

/* --- opening and closing --- */

static struct dns *
open_for(struct loop *loop, const char *servers, const char *lookups, struct err *err)
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
    dns->lookups = lookups;
    if (!line_open(dns, &dns->patient, 0, err) || !line_open(dns, &dns->blunt, BLUNT, err)) {
        dns_close(dns);
        return NULL;
    }
    return dns;
}

struct dns *
dns_open(struct loop *loop, const char *servers, struct err *err)
{
    return open_for(loop, servers, NULL, err);
}

struct dns *
dns_open_server(struct loop *loop, const char *server, struct err *err)
{
    return open_for(loop, server, "b", err);
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
    line_reload(dns, &dns->blunt, BLUNT);
}

size_t
dns_servers(const struct dns *dns, char out[DNS_SERVERS][ADDRESS_TEXT_BYTES])
{
    struct ares_addr_port_node *nodes = NULL;
    size_t n = 0;

    if (ares_get_servers_ports(dns->patient.channel, &nodes) != ARES_SUCCESS)
        return 0;
    for (const struct ares_addr_port_node *node = nodes; node && n < DNS_SERVERS;
         node = node->next) {
        struct text text = {.bytes = out[n], .size = ADDRESS_TEXT_BYTES};
        struct address address;

        if (!address_of(node->family, &node->addr, &address))
            continue;
        address_set_port(&address, node->udp_port > 0 ? (uint16_t)node->udp_port : DNS_PORT);
        text_clear(&text);
        address_add(&text, &address);
        n++;
    }
    ares_free_data(nodes);
    return n;
}

/* --- answers --- */

/* The servers that were asked, as far as there is room. */
static void
add_servers(const struct dns *dns, struct fault *fault)
{
    struct text text = {
        .bytes = fault->text, .size = sizeof(fault->text), .n = strlen(fault->text)};
    char servers[DNS_SERVERS][ADDRESS_TEXT_BYTES];
    size_t n = dns->lookups ? 0 : dns_servers(dns, servers);

    for (size_t i = 0; i < n; i++)
        text_addf(&text, "%s%s%s", i == 0 ? " (" : ", ", servers[i], i + 1 == n ? ")" : "");
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
        add_servers(query->dns, &query->fault);
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
    {TCP_REFUSED, SIGNAL_truncated,
     "the answer is truncated, and the resolver refuses to be asked over TCP"},
    {TCP_SILENT, SIGNAL_truncated,
     "the answer is truncated, and the resolver does not answer over TCP"},
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

/* c-ares says that nobody is there, too, when it is we who may not open a socket. */
static void
explain_question(struct dns_query *query, int status)
{
    int error;

    if (status == ARES_ECONNREFUSED && berths_lack_files(&error))
        fault_set_errno(&query->fault, STAGE_dns, error, "asking the resolver");
    else
        explain(query, status);
    if (!fault_is_own(&query->fault) && query->fault.signal != SIGNAL_nodata)
        add_servers(query->dns, &query->fault);
}

static void submit(struct dns_ticket *ticket);

/* It failed as it does when nobody is there, or as TCP does: the blunt line will tell. */
static bool
is_worth_asking_again(struct dns_ticket *ticket, int status)
{
    bool has_used_tcp = ticket->dns->tcp_at_us >= ticket->query->started_us;

    if (ticket->is_blunt)
        return false;
    if (has_used_tcp)
        ticket->over_tcp = status == ARES_ECONNREFUSED ? TCP_REFUSED : TCP_SILENT;
    return status == ARES_ECONNREFUSED || (status == ARES_ETIMEOUT && has_used_tcp);
}

/* c-ares is through with the ticket: the query, if somebody still waits for it and need not be
 * asked again. */
static struct dns_query *
redeem(struct dns_ticket *ticket, int *status)
{
    struct dns_query *query = ticket->query;

    if (query && is_worth_asking_again(ticket, *status)) {
        ticket->is_blunt = true;
        submit(ticket);
        return NULL;
    }
    if (ticket->is_blunt && ticket->over_tcp &&
        (*status == ARES_SUCCESS || *status == ARES_ENODATA))
        *status = ticket->over_tcp; /* it is there, and has more to say than a datagram holds */
    ticket->dns->n_open--;
    free(ticket);
    if (!query || *status != ARES_EDESTRUCTION)
        return query;
    query->ticket = NULL;
    dns_cancel(query);
    return NULL;
}

static void
got_addresses(void *argument, int status, int timeouts, struct ares_addrinfo *result)
{
    struct dns_query *query = redeem(argument, &status);

    (void)timeouts;
    if (query) {
        if (status == ARES_SUCCESS)
            for (const struct ares_addrinfo_node *node = result->nodes;
                 node && query->n_addresses < DNS_ADDRESSES; node = node->ai_next)
                if (address_set(node->ai_addr, node->ai_addrlen,
                                &query->addresses[query->n_addresses]))
                    query->n_addresses++;
        if (query->n_addresses == 0)
            explain_question(query, status == ARES_SUCCESS ? ARES_ENODATA : status);
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
    struct dns_query *query = redeem(argument, &status);
    struct ares_srv_reply *replies = NULL;

    (void)timeouts;
    if (!query)
        return;
    if (status == ARES_SUCCESS)
        status = ares_parse_srv_reply(bytes, n, &replies);
    if (status == ARES_SUCCESS)
        read_services(query, replies);
    if (query->n_services == 0)
        explain_question(query, status == ARES_SUCCESS ? ARES_ENODATA : status);
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
        ares_query(line->channel, ticket->name, CLASS_IN, TYPE_SRV, got_services, ticket);
    else
        ares_getaddrinfo(line->channel, ticket->name, NULL, &hints, got_addresses, ticket);
    arm(line);
}

void
dns_ask(struct dns *dns, struct dns_query *query, const char *name, int family)
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
    dns_ask(dns, query, host, family);
}

void
dns_discover(struct dns *dns, struct dns_query *query, const char *service)
{
    dns_ask(dns, query, service, 0);
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

/* --- messages that somebody else carries --- */

size_t
dns_make_question(const char *name, int family, uint8_t *out, size_t size)
{
    int type = family == 0 ? TYPE_SRV : family == 4 ? TYPE_A : TYPE_AAAA, n_bytes = 0;
    unsigned char *bytes = NULL;
    uint16_t id = 0;
    size_t n = 0;

    (void)!getrandom(&id, sizeof(id), GRND_NONBLOCK);
    if (ares_create_query(name, CLASS_IN, type, id, 1, &bytes, &n_bytes, 0) != ARES_SUCCESS)
        return 0;
    if (n_bytes > 0 && (size_t)n_bytes <= size) {
        n = (size_t)n_bytes;
        memcpy(out, bytes, n);
    }
    ares_free_string(bytes);
    return n;
}

static int
read_four(const uint8_t *bytes, int n, struct dns_query *out)
{
    struct ares_addrttl found[DNS_ADDRESSES];
    int n_found = DNS_ADDRESSES, status = ares_parse_a_reply(bytes, n, NULL, found, &n_found);

    for (int i = 0; status == ARES_SUCCESS && i < n_found; i++)
        out->n_addresses +=
            address_of(AF_INET, &found[i].ipaddr, &out->addresses[out->n_addresses]);
    return status;
}

static int
read_six(const uint8_t *bytes, int n, struct dns_query *out)
{
    struct ares_addr6ttl found[DNS_ADDRESSES];
    int n_found = DNS_ADDRESSES, status = ares_parse_aaaa_reply(bytes, n, NULL, found, &n_found);

    for (int i = 0; status == ARES_SUCCESS && i < n_found; i++)
        out->n_addresses +=
            address_of(AF_INET6, &found[i].ip6addr, &out->addresses[out->n_addresses]);
    return status;
}

static int
read_srv(const uint8_t *bytes, int n, struct dns_query *out)
{
    struct ares_srv_reply *replies = NULL;
    int status = ares_parse_srv_reply(bytes, n, &replies);

    if (status == ARES_SUCCESS)
        read_services(out, replies);
    ares_free_data(replies);
    return status;
}

/* RFC 1035 section 4.1.1: what c-ares would have made of the response code. */
static int
status_of(unsigned code)
{
    static const int known[] = {ARES_SUCCESS,   ARES_EFORMERR, ARES_ESERVFAIL,
                                ARES_ENOTFOUND, ARES_ENOTIMP,  ARES_EREFUSED};

    return code < COUNT_OF(known) ? known[code] : ARES_EBADRESP;
}

bool
dns_read_answer(const uint8_t *question, const uint8_t *bytes, size_t n, int family,
                struct dns_query *out)
{
    int status;

    if (n < HEADER_BYTES || n > DNS_MESSAGE_BYTES || memcmp(question, bytes, 2) != 0 ||
        !(bytes[2] & 0x80))
        return false;
    fault_clear(&out->fault);
    out->n_addresses = out->n_services = 0;
    status = status_of(bytes[3] & 15u);
    if (status == ARES_SUCCESS)
        status = family == 0   ? read_srv(bytes, (int)n, out)
                 : family == 4 ? read_four(bytes, (int)n, out)
                               : read_six(bytes, (int)n, out);
    if (out->n_addresses + out->n_services == 0)
        explain(out, status == ARES_SUCCESS ? ARES_ENODATA : status);
    return true;
}
