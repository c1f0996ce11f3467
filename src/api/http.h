/* http.h — requests to the management API: the only door to libcurl.
 *
 * HTTP/2 over TLS with one reused connection; HTTP/1.1 with few on plain loopback. HTTPS is always
 * verified, plain http goes to this machine only, redirects are not followed. One thread owns a
 * struct http; callbacks run inside http_wait on that thread. */
#ifndef API_HTTP_H
#define API_HTTP_H

#include "core/err.h"

struct http;
struct secret;

enum {
    HTTP_MOST_IN_FLIGHT = 32,
    HTTP_LARGEST_ANSWER_BYTES = 8 << 20,
    HTTP_CONNECT_WITHIN_MS = 5000,
    HTTP_ANSWER_WITHIN_MS = 15000,
};

struct http_options {
    const char *base_url;
    const char *version; /* anthropic-version */
    const char *ca_file; /* trusted instead of the system's; NULL: the system's */
};

/* The answer to one request; borrowed by the callback. */
struct http_answer {
    long status;    /* 0: there was none, and err says why */
    struct err err; /* ERR_NET, ERR_TIMEOUT, ERR_LIMIT, ERR_CANCELLED */
    const char *body;
    size_t body_bytes;
    char request_id[64], organization_id[64], workspace_id[64]; /* made safe; "" */
    int64_t date_ms;                                            /* the service's clock; 0 */
    int64_t sent_ms, received_ms;                               /* ours, wall */
    int64_t retry_after_ms;                                     /* -1: not said */
    bool is_retry_forbidden, is_retry_advised;                  /* x-should-retry */
    bool is_unsent; /* status 0: no byte of the request left this host */
    int64_t took_us;
    int http_version; /* 1 or 2; 0: not known */
};

typedef void http_done(void *context, const struct http_answer *answer);

struct http_request {
    const char *path;            /* begins with "/"; with its query */
    const struct secret *bearer; /* NULL: none */
    const char *beta;            /* anthropic-beta; NULL or "": none */
    const char *workspace_id;    /* anthropic-workspace-id; NULL or "": none */
    const char *body;            /* a JSON object to POST; NULL: GET */
    const char *secret_name;     /* a string member to put into that object; NULL: none */
    const struct secret *secret_value;
    bool is_effect;    /* changes the world: on a connection of its own, so that libcurl never sends
                        * it a second time when a kept one turns out dead */
    int64_t within_ms; /* until the answer must be whole; 0: HTTP_ANSWER_WITHIN_MS */
    http_done *done;
    void *context;
};

/* Caller frees with http_free; NULL when the address is wrong (address.h). The first call in a
 * process sets libcurl up (about 10 ms). */
struct http *http_new(const struct http_options *options, struct err *err);
/* Abandons what is in flight, without callbacks, at once. NULL is allowed. */
void http_free(struct http *http);

bool http_has_room(const struct http *http);
size_t http_in_flight(const struct http *http);

/* Everything in request is copied. done is called exactly once, unless http_free comes first. Call
 * only while http_has_room. */
void http_send(struct http *http, const struct http_request *request);

/* Move bytes and call back; returns when something happened, an fd is readable, or after timeout.
 */
void http_wait(struct http *http, const int *fds, size_t n_fds, int64_t timeout_ms);

#endif
