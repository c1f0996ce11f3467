#include "api/rounds.h"

#include <string.h>

#include "api/engine.h"
#include "api/schedule.h"
#include "api/sources.h"
#include "core/clock.h"

struct tally {
    size_t parts, ok, failed, tried, pending;
    int64_t oldest_ok_ms, newest_try_ms;
};

static void
count(struct engine *engine, const struct resource *resource, const char *subject,
      struct task *task, void *context)
{
    struct tally *tally = &((struct tally *)context)[resource->source];
    const struct source_book *book = &engine->book[resource->source];

    (void)subject;
    if (tally->parts++ == 0 || task->ok_at_ms < tally->oldest_ok_ms)
        tally->oldest_ok_ms = task->ok_at_ms;
    if (task->tried_at_ms > tally->newest_try_ms)
        tally->newest_try_ms = task->tried_at_ms;
    tally->tried += task->tried_at_ms != 0;
    tally->failed += task_failed(task);
    tally->ok += task->ok_at_ms != 0 && !task_failed(task);
    tally->pending += task->round != book->round;
}

/* The source whose list says what this one consists of; SOURCE_COUNT: none. */
static enum source
parent_of(enum source source)
{
    if (source == SOURCE_stats || source == SOURCE_work)
        return SOURCE_environments;
    return source == SOURCE_certificates ? SOURCE_tunnels : SOURCE_COUNT;
}

static bool
was_tried(const struct source_book *book)
{
    return book->disabled.code || book->rounds > book->epoch_rounds;
}

static double
draw_jitter(struct engine *engine)
{
    engine->random = engine->random * 1664525u + 1013904223u;
    return 0.9 + 0.2 * (double)(engine->random >> 8) / (double)(1u << 24);
}

static void
end_round(struct engine *engine, enum source source, const struct tally *tally)
{
    struct source_book *book = &engine->book[source];
    enum source parent = parent_of(source);
    bool is_empty = tally->parts == 0;

    if (book->disabled.code || tally->pending > 0)
        return;
    if (parent != SOURCE_COUNT && !was_tried(&engine->book[parent]))
        return;
    if (is_empty && book->rounds > book->epoch_rounds)
        return; /* nothing to ask: one round is enough to say so */
    book->rounds++;
    book->round++;
    book->failures = tally->failed ? book->failures + 1 : 0;
    book->jitter = draw_jitter(engine);
}

static void
set_error(struct source_status *status, const struct err *err, const char *request_id)
{
    size_t n = strnlen(err->message, sizeof(status->error) - 1);

    status->code = err->code;
    memcpy(status->error, err->message, n);
    status->error[n] = '\0';
    memcpy(status->request_id, request_id, strnlen(request_id, sizeof(status->request_id) - 1));
}

/* A source without parts is as its parent is. */
static void
follow_parent(struct engine *engine, enum source source, struct source_status *status)
{
    enum source parent = parent_of(source);
    const struct source_status *its;

    status->state = SOURCE_STATE_waiting;
    if (parent == SOURCE_COUNT || !was_tried(&engine->book[parent]))
        return;
    its = &engine->published[parent];
    status->state = its->state;
    status->code = its->code;
    status->ok_at_ms = its->ok_at_ms;
    status->tried_at_ms = its->tried_at_ms;
    memcpy(status->error, its->error, sizeof(status->error));
}

static struct source_status
describe(struct engine *engine, enum source source, const struct tally *tally)
{
    struct source_book *book = &engine->book[source];
    struct source_status status = {
        .state = SOURCE_STATE_ok,
        .ok_at_ms = tally->oldest_ok_ms,
        .tried_at_ms = tally->newest_try_ms,
        .interval_ms = schedule_source_interval_ms(engine, source),
        .failures = book->failures,
        .rounds = book->rounds,
        .parts = (uint32_t)tally->parts,
        .parts_ok = (uint32_t)tally->ok,
    };

    if (book->disabled.code) {
        status.state = SOURCE_STATE_disabled;
        set_error(&status, &book->disabled, "");
    } else if (tally->parts == 0) {
        follow_parent(engine, source, &status);
    } else if (tally->failed > 0) {
        status.state = SOURCE_STATE_error;
        set_error(&status, &book->err, book->request_id);
    } else if (tally->tried == 0) {
        status.state = SOURCE_STATE_waiting;
    }
    if (status.state != SOURCE_STATE_error)
        book->failing_since_ms = 0;
    else if (!book->failing_since_ms)
        book->failing_since_ms = status.tried_at_ms;
    status.failing_since_ms = book->failing_since_ms;
    return status;
}

/* What a side request still has to tell, unless something else holds it back. */
static bool
is_waiting_for_sessions(struct engine *engine)
{
    int64_t now_ms = clock_mono_ms();

    return engine->fleet.wanted > 0 && engine->gate.reason == GATE_OPEN &&
           credential_is_ready(engine->main, clock_wall_ms()) &&
           budget_wait_ms(engine->budget, now_ms) == 0;
}

/* Why there is no key at all. */
static void
explain_no_key(const struct engine *engine, struct err *err)
{
    profile_getenv *getenv = engine->options->getenv;

    for (size_t i = 0; i < engine->fleet.pools.n; i++) {
        const struct fleet_pool *pool = engine->fleet.pools.rows[i];

        if (*pool->work_error) {
            err_set(err, ERR_CONFIG, "%s", pool->work_error);
            return;
        }
    }
    if (profile_variable(getenv, "ANTHROPIC_ENVIRONMENT_KEY") &&
        !profile_variable(getenv, "ANTHROPIC_ENVIRONMENT_ID"))
        err_set(err, ERR_CONFIG,
                "ANTHROPIC_ENVIRONMENT_KEY is set without ANTHROPIC_ENVIRONMENT_ID");
    else
        err_set(err, ERR_CONFIG, "no environment key is configured; jobs come from sessions");
}

/* Whether there is anything to list work with. */
static void
judge_keys(struct engine *engine)
{
    struct source_book *book = &engine->book[SOURCE_work];
    const struct fleet *fleet = &engine->fleet;
    size_t with_key = 0, refused = 0;

    for (size_t i = 0; i < fleet->pools.n; i++) {
        const struct fleet_pool *pool = fleet->pools.rows[i];

        with_key += pool->key->kind != CREDENTIAL_NONE;
        refused += pool->is_refused;
    }
    book->disabled = (struct err){0};
    if (with_key == 0 && was_tried(&engine->book[SOURCE_environments]))
        explain_no_key(engine, &book->disabled);
    else if (with_key > 0 && refused == with_key)
        err_set(&book->disabled, ERR_FORBIDDEN,
                "listing work was refused for every pool; it needs each pool's environment key");
}

void
rounds_update(struct engine *engine)
{
    struct tally tallies[SOURCE_COUNT] = {0};
    bool is_settled = true;

    sources_each(engine, count, tallies);
    for (int i = 0; i < SOURCES_RESOURCES; i++) {
        enum source source = sources_resources[i]->source;

        end_round(engine, source, &tallies[source]);
        if (source == SOURCE_environments)
            judge_keys(engine);
    }
    for (int i = 0; i < SOURCES_RESOURCES; i++) {
        enum source source = sources_resources[i]->source;
        struct source_status status = describe(engine, source, &tallies[source]);

        if (memcmp(&status, &engine->published[source], sizeof(status)) != 0)
            store_source(engine->store, source, &status);
        engine->published[source] = status;
        is_settled = is_settled && was_tried(&engine->book[source]);
    }
    is_settled = is_settled && !is_waiting_for_sessions(engine);
    engine->service_changed |= is_settled != engine->is_settled;
    engine->is_settled = is_settled;
}
