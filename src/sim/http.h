/* http.h — this room's one door to libmicrohttpd: an HTTP/1.1 server on loopback.
 *
 * Every connection has its own thread, so a handler and a stream may block — on a condition that
 * their owner wakes before http_stop, which waits for them. */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include "core/err.h"

struct http_server;

enum { HTTP_HEADERS = 16, HTTP_LARGEST_BODY_BYTES = 32 << 20 };

/* Borrowed for the call of the handler. */
struct http_request {
    const char *method, *path; /* path: decoded, without the query */
    const char *body;          /* NUL-terminated; "" when there is none */
    size_t body_bytes;
    bool is_too_large; /* the body was longer than HTTP_LARGEST_BODY_BYTES, and was dropped */
    void *connection;  /* the door's own */
};

/* The first header or query parameter of that name; NULL when absent, "" when it has no value. */
const char *http_header(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name);
/* Every header in order, repeated ones too. */
void http_header_each(const struct http_request *request,
                      void (*visit)(void *context, const char *name, const char *value),
                      void *context);
/* Every query parameter in order, repeated ones too. */
void http_query_each(const struct http_request *request,
                     void (*visit)(void *context, const char *name, const char *value),
                     void *context);

/* Has the client closed its connection? */
bool http_is_gone(const struct http_request *request);

/* An answer without an end, as Server-Sent Events are. */
struct http_stream {
    void *context;
    /* Wait for bytes and copy at most room of them; 0: the end. */
    size_t (*read)(void *context, char *out, size_t room);
    void (*close)(void *context);
};

/* Filled by the handler; status 0: close the connection with a reset instead of answering. */
struct http_answer {
    int status;
    char *body; /* takes ownership (malloc); NULL: empty */
    size_t body_bytes;
    struct http_stream stream; /* instead of body, when read is set */
    struct {
        const char *name;
        char *value; /* owned */
    } header[HTTP_HEADERS];
    size_t n_headers;
};

void http_answer_header(struct http_answer *answer, const char *name, const char *value);
/* Replace the body by a copy. */
void http_answer_text(struct http_answer *answer, int status, const char *content_type,
                      const char *body);

struct http_handler {
    void *context;
    /* On the connection's thread, many at a time. */
    void (*answer)(void *context, const struct http_request *request, struct http_answer *answer);
};

/* Listen on "127.0.0.1:PORT" or "[::1]:PORT" (0: any port); anything but loopback is refused.
 * Caller frees with http_stop. NULL with err. */
struct http_server *http_listen(const char *address, const struct http_handler *handler,
                                struct err *err);
/* Close every connection and wait for their threads. NULL is allowed. */
void http_stop(struct http_server *server);
/* "127.0.0.1:PORT"; borrowed until http_stop. */
const char *http_address(const struct http_server *server);

#endif
