#include "sim/web.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/clock.h"
#include "core/json.h"
#include "sim/http.h"

enum { LOOK_AGAIN_MS = 50 }; /* whether a client still waits for an answer that will not come */

struct web {
    struct web_site site;
    struct http_server *server;
    pthread_cond_t changed; /* with site.lock; monotonic */
    bool is_stopping;       /* guarded by site.lock */
    char *url;
};

/* An exchange whose answer is a stream outlives its request. */
struct carried {
    struct exchange x;
    struct web *web;
};

const char *
exchange_header(const struct exchange *x, const char *name)
{
    return http_header(x->carrier, name);
}

/* Lock held; it is given up while waiting. */
static void
wait_until(struct web *web, int64_t until_ms)
{
    struct timespec at = {.tv_sec = (time_t)(until_ms / 1000),
                          .tv_nsec = (long)(until_ms % 1000) * 1000000};

    pthread_cond_timedwait(&web->changed, web->site.lock, &at);
}

void
web_wake(struct web *web)
{
    if (web)
        pthread_cond_broadcast(&web->changed);
}

/* Lock held. */
static void
be_silent(struct web *web, struct exchange *x)
{
    while (!web->is_stopping && !http_is_gone(x->carrier))
        wait_until(web, clock_mono_ms() + LOOK_AGAIN_MS);
    x->outcome = OUTCOME_RESET;
}

/* Lock held. Serve until there is an answer, or until nobody waits for one any more. */
static void
serve_patiently(struct web *web, struct exchange *x)
{
    for (;;) {
        if (web->is_stopping) {
            answer_error(x, 503, "shutting down");
            return;
        }
        web->site.serve(web->site.context, x);
        if (x->outcome == OUTCOME_SILENCE)
            be_silent(web, x);
        if (x->outcome != OUTCOME_WAIT)
            return;
        x->is_again = true;
        wait_until(web, x->wait_until_ms);
    }
}

static void
carried_free(struct carried *c)
{
    struct web *web = c->web;

    pthread_mutex_lock(web->site.lock);
    web->site.done(web->site.context, &c->x);
    pthread_mutex_unlock(web->site.lock);
    for (size_t i = 0; i < c->x.n_headers; i++)
        free(c->x.headers[i].value);
    buffer_free(&c->x.answer);
    json_free(c->x.json);
    json_free(c->x.prepared);
    free(c->x.beta);
    free(c);
}

/* The thread of a stream's connection wants more to send. */
static size_t
read_stream(void *context, char *out, size_t room)
{
    struct carried *c = context;
    struct web *web = c->web;
    size_t n = 0;

    pthread_mutex_lock(web->site.lock);
    while (!web->is_stopping && !c->x.is_over) {
        n = web->site.read(web->site.context, &c->x, out, room);
        if (n > 0)
            break;
        if (!c->x.is_over)
            wait_until(web, c->x.wait_until_ms);
    }
    pthread_mutex_unlock(web->site.lock);
    return n;
}

static void
close_stream(void *context)
{
    carried_free(context);
}

static void
add_headers(struct http_answer *answer, const struct exchange *x)
{
    if (x->content_type)
        http_answer_header(answer, "Content-Type", x->content_type);
    for (size_t i = 0; i < x->n_headers && answer->n_headers < HTTP_HEADERS; i++)
        http_answer_header(answer, x->headers[i].name, x->headers[i].value);
}

static void
add_query(void *context, const char *name, const char *value)
{
    struct exchange *x = context;

    if (x->n_query < EXCHANGE_QUERIES)
        x->query[x->n_query++] = (struct pair){name, value};
}

/* A list may come in several headers of one name, which is the same (RFC 9110 5.3). */
static void
add_beta(void *context, const char *name, const char *value)
{
    struct exchange *x = context;
    char *before = x->beta;

    if (strcasecmp(name, "anthropic-beta") != 0)
        return;
    x->beta = copy_printf("%s%s%s", before ? before : "", before ? "," : "", value);
    free(before);
}

static struct carried *
carried_new(struct web *web, const struct http_request *request)
{
    struct carried *c = zeroed(sizeof(*c));

    c->web = web;
    c->x.carrier = request;
    c->x.method = request->method;
    c->x.path = request->path;
    c->x.body = request->body;
    c->x.body_bytes = request->body_bytes;
    c->x.is_too_large = request->is_too_large;
    c->x.begun_ms = clock_mono_ms();
    http_header_each(request, add_beta, &c->x);
    http_query_each(request, add_query, &c->x);
    return c;
}

static void
on_request(void *context, const struct http_request *request, struct http_answer *answer)
{
    struct web *web = context;
    struct carried *c = carried_new(web, request);
    struct exchange *x = &c->x;

    pthread_mutex_lock(web->site.lock);
    serve_patiently(web, x);
    pthread_mutex_unlock(web->site.lock);
    if (x->outcome != OUTCOME_RESET) {
        answer->status = x->status;
        add_headers(answer, x);
    }
    if (x->outcome == OUTCOME_STREAM) {
        answer->stream = (struct http_stream){c, read_stream, close_stream};
        return;
    }
    if (x->outcome == OUTCOME_ANSWER)
        answer->body = buffer_take(&x->answer, &answer->body_bytes);
    carried_free(c);
}

struct web *
web_start(const char *listen, const struct web_site *site, struct err *err)
{
    struct web *web = zeroed(sizeof(*web));
    struct http_handler handler = {web, on_request};
    pthread_condattr_t monotonic;

    web->site = *site;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&web->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    web->server = http_listen(listen, &handler, err);
    if (web->server) {
        web->url = copy_printf("http://%s", http_address(web->server));
        return web;
    }
    pthread_cond_destroy(&web->changed);
    free(web);
    return NULL;
}

void
web_stop(struct web *web)
{
    if (!web)
        return;
    pthread_mutex_lock(web->site.lock);
    web->is_stopping = true;
    web_wake(web);
    pthread_mutex_unlock(web->site.lock);
    http_stop(web->server);
    pthread_cond_destroy(&web->changed);
    free(web->url);
    free(web);
}

const char *
web_url(const struct web *web)
{
    return web->url;
}
