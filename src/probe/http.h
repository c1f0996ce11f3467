/* http.h — the one door to libcurl: requests to addresses that were resolved already. */
#ifndef PROBE_HTTP_H
#define PROBE_HTTP_H

#include "probe/address.h"
#include "probe/fault.h"
#include "probe/loop.h"
#include "probe/tls.h"

struct http;

enum { HTTP_FIELD_BYTES = 128, HTTP_CHALLENGE_BYTES = 2048, HTTP_ERROR_BYTES = 256 };

/* When an answer is enough. */
enum http_until {
    HTTP_UNTIL_end,
    HTTP_UNTIL_event,  /* of an event stream: after its first event */
    HTTP_UNTIL_stream, /* of an event stream: before its first event */
};

/* One request and its answer. Embedded by whoever asks; must stay until done was called or
 * http_cancel. Neither redirects nor proxies are followed. */
struct http_get {
    /* the request */
    const char *url;               /* borrowed until done */
    const struct address *address; /* where to connect, whatever the URL's host says: its own
                                      address, or the proxy's; copied */
    const char *proxy;             /* NULL: none; borrowed until done */
    int64_t deadline_ms;
    size_t most_bytes;          /* a longer body is an error, or */
    bool may_be_cut;            /* is cut here, and what came is the answer */
    bool is_fresh;              /* on a connection of its own, closed afterwards */
    const char *method;         /* NULL: GET */
    const char *sent;           /* the body to send; NULL: none; borrowed */
    const char *const *headers; /* "Name: value", NULL-terminated, or NULL; borrowed */
    int64_t connect_ms;         /* a deadline of its own for the connection; 0: none */
    bool is_timeless; /* a certificate of another time will do: all that matters is Date */
    enum http_until until;
    void (*done)(void *context);
    void *context;
    /* the answer */
    struct fault fault; /* SIGNAL_none: there is an answer, of whatever status */
    long status;
    char *body; /* NUL-terminated; freed after done returns */
    size_t body_bytes;
    int64_t us;       /* from the sent request to the first byte of the answer; -1 */
    int64_t at_ms;    /* wall: when the first byte came */
    int64_t total_us; /* all of it */
    char content_type[HTTP_FIELD_BYTES], request_id[HTTP_FIELD_BYTES], via[HTTP_FIELD_BYTES],
        server[HTTP_FIELD_BYTES], location[HTTP_FIELD_BYTES], date[HTTP_FIELD_BYTES],
        cf_ray[HTTP_FIELD_BYTES], mcp_session[HTTP_FIELD_BYTES]; /* made safe; "" when absent */
    char challenge[HTTP_CHALLENGE_BYTES]; /* every WWW-Authenticate, joined by commas */
    /* private */
    struct http *http;
    void *easy, *connect_to, *header_list;
    char error[HTTP_ERROR_BYTES]; /* libcurl's words; "" */
    struct tls_lent lent;
    bool is_enough;
    struct timer settled;
};

/* trust is borrowed until http_close. NULL and err on failure. */
struct http *http_open(struct loop *loop, struct tls_trust *trust, struct err *err);
void http_close(struct http *http); /* after all were cancelled or done; NULL is allowed */

/* Zero *get, fill in the request, then start. done is called from the loop, never from within. */
void http_start(struct http *http, struct http_get *get);
void http_cancel(struct http_get *get); /* nothing when it is not under way */

struct http_url {
    bool is_https, has_port; /* has_port: it was written */
    char host[256];          /* a name or a literal without brackets */
    uint16_t port;
};

/* Of a proxy, as libcurl understands it: any scheme that it knows or none, and its default ports.
 */
bool http_proxy_read(const char *url, struct http_url *out);

/* http:// and https:// only. */
bool http_url_read(const char *url, struct http_url *out, struct err *err) MUST_CHECK;

#endif
