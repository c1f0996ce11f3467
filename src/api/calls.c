#include "api/calls.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/call_answer.h"
#include "api/engine.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/log.h"
#include "core/secret.h"

enum { HURRIES = 16 };

struct calls {
    pthread_mutex_t lock;
    int fd;
    struct call_request *incoming;       /* guarded by lock; newest first */
    char hurry[HURRIES][FLEET_ID_BYTES]; /* guarded by lock */
    size_t n_hurry;                      /* guarded by lock */
    struct call_request *taken; /* in the order in which they came; changed by the thread alone,
                                 * under lock, and read by it without */
};

static void
wake(struct calls *calls)
{
    uint64_t one = 1;

    (void)!write(calls->fd, &one, sizeof(one));
}

struct calls *
calls_new(void)
{
    struct calls *calls = calloc(1, sizeof(*calls));

    if (!calls)
        die("out of memory");
    pthread_mutex_init(&calls->lock, NULL);
    calls->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (calls->fd < 0)
        die("cannot make an eventfd: %s", strerror(errno));
    return calls;
}

static void
request_free(struct call_request *request)
{
    free(request->body);
    free(request);
}

/* The lock is held while it is called, so that after calls_forget nobody is. */
static void
tell_locked(struct call_request *request, const struct api_answer *answer)
{
    if (request->done)
        request->done(request->context, request->tag, answer);
    else
        secret_free(answer->token);
}

static void
unlink_taken_locked(struct calls *calls, const struct call_request *request)
{
    struct call_request **at = &calls->taken;

    while (*at && *at != request)
        at = &(*at)->next;
    if (*at)
        *at = request->next;
}

void
calls_conclude(struct calls *calls, struct call_request *request, const struct api_answer *answer)
{
    log_line("ops", "%s %s: %s%s%s", call_row(request->id)->method, request->path,
             api_outcome_name(answer->outcome), answer->err.code ? ": " : "",
             answer->err.code ? answer->err.message : "");
    pthread_mutex_lock(&calls->lock);
    tell_locked(request, answer);
    unlink_taken_locked(calls, request);
    pthread_mutex_unlock(&calls->lock);
    request_free(request);
}

void
calls_conclude_unsent(struct calls *calls, struct call_request *request, const struct err *why)
{
    struct api_answer answer = call_answer_unsent(why);

    calls_conclude(calls, request, &answer);
}

void
calls_free(struct calls *calls)
{
    struct err ended = {0};

    if (!calls)
        return;
    err_set(&ended, ERR_CANCELLED, "the program ended");
    while (calls->taken || calls->incoming) {
        struct call_request *request = calls->taken ? calls->taken : calls->incoming;
        struct api_answer unsure = {
            .outcome = API_OUTCOME_unsure, .err = ended, .retry_after_ms = -1};

        if (request == calls->incoming)
            calls->incoming = request->next;
        if (request->is_in_flight)
            calls_conclude(calls, request, &unsure);
        else
            calls_conclude_unsent(calls, request, &ended);
    }
    close(calls->fd);
    pthread_mutex_destroy(&calls->lock);
    free(calls);
}

static struct call_request *
request_new(const struct api_call *call)
{
    struct call_request *request = calloc(1, sizeof(*request));

    if (!request)
        die("out of memory");
    *request = (struct call_request){.id = call->id,
                                     .give_up_ms = clock_mono_ms() + call->within_ms,
                                     .done = call->done,
                                     .context = call->context,
                                     .tag = call->tag};
    if (strcmp(call_row(call->id)->method, "POST") == 0 &&
        !(request->body = strdup(*call->body ? call->body : "{}")))
        die("out of memory");
    return request;
}

/* The list of those that were taken is the other thread's, and this one never gets there. */
static void
refuse(struct calls *calls, struct call_request *request, const char *id)
{
    struct api_answer answer;
    struct err err = {0};

    err_set(&err, ERR_FORMAT, "%s: \"%.40s\" cannot stand in a path", call_row(request->id)->what,
            id);
    answer = call_answer_unsent(&err);
    pthread_mutex_lock(&calls->lock);
    tell_locked(request, &answer);
    pthread_mutex_unlock(&calls->lock);
    request_free(request);
}

void
calls_add(struct calls *calls, const struct api_call *call)
{
    struct call_request *request = request_new(call);

    if (!call_path(call, request->path)) {
        refuse(calls, request, call->ids[0]);
        return;
    }
    pthread_mutex_lock(&calls->lock);
    request->next = calls->incoming;
    calls->incoming = request;
    pthread_mutex_unlock(&calls->lock);
    wake(calls);
}

void
calls_forget(struct calls *calls, const void *context)
{
    pthread_mutex_lock(&calls->lock);
    for (struct call_request *r = calls->incoming; r; r = r->next)
        if (r->context == context)
            r->done = NULL;
    for (struct call_request *r = calls->taken; r; r = r->next)
        if (r->context == context)
            r->done = NULL;
    pthread_mutex_unlock(&calls->lock);
}

void
calls_hurry(struct calls *calls, const char *pool_id)
{
    pthread_mutex_lock(&calls->lock);
    if (calls->n_hurry < HURRIES)
        snprintf(calls->hurry[calls->n_hurry++], FLEET_ID_BYTES, "%s", pool_id);
    pthread_mutex_unlock(&calls->lock);
    wake(calls);
}

int
calls_fd(const struct calls *calls)
{
    return calls->fd;
}

/* --- the API's thread --- */

struct call_request *
calls_taken(const struct calls *calls)
{
    return calls->taken;
}

bool
calls_wait(const struct calls *calls)
{
    for (const struct call_request *r = calls->taken; r; r = r->next)
        if (!r->is_in_flight)
            return true;
    return false;
}

static void
hurry(struct engine *engine, const char *pool_id)
{
    struct fleet_pool *pool = fleet_pool(&engine->fleet, pool_id);

    if (!pool)
        return;
    pool->stats.due_ms = 0;
    if (!pool->work.is_off)
        pool->work.due_ms = 0;
}

void
calls_take(struct engine *engine)
{
    struct calls *calls = engine->calls;
    struct call_request *came, **end = &calls->taken, *in_order = NULL;
    char hurried[HURRIES][FLEET_ID_BYTES];
    size_t n_hurried;
    uint64_t count;

    (void)!read(calls->fd, &count, sizeof(count));
    pthread_mutex_lock(&calls->lock);
    came = calls->incoming;
    calls->incoming = NULL;
    n_hurried = calls->n_hurry;
    memcpy(hurried, calls->hurry, sizeof(hurried));
    calls->n_hurry = 0;
    while (came) { /* the newest came first */
        struct call_request *next = came->next;

        came->next = in_order;
        in_order = came;
        came = next;
    }
    while (*end)
        end = &(*end)->next;
    *end = in_order;
    pthread_mutex_unlock(&calls->lock);
    for (size_t i = 0; i < n_hurried; i++)
        hurry(engine, hurried[i]);
}
