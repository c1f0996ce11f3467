#include "api/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "api/http.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/sources.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/log.h"

enum { SHORT_RATE_MS = 2000 }; /* a rate limit this short is waited for, not reported */

struct fetch {
    struct engine *engine;
    const struct resource *resource;
    char subject[FLEET_ID_BYTES];
    char cursor[PAGE_CURSOR_BYTES];
    size_t pages;
    uint32_t attempt;
    bool has_begun;
    int64_t first_ms, sent_ms; /* monotonic: its first request, and the one that is in flight */
    bool is_waiting;           /* nothing is in flight */
    int64_t not_before_ms;     /* monotonic, while it waits */
    struct fetch *next, *previous;
};

int64_t
fetch_backoff_ms(uint32_t attempt, uint32_t *random)
{
    int64_t ms = FETCH_RETRY_MS;

    while (attempt-- > 0 && ms < FETCH_LONGEST_RETRY_MS)
        ms *= 2;
    if (ms > FETCH_LONGEST_RETRY_MS)
        ms = FETCH_LONGEST_RETRY_MS;
    *random = *random * 1664525u + 1013904223u;
    return ms - (int64_t)(*random >> 16) * (ms / 4) / 65536;
}

static bool
may_limit(const struct engine *engine, const struct resource *resource)
{
    for (size_t i = 0; i < engine->n_no_limit; i++)
        if (engine->no_limit[i] == resource)
            return false;
    return true;
}

static void
wait_until(struct fetch *fetch, int64_t not_before_ms)
{
    fetch->not_before_ms = not_before_ms;
    fetch->is_waiting = true;
}

static void
fetch_free(struct fetch *fetch)
{
    if (fetch->previous)
        fetch->previous->next = fetch->next;
    else
        fetch->engine->fetches = fetch->next;
    if (fetch->next)
        fetch->next->previous = fetch->previous;
    free(fetch);
}

static void
end(struct fetch *fetch, const struct err *err, const char *request_id)
{
    struct task *task = fetch->resource->task(&fetch->engine->fleet, fetch->subject);

    if (task)
        task->is_running = false;
    if (err)
        log_line("api", "%s %s: %s%s%s", fetch->resource->what, fetch->subject, err->message,
                 *request_id ? " " : "", request_id);
    sources_conclude(fetch->engine, fetch->resource, fetch->subject, err, request_id);
    fetch_free(fetch);
}

static void answered(void *context, const struct http_answer *answer);

static void
send(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;
    const struct resource *resource = fetch->resource;
    const struct credential *credential = engine_credential(engine, resource, fetch->subject, NULL);
    char path[PAGE_PATH_BYTES], beta[128];
    struct err err = {0};

    if (!page_path(resource, fetch->subject, fetch->cursor, may_limit(engine, resource), path,
                   &err)) {
        end(fetch, &err, "");
        return;
    }
    memcpy(beta, resource->beta, strlen(resource->beta) + 1);
    if (credential->is_provided)
        memcpy(beta + strlen(beta), ",oauth-2025-04-20", sizeof(",oauth-2025-04-20"));
    fetch->is_waiting = false;
    fetch->sent_ms = clock_mono_ms();
    if (!fetch->first_ms)
        fetch->first_ms = fetch->sent_ms;
    budget_spend(engine->budget, fetch->sent_ms);
    http_send(engine->http,
              &(struct http_request){
                  .path = path,
                  .bearer = credential->bearer,
                  .beta = beta,
                  .workspace_id = resource->key == KEY_ENVIRONMENT ? "" : credential->workspace_id,
                  .done = answered,
                  .context = fetch,
              });
}

void
fetch_start(struct engine *engine, const struct choice *choice)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch)
        die("out of memory");
    fetch->engine = engine;
    fetch->resource = choice->resource;
    memcpy(fetch->subject, choice->subject, strlen(choice->subject) + 1);
    choice->task->is_running = true;
    fetch->next = engine->fetches;
    if (fetch->next)
        fetch->next->previous = fetch;
    engine->fetches = fetch;
    send(fetch);
}

/* Success */

static struct reading
start_reading(const struct fetch *fetch, const struct http_answer *answer)
{
    return (struct reading){
        .fleet = &fetch->engine->fleet,
        .subject = fetch->subject,
        .now_ms = answer->sent_ms,
        .offset_ms = skew_ms(&fetch->engine->skew),
        .pages = fetch->pages,
    };
}

static void
take_page(struct fetch *fetch, const struct http_answer *answer)
{
    const struct resource *resource = fetch->resource;
    struct reading reading;
    struct err err = {0};

    fetch->pages++;
    reading = start_reading(fetch, answer);
    if (!fetch->has_begun && resource->begin)
        resource->begin(&reading);
    fetch->has_begun = true;
    if (!page_read(resource, &reading, answer->body, answer->body_bytes, fetch->cursor, &err)) {
        end(fetch, &err, answer->request_id);
        return;
    }
    fetch->attempt = 0;
    if (*fetch->cursor && fetch->pages < resource->most_pages) {
        wait_until(fetch, 0);
        return;
    }
    reading.is_whole = !*fetch->cursor;
    if (resource->complete)
        resource->complete(&reading);
    end(fetch, NULL, "");
}

/* Failure */

static void
refuse_credential(struct engine *engine, struct credential *credential, const struct err *err)
{
    credential->refusal = *err;
    err_context(&credential->refusal, "not asked any more");
    log_line("api", "%s", credential->refusal.message);
    sources_conclude_all(engine, credential, err);
}

/* 401 on a call that this credential was made for. */
static void
judge_refusal(struct fetch *fetch, const struct problem *problem)
{
    struct engine *engine = fetch->engine;
    struct renewal *renewal = NULL;
    struct credential *credential =
        engine_credential(engine, fetch->resource, fetch->subject, &renewal);

    if (fetch->sent_ms < credential->obtained_ms || (renewal && renewal_after_refusal(renewal))) {
        wait_until(fetch, 0); /* there is, or will be, a newer token */
        return;
    }
    if (!credential->refusal.code)
        refuse_credential(engine, credential, &problem->err);
    end(fetch, &problem->err, problem->request_id);
}

/* The class of key that we have does not open this, which does not make it a bad key. */
static bool
is_wrong_class(const struct fetch *fetch, const struct problem *problem)
{
    enum err_code code = problem->err.code;

    if (fetch->resource->key == KEY_ENVIRONMENT)
        return code == ERR_AUTH || code == ERR_FORBIDDEN || code == ERR_GONE;
    return fetch->resource->key == KEY_TUNNELS && engine_tunnels_fall_back(fetch->engine) &&
           (code == ERR_FORBIDDEN || (code == ERR_AUTH && fetch->engine->is_main_accepted));
}

static void
judge_wrong_class(struct fetch *fetch, const struct problem *problem)
{
    struct engine *engine = fetch->engine;
    struct fleet_pool *pool = fleet_pool(&engine->fleet, fetch->subject);
    struct err err = {0};

    if (fetch->resource->key == KEY_ENVIRONMENT) {
        err_set(&err, ERR_FORBIDDEN, "listing work was refused: %.160s", problem->err.message);
        if (pool)
            pool->is_refused = pool->work.is_off = true;
        end(fetch, &err, problem->request_id);
        return;
    }
    err_set(&err, ERR_FORBIDDEN, "%s: %.80s is not enough; it needs a token with %s",
            fetch->resource->what, engine->main->origin, resource_tunnels.scope);
    sources_disable(engine, fetch->resource->source, &err);
    end(fetch, &err, problem->request_id);
}

static void
judge_limit(struct fetch *fetch, const struct problem *problem, const struct http_answer *answer)
{
    struct engine *engine = fetch->engine;
    bool is_spend = problem->err.code == ERR_SPEND;
    int64_t now_ms = clock_mono_ms();

    gate_close(&engine->gate, is_spend ? GATE_SPEND : GATE_RATE, &problem->err,
               answer->retry_after_ms, now_ms);
    engine->service_changed = true;
    if (!is_spend) {
        engine->rate_limited_ms[engine->n_rate_limited++ % ENGINE_RATE_LIMITS] = now_ms;
        engine->rate_limited_until_ms = clock_wall_ms() + engine->gate.until_ms - now_ms;
        engine->slow_until_ms = now_ms + ENGINE_RATE_WINDOW_MS;
    }
    if (!is_spend && engine->gate.until_ms - now_ms <= SHORT_RATE_MS &&
        fetch->attempt++ < FETCH_MOST_RETRIES) {
        wait_until(fetch, engine->gate.until_ms);
        return;
    }
    end(fetch, &problem->err, problem->request_id);
    fetch_abandon_waiting(engine, &problem->err);
    sources_conclude_all(engine, NULL, &problem->err);
}

static bool
is_outage(const struct fetch *fetch, const struct problem *problem)
{
    enum err_code code = problem->err.code;

    return (code == ERR_NET || code == ERR_TIMEOUT || code == ERR_SERVER) &&
           fetch->engine->reachable_ms < fetch->first_ms;
}

/* Retry, or give up; for everybody, when another question confirms that nobody is answered. */
static void
judge_failure(struct fetch *fetch, const struct problem *problem, const struct http_answer *answer)
{
    struct engine *engine = fetch->engine;
    int64_t now_ms = clock_mono_ms(), wait_ms = answer->retry_after_ms;
    bool is_outage_now = is_outage(fetch, problem);
    bool is_list_of_pools = fetch->resource == &resource_environments;

    if (problem->may_retry && engine->gate.reason == GATE_OPEN &&
        fetch->attempt < FETCH_MOST_RETRIES) {
        if (wait_ms <= 0 || wait_ms > FETCH_LONGEST_RETRY_MS)
            wait_ms = fetch_backoff_ms(fetch->attempt, &engine->random);
        fetch->attempt++;
        wait_until(fetch, now_ms + wait_ms);
        return;
    }
    if (problem->reach == PROBLEM_FAMILY && problem->err.code == ERR_BETA)
        sources_disable(engine, fetch->resource->source, &problem->err);
    end(fetch, &problem->err, problem->request_id);
    if (!is_outage_now)
        return;
    gate_close(&engine->gate, GATE_OUTAGE, &problem->err, is_list_of_pools ? -1 : 0, now_ms);
    if (!engine->gate.is_sure)
        return;
    fetch_abandon_waiting(engine, &problem->err);
    sources_conclude_all(engine, NULL, &problem->err);
}

static void
forget_limit(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;

    if (engine->n_no_limit < COUNT_OF(engine->no_limit))
        engine->no_limit[engine->n_no_limit++] = fetch->resource;
    fetch->cursor[0] = '\0';
    wait_until(fetch, 0);
}

static void
judge(struct fetch *fetch, const struct problem *problem, const struct http_answer *answer)
{
    if (problem->names_limit && fetch->resource->limit && may_limit(fetch->engine, fetch->resource))
        forget_limit(fetch);
    else if (is_wrong_class(fetch, problem))
        judge_wrong_class(fetch, problem);
    else if (problem->reach == PROBLEM_CREDENTIAL &&
             (fetch->resource->key != KEY_TUNNELS || !engine_tunnels_fall_back(fetch->engine)))
        judge_refusal(fetch, problem);
    else if (problem->reach == PROBLEM_ALL)
        judge_limit(fetch, problem, answer);
    else
        judge_failure(fetch, problem, answer);
}

static void
note_success(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;
    struct renewal *renewal = NULL;
    const struct credential *credential =
        engine_credential(engine, fetch->resource, fetch->subject, &renewal);

    if (credential == engine->main && fetch->resource->key == KEY_MAIN)
        engine->is_main_accepted = true;
    if (renewal)
        renewal_accepted(renewal);
}

/* What failed because of the outage is due now; what failed alone keeps its own time. */
static void
open_gate(struct engine *engine, bool is_success)
{
    bool was_sure = engine->gate.is_sure;

    if (!gate_answered(&engine->gate, is_success))
        return;
    engine->service_changed = true;
    engine->rate_limited_until_ms = 0;
    if (was_sure)
        sources_retry_failed(engine);
}

static void
answered(void *context, const struct http_answer *answer)
{
    struct fetch *fetch = context;
    struct engine *engine = fetch->engine;
    const struct credential *credential =
        engine_credential(engine, fetch->resource, fetch->subject, NULL);
    struct problem_context about = {
        .what = fetch->resource->what,
        .credential = credential ? credential->origin : "",
        .scope = fetch->resource->scope,
        .is_list = fetch->resource->is_list && !*fetch->subject,
    };
    struct problem problem;
    bool is_success;

    engine_note(engine, answer);
    if (!credential) { /* the pool went while we asked about it */
        fetch_free(fetch);
        return;
    }
    is_success = problem_judge(answer, &about, &problem);
    if (is_success || (answer->status < 500 && answer->status > 0 && answer->status != 429))
        engine->reachable_ms = clock_mono_ms();
    if (engine->reachable_ms >= fetch->sent_ms)
        open_gate(engine, is_success);
    if (!is_success) {
        judge(fetch, &problem, answer);
        return;
    }
    note_success(fetch);
    take_page(fetch, answer);
}

/* Waiting */

bool
fetch_resume(struct engine *engine, int64_t now_ms, int64_t *next_ms)
{
    for (struct fetch *fetch = engine->fetches; fetch; fetch = fetch->next) {
        const struct credential *credential =
            engine_credential(engine, fetch->resource, fetch->subject, NULL);

        if (!fetch->is_waiting || (credential && !credential->refusal.code &&
                                   !credential_is_ready(credential, clock_wall_ms())))
            continue; /* an answer, or a renewal, will wake us */
        if (fetch->not_before_ms > now_ms) {
            *next_ms = fetch->not_before_ms < *next_ms ? fetch->not_before_ms : *next_ms;
            continue;
        }
        if (!credential)
            fetch_free(fetch);
        else if (credential->refusal.code)
            end(fetch, &credential->refusal, "");
        else
            send(fetch);
        return true;
    }
    return false;
}

void
fetch_abandon_waiting(struct engine *engine, const struct err *err)
{
    for (struct fetch *fetch = engine->fetches, *next; fetch; fetch = next) {
        next = fetch->next;
        if (fetch->is_waiting)
            end(fetch, err, "");
    }
}

void
fetch_clear(struct engine *engine)
{
    while (engine->fetches)
        fetch_free(engine->fetches);
}
