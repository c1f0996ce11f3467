#include "api/sources.h"

#include <string.h>

#include "api/schedule.h"
#include "core/clock.h"

enum { REFUSED_AGAIN_MS = 300000, FAILED_AGAIN_MS = 8000 };

const struct resource *const sources_resources[] = {
    &resource_environments, &resource_sessions, &resource_stats,
    &resource_work,         &resource_tunnels,  &resource_certificates,
};

void
sources_each(struct engine *engine, sources_visit *visit, void *context)
{
    struct fleet *fleet = &engine->fleet;

    visit(engine, &resource_environments, "", &fleet->environments, context);
    visit(engine, &resource_sessions, "", &fleet->sweep, context);
    visit(engine, &resource_tunnels, "", &fleet->tunnel_list, context);
    for (size_t i = 0; i < fleet->pools.n; i++) {
        struct fleet_pool *pool = fleet->pools.rows[i];

        if (!pool->stats.is_off)
            visit(engine, &resource_stats, pool->id, &pool->stats, context);
        if (!pool->work.is_off)
            visit(engine, &resource_work, pool->id, &pool->work, context);
    }
    for (size_t i = 0; i < fleet->tunnels.n; i++) {
        struct fleet_tunnel *tunnel = fleet->tunnels.rows[i];

        if (!tunnel->is_archived)
            visit(engine, &resource_certificates, tunnel->id, &tunnel->task, context);
    }
}

/* Concluding */

static int64_t
again_in_ms(struct engine *engine, const struct resource *resource, const char *subject,
            const struct err *err)
{
    int64_t interval_ms = schedule_interval_ms(engine, resource, subject);

    if (!err)
        return (int64_t)((double)interval_ms * engine->book[resource->source].jitter);
    switch (err->code) {
    case ERR_AUTH:
    case ERR_FORBIDDEN:
    case ERR_BETA:
        return interval_ms > REFUSED_AGAIN_MS ? interval_ms : REFUSED_AGAIN_MS;
    case ERR_NET:
    case ERR_TIMEOUT:
    case ERR_SERVER:
    case ERR_RATE:
    case ERR_SPEND:
        return interval_ms < FAILED_AGAIN_MS ? interval_ms : FAILED_AGAIN_MS;
    default:
        return interval_ms;
    }
}

static void
note_failure(struct source_book *book, const struct err *err, const char *request_id)
{
    size_t n = strnlen(request_id, sizeof(book->request_id) - 1);

    book->err = *err;
    memcpy(book->request_id, request_id, n);
    book->request_id[n] = '\0';
}

static void
conclude(struct engine *engine, const struct resource *resource, const char *subject,
         struct task *task, const struct err *err)
{
    struct source_book *book = &engine->book[resource->source];
    int64_t now_ms = clock_mono_ms();

    task->tried_at_ms = clock_wall_ms();
    task->failures = err ? task->failures + 1 : 0;
    if (!err)
        task->ok_at_ms = task->tried_at_ms;
    if (!resource->is_side)
        task->round = book->round;
    task->due_ms = schedule_align(now_ms + again_in_ms(engine, resource, subject, err));
}

static void
tell_failed(struct engine *engine, const struct resource *resource, const char *subject,
            const struct err *err)
{
    struct reading reading = {
        .fleet = &engine->fleet, .subject = subject, .now_ms = clock_wall_ms()};

    if (resource->failed)
        resource->failed(&reading, err);
}

void
sources_conclude(struct engine *engine, const struct resource *resource, const char *subject,
                 const struct err *err, const char *request_id)
{
    struct task *task = resource->task(&engine->fleet, subject);

    if (!task)
        return;
    if (err && !resource->is_side)
        note_failure(&engine->book[resource->source], err, request_id);
    if (err)
        tell_failed(engine, resource, subject, err);
    conclude(engine, resource, subject, task, err);
}

struct giving_up {
    const struct credential *credential;
    const struct err *err;
    int64_t now_ms;
};

static void
give_up(struct engine *engine, const struct resource *resource, const char *subject,
        struct task *task, void *context)
{
    const struct giving_up *how = context;
    struct source_book *book = &engine->book[resource->source];

    if (book->disabled.code || (task->round == book->round && task->due_ms > how->now_ms))
        return;
    if (how->credential && engine_credential(engine, resource, subject, NULL) != how->credential)
        return;
    note_failure(book, how->err, "");
    tell_failed(engine, resource, subject, how->err);
    conclude(engine, resource, subject, task, how->err);
}

void
sources_conclude_all(struct engine *engine, const struct credential *credential,
                     const struct err *err)
{
    /* a refused credential makes everything that it opens stale at once, due or not */
    struct giving_up how = {
        .credential = credential, .err = err, .now_ms = credential ? INT64_MAX : clock_mono_ms()};

    sources_each(engine, give_up, &how);
}

void
sources_disable(struct engine *engine, enum source source, const struct err *err)
{
    engine->book[source].disabled = *err;
}

/* Restarting */

static void
make_due(struct engine *engine, const struct resource *resource, const char *subject,
         struct task *task, void *context)
{
    (void)engine;
    (void)resource;
    (void)subject;
    (void)context;
    task->due_ms = 0;
}

static void
make_due_when_failed(struct engine *engine, const struct resource *resource, const char *subject,
                     struct task *task, void *context)
{
    if (task_failed(task))
        make_due(engine, resource, subject, task, context);
}

void
sources_restart(struct engine *engine)
{
    for (int i = 0; i < SOURCES_RESOURCES; i++) {
        struct source_book *book = &engine->book[sources_resources[i]->source];

        book->disabled = (struct err){0};
        book->epoch_rounds = book->rounds;
        book->round++; /* so that every part counts as not tried */
    }
    sources_each(engine, make_due, NULL);
    engine->is_settled = false;
}

void
sources_retry_failed(struct engine *engine)
{
    sources_each(engine, make_due_when_failed, NULL);
}
