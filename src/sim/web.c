#include "sim/web.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"

enum { IDLE_CONNECTION_S = 120, CONNECTIONS = 2000, STREAM_BLOCK_BYTES = 16 << 10 };

/* An exchange and the connection that carries it. */
struct carried {
    struct exchange x;
    struct web *web;
    struct MHD_Connection *connection;
    bool is_read; /* the whole request is here */
    bool is_parked;
    struct carried *next, *prev; /* parked ones */
};

struct web {
    struct web_site site;
    struct MHD_Daemon *daemon;
    struct carried *parked; /* guarded by site.lock */
    bool is_stopping;       /* guarded by site.lock */
    char url[80];
};

const char *
exchange_header(const struct exchange *x, const char *name)
{
    const struct carried *c = x->carrier;

    return MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}

/* Lock held. */
static void
park(struct carried *c)
{
    MHD_suspend_connection(c->connection);
    c->is_parked = true;
    c->prev = NULL;
    c->next = c->web->parked;
    if (c->next)
        c->next->prev = c;
    c->web->parked = c;
}

/* Lock held. */
static void
unpark(struct carried *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        c->web->parked = c->next;
    if (c->next)
        c->next->prev = c->prev;
    c->is_parked = false;
    MHD_resume_connection(c->connection);
}

void
web_wake(struct web *web, const char *topic)
{
    for (struct carried *c = web->parked, *next; c; c = next) {
        next = c->next;
        if (strcmp(c->x.topic, topic) == 0)
            unpark(c);
    }
}

void
web_wake_due(struct web *web, int64_t now_ms)
{
    for (struct carried *c = web->parked, *next; c; c = next) {
        next = c->next;
        if (c->x.wait_until_ms <= now_ms)
            unpark(c);
    }
}

static void
add_headers(struct MHD_Response *response, struct exchange *x)
{
    if (x->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, x->content_type);
    for (size_t i = 0; i < x->n_headers; i++) {
        char *colon = strchr(x->headers[i], ':');

        *colon = '\0';
        MHD_add_response_header(response, x->headers[i], colon + 2);
        *colon = ':';
    }
}

/* libmicrohttpd wants more of a stream. */
static ssize_t
read_stream(void *context, uint64_t at, char *out, size_t n)
{
    struct carried *c = context;
    struct web *web = c->web;
    bool is_over = false;
    size_t got = 0;

    (void)at;
    pthread_mutex_lock(web->site.lock);
    if (web->is_stopping)
        is_over = true;
    else
        got = web->site.read(web->site.context, &c->x, out, n, &c->x.wait_until_ms, &is_over);
    if (got == 0 && !is_over)
        park(c);
    pthread_mutex_unlock(web->site.lock);
    return is_over ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)got;
}

static enum MHD_Result
send_answer(struct carried *c)
{
    struct exchange *x = &c->x;
    struct MHD_Response *response;
    enum MHD_Result result;
    size_t n;
    char *bytes;

    if (x->outcome == OUTCOME_STREAM) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
                                                     read_stream, c, NULL);
    } else {
        bytes = buffer_take(&x->answer, &n);
        response = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
    }
    if (!response)
        return MHD_NO;
    add_headers(response, x);
    result = MHD_queue_response(c->connection, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Break the connection so that the peer sees a reset, not an end. */
static enum MHD_Result
reset(struct carried *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger now = {.l_onoff = 1};

    if (info)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    return MHD_NO;
}

static enum MHD_Result
serve(struct carried *c)
{
    struct web *web = c->web;
    enum outcome outcome;

    pthread_mutex_lock(web->site.lock);
    if (web->is_stopping)
        answer_error(&c->x, 503, "shutting down");
    else
        web->site.serve(web->site.context, &c->x);
    outcome = c->x.outcome;
    if (outcome == OUTCOME_WAIT) {
        c->x.is_again = true;
        park(c);
    }
    pthread_mutex_unlock(web->site.lock);
    if (outcome == OUTCOME_WAIT)
        return MHD_YES;
    return outcome == OUTCOME_RESET ? reset(c) : send_answer(c);
}

static enum MHD_Result
add_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct exchange *x = context;

    (void)kind;
    if (x->n_query < EXCHANGE_QUERIES)
        x->query[x->n_query++] = (struct pair){name, value ? value : ""};
    return MHD_YES;
}

static struct carried *
carried_new(struct web *web, struct MHD_Connection *connection, const char *method)
{
    struct carried *c = zeroed(sizeof(*c));
    const char *length;
    int64_t n;

    c->web = web;
    c->connection = connection;
    c->x.carrier = c;
    c->x.method = method;
    c->x.begun_ms = clock_mono_ms();
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, &c->x);
    length = exchange_header(&c->x, "content-length");
    c->x.is_too_large = length && int_parse(length, &n) && n > WEB_BODY_MOST;
    return c;
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_bytes, void **mine)
{
    struct carried *c = *mine;

    (void)version;
    if (!c) {
        *mine = c = carried_new(context, connection, method);
        c->x.path = url;
        return c->x.is_too_large ? serve(c) : MHD_YES;
    }
    if (*upload_bytes > 0) {
        if (c->x.body.n + *upload_bytes > WEB_BODY_MOST)
            c->x.is_too_large = true;
        else
            buffer_addn(&c->x.body, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    return serve(c);
}

static void
on_done(void *context, struct MHD_Connection *connection, void **mine,
        enum MHD_RequestTerminationCode why)
{
    struct web *web = context;
    struct carried *c = *mine;

    (void)connection;
    (void)why;
    if (!c)
        return;
    pthread_mutex_lock(web->site.lock);
    web->site.done(web->site.context, &c->x);
    pthread_mutex_unlock(web->site.lock);
    for (size_t i = 0; i < c->x.n_headers; i++)
        free(c->x.headers[i]);
    buffer_free(&c->x.body);
    buffer_free(&c->x.answer);
    json_free(c->x.json);
    free(c);
    *mine = NULL;
}

static bool
split_listen(const char *listen, char host[64], int64_t *port, struct err *err)
{
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;

    if (!colon || n == 0 || n >= 64 || !int_parse(colon + 1, port) || *port < 0 || *port > 65535)
        return err_set(err, ERR_USAGE, "--listen: expected ADDR:PORT, found \"%.60s\"", listen);
    if (listen[0] == '[' && listen[n - 1] == ']') {
        listen++;
        n -= 2;
    }
    memcpy(host, listen, n);
    host[n] = '\0';
    return true;
}

/* The pretend service has no business on a real network. */
static bool
loopback(const char *listen, struct sockaddr_storage *out, struct err *err)
{
    struct sockaddr_in *v4 = (void *)out;
    struct sockaddr_in6 *v6 = (void *)out;
    char host[64];
    int64_t port;

    memset(out, 0, sizeof(*out));
    if (!split_listen(listen, host, &port, err))
        return false;
    if (strcmp(host, "localhost") == 0)
        snprintf(host, sizeof(host), "127.0.0.1");
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        if (ntohl(v4->sin_addr.s_addr) >> 24 == 127)
            return true;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
            return true;
    }
    return err_set(err, ERR_USAGE, "--listen: expected a loopback address, found \"%.60s\"", host);
}

static void
make_url(struct web *web, const struct sockaddr_storage *address)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
    char host[INET6_ADDRSTRLEN] = "";

    if (address->ss_family == AF_INET6) {
        snprintf(web->url, sizeof(web->url), "http://[::1]:%u", info->port);
        return;
    }
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, host,
              sizeof(host));
    snprintf(web->url, sizeof(web->url), "http://%s:%u", host, info->port);
}

struct web *
web_start(const char *listen, const struct web_site *site, struct err *err)
{
    struct sockaddr_storage address;
    struct web *web;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;

    if (!loopback(listen, &address, err))
        return NULL;
    if (address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    web = zeroed(sizeof(*web));
    web->site = *site;
    web->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, web, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_NOTIFY_COMPLETED, on_done, web, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_CONNECTION_S, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (!web->daemon) {
        err_set(err, ERR_IO, "--listen: cannot listen on %.60s", listen);
        free(web);
        return NULL;
    }
    make_url(web, &address);
    return web;
}

void
web_stop(struct web *web)
{
    if (!web)
        return;
    pthread_mutex_lock(web->site.lock);
    web->is_stopping = true;
    web_wake_due(web, INT64_MAX);
    pthread_mutex_unlock(web->site.lock);
    MHD_stop_daemon(web->daemon);
    free(web);
}

const char *
web_url(const struct web *web)
{
    return web->url;
}
