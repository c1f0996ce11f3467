/* http.h — the door to libmicrohttpd: HTTP/1.1 on loopback, with answers that may take their time.
 *
 * One thread of libmicrohttpd serves every connection; whatever waits (a blocked poll, an event
 * stream, a slow answer) is suspended and costs nothing. The site's functions are called with its
 * lock held. */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include <pthread.h>

#include "core/err.h"
#include "sim/exchange.h"

enum { HTTP_BODY_MOST = 32 << 20 }; /* facts/management-api.md 1.1 */

struct http_site {
    void *context;
    pthread_mutex_t *lock;
    /* Fill in the answer. */
    void (*serve)(void *context, struct exchange *x);
    /* More of a stream: copy up to n bytes to out, or 0 and set *wait_until_ms (monotonic) when
     * there is nothing yet, or set *is_over. */
    size_t (*read)(void *context, struct exchange *x, char *out, size_t n, int64_t *wait_until_ms,
                   bool *is_over);
    /* The exchange is over; free what hangs on it. */
    void (*done)(void *context, struct exchange *x);
};

struct http;

/* listen: "127.0.0.1:0" or "[::1]:8080"; anything but loopback is refused. Caller stops with
 * http_stop. */
struct http *http_start(const char *listen, const struct http_site *site, struct err *err);
/* Without the lock. Open streams end, waiting requests are answered with 503. */
void http_stop(struct http *http);
/* "http://127.0.0.1:PORT"; borrowed until http_stop. */
const char *http_url(const struct http *http);

/* With the lock held: */
void http_wake(struct http *http, const char *topic); /* those who wait for it */
void http_wake_due(struct http *http, int64_t now_ms);

#endif
