#include "sim/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/die.h"
#include "sim/loopback.h"

enum {
    CONNECTIONS = 4096,
    IDLE_S = 120,
    STACK_BYTES = 256 << 10,
    STREAM_BLOCK_BYTES = 16 << 10,
};

struct http_server {
    struct http_handler handler;
    struct MHD_Daemon *daemon;
    char address[LOOPBACK_BYTES];
};

/* A body that is still arriving. */
struct upload {
    char *bytes;
    size_t n, room;
    bool is_too_large;
};

static void *
never_null(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

const char *
http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *
http_query(const struct http_request *request, const char *name)
{
    const char *value = NULL;
    size_t n;

    if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name,
                                      strlen(name), &value, &n) != MHD_YES)
        return NULL;
    return value ? value : "";
}

bool
http_is_gone(const struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd client = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};

    return !info || (poll(&client, 1, 0) > 0 && client.revents != 0);
}

struct visitor {
    void (*visit)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result
visit_one(void *argument, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const struct visitor *visitor = argument;

    (void)kind;
    visitor->visit(visitor->context, name, value ? value : "");
    return MHD_YES;
}

void
http_header_each(const struct http_request *request,
                 void (*visit)(void *context, const char *name, const char *value), void *context)
{
    struct visitor visitor = {visit, context};

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, visit_one, &visitor);
}

void
http_query_each(const struct http_request *request,
                void (*visit)(void *context, const char *name, const char *value), void *context)
{
    struct visitor visitor = {visit, context};

    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, visit_one, &visitor);
}

void
http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    if (answer->n_headers == HTTP_HEADERS)
        die("http: more than %d headers in an answer", HTTP_HEADERS);
    answer->header[answer->n_headers].name = name;
    answer->header[answer->n_headers++].value = never_null(strdup(value));
}

void
http_answer_text(struct http_answer *answer, int status, const char *content_type, const char *body)
{
    answer->status = status;
    free(answer->body);
    answer->body = never_null(strdup(body));
    answer->body_bytes = strlen(body);
    http_answer_header(answer, "Content-Type", content_type);
}

static void
upload_add(struct upload *upload, const char *bytes, size_t n)
{
    if (upload->is_too_large || n > HTTP_LARGEST_BODY_BYTES - upload->n) {
        upload->is_too_large = true;
        return;
    }
    if (upload->n + n + 1 > upload->room) {
        upload->room = 2 * (upload->n + n + 1);
        upload->bytes = never_null(realloc(upload->bytes, upload->room));
    }
    memcpy(upload->bytes + upload->n, bytes, n);
    upload->n += n;
    upload->bytes[upload->n] = '\0';
}

/* RST instead of FIN, as from a host where nothing listens any more. */
static enum MHD_Result
reset(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                   sizeof(struct linger));
    return MHD_NO;
}

static ssize_t
stream_read(void *argument, uint64_t position, char *out, size_t room)
{
    const struct http_stream *stream = argument;
    size_t n = stream->read(stream->context, out, room);

    (void)position;
    return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void
stream_close(void *argument)
{
    struct http_stream *stream = argument;

    stream->close(stream->context);
    free(stream);
}

static struct MHD_Response *
response_of(const struct http_answer *answer)
{
    struct http_stream *stream;

    if (!answer->stream.read)
        return MHD_create_response_from_buffer(answer->body_bytes, answer->body,
                                               MHD_RESPMEM_MUST_FREE);
    stream = never_null(malloc(sizeof(*stream)));
    *stream = answer->stream;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, stream_read,
                                             stream, stream_close);
}

static enum MHD_Result
answer_send(struct MHD_Connection *connection, struct http_answer *answer)
{
    struct MHD_Response *response = never_null(response_of(answer));
    enum MHD_Result result;

    for (size_t i = 0; i < answer->n_headers; i++)
        MHD_add_response_header(response, answer->header[i].name, answer->header[i].value);
    result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Called by the library once when the headers are in, once per piece of body, once at the end. */
static enum MHD_Result
serve(void *argument, struct MHD_Connection *connection, const char *url, const char *method,
      const char *version, const char *bytes, size_t *n_bytes, void **state)
{
    const struct http_server *server = argument;
    struct upload *upload = *state;
    struct http_request request = {.method = method, .path = url, .connection = connection};
    struct http_answer answer = {0};
    enum MHD_Result result;

    (void)version;
    if (!upload) {
        *state = never_null(calloc(1, sizeof(*upload)));
        return MHD_YES;
    }
    if (*n_bytes > 0) {
        upload_add(upload, bytes, *n_bytes);
        *n_bytes = 0;
        return MHD_YES;
    }
    request.body = upload->bytes && !upload->is_too_large ? upload->bytes : "";
    request.body_bytes = upload->is_too_large ? 0 : upload->n;
    request.is_too_large = upload->is_too_large;
    server->handler.answer(server->handler.context, &request, &answer);
    if (answer.status == 0) {
        free(answer.body);
        result = reset(connection);
    } else {
        result = answer_send(connection, &answer);
    }
    for (size_t i = 0; i < answer.n_headers; i++)
        free(answer.header[i].value);
    return result;
}

static void
forget(void *argument, struct MHD_Connection *connection, void **state,
       enum MHD_RequestTerminationCode code)
{
    struct upload *upload = *state;

    (void)argument;
    (void)connection;
    (void)code;
    if (upload)
        free(upload->bytes);
    free(upload);
    *state = NULL;
}

static int
socket_listen(const char *address, struct sockaddr_storage *out, struct err *err)
{
    int fd = loopback_bind(address, out, err);

    if (fd < 0 || listen(fd, SOMAXCONN) == 0)
        return fd;
    err_set(err, ERR_IO, "listen on %.40s: %s", address, strerror(errno));
    close(fd);
    return -1;
}

/* Its threads take no signal: those are the main thread's. */
static struct MHD_Daemon *
daemon_start(struct http_server *server, int fd)
{
    sigset_t all, before;
    struct MHD_Daemon *daemon;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    daemon =
        MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                             MHD_USE_POLL | MHD_USE_ITC,
                         0, NULL, NULL, serve, server, MHD_OPTION_LISTEN_SOCKET, fd,
                         MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                         MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct http_server *
http_listen(const char *address, const struct http_handler *handler, struct err *err)
{
    struct sockaddr_storage bound;
    int fd = socket_listen(address, &bound, err);
    struct http_server *server;

    if (fd < 0)
        return NULL;
    server = never_null(calloc(1, sizeof(*server)));
    server->handler = *handler;
    loopback_print(&bound, server->address);
    server->daemon = daemon_start(server, fd);
    if (!server->daemon) {
        err_set(err, ERR_IO, "listen on %.40s: cannot start the server", address);
        close(fd);
        free(server);
        return NULL;
    }
    return server;
}

void
http_stop(struct http_server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}

const char *
http_address(const struct http_server *server)
{
    return server->address;
}
