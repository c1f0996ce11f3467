/* web.h — carries exchanges over HTTP/1.1 on loopback; answers may take their time.
 *
 * Every connection has a thread (http.h), so what waits — a blocked poll, an event stream,
 * a slow answer — waits on one condition. The site's functions are called with its lock held. */
#ifndef SIM_WEB_H
#define SIM_WEB_H

#include <pthread.h>

#include "core/err.h"
#include "sim/exchange.h"

struct web_site {
    void *context;
    pthread_mutex_t *lock;
    /* Fill in the answer. */
    void (*serve)(void *context, struct exchange *x);
    /* More of a stream: copy up to n bytes to out, or return 0 and set x->wait_until_ms when there
     * is nothing yet, or x->is_over. */
    size_t (*read)(void *context, struct exchange *x, char *out, size_t n);
    /* The exchange is over; free what hangs on it. */
    void (*done)(void *context, struct exchange *x);
};

struct web;

/* listen: "127.0.0.1:0" or "[::1]:8080"; anything but loopback is refused. Caller stops with
 * web_stop. */
struct web *web_start(const char *listen, const struct web_site *site, struct err *err);
/* Without the lock. Open streams end, waiting requests are answered with 503. NULL is allowed. */
void web_stop(struct web *web);
/* "http://127.0.0.1:PORT"; borrowed until web_stop. */
const char *web_url(const struct web *web);

/* Let all who wait look again. Lock held. NULL is allowed. */
void web_wake(struct web *web);

#endif
