#include "api/calls.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/engine.h"
#include "api/http.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/text.h"

enum { PATH_BYTES = 512, HURRIES = 16, EFFECT_WITHIN_MS = 30000 };

enum changes { CHANGES_none, CHANGES_effect };

static const struct row {
    const char *what, *method;
    size_t n_ids;
    const char *path, *beta;
    enum resource_key key;
    enum changes changes;
    const char *scope;
} rows[] = {
#define CALL(id, what, method, n_ids, path, beta, key, changes, scope)                             \
    [API_CALL_##id] = {what, method, n_ids, path, beta, key, CHANGES_##changes, scope},
#include "api/calls.def"
#undef CALL
};

/* One call on its way; owned by the queue, then by the thread. */
struct request {
    enum api_call_id id;
    char path[PATH_BYTES];
    char *body;         /* NULL: GET */
    int64_t give_up_ms; /* monotonic: not sent by then, it is `unsent` */
    bool is_in_flight, has_renewed;
    api_call_done *done; /* guarded by calls.lock: NULL when it was forgotten */
    void *context;
    uint64_t tag;
    struct engine *engine; /* once it was sent */
    struct request *next;
};

struct calls {
    pthread_mutex_t lock;
    int fd;
    struct request *incoming;            /* guarded by lock; newest first */
    char hurry[HURRIES][FLEET_ID_BYTES]; /* guarded by lock */
    size_t n_hurry;                      /* guarded by lock */
    struct request *taken; /* in the order in which they came; changed by the thread alone, under
                            * lock, and read by it without */
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
request_free(struct request *request)
{
    free(request->body);
    free(request);
}

/* The lock is held while it is called, so that after calls_forget nobody is. */
static void
tell_locked(struct request *request, const struct api_answer *answer)
{
    if (request->done)
        request->done(request->context, request->tag, answer);
    else
        secret_free(answer->token);
}

static void
unlink_taken_locked(struct calls *calls, const struct request *request)
{
    struct request **at = &calls->taken;

    while (*at && *at != request)
        at = &(*at)->next;
    if (*at)
        *at = request->next;
}

static void
conclude(struct calls *calls, struct request *request, const struct api_answer *answer)
{
    log_line("ops", "%s %s: %s%s%s", rows[request->id].method, request->path,
             api_outcome_name(answer->outcome), answer->err.code ? ": " : "",
             answer->err.code ? answer->err.message : "");
    pthread_mutex_lock(&calls->lock);
    tell_locked(request, answer);
    unlink_taken_locked(calls, request);
    pthread_mutex_unlock(&calls->lock);
    request_free(request);
}

static struct api_answer
unsent(const struct err *why)
{
    struct api_answer answer = {.outcome = API_OUTCOME_unsent, .err = *why, .retry_after_ms = -1};

    err_context(&answer.err, "not sent");
    return answer;
}

static void
conclude_unsent(struct calls *calls, struct request *request, const struct err *why)
{
    struct api_answer answer = unsent(why);

    conclude(calls, request, &answer);
}

void
calls_free(struct calls *calls)
{
    struct err ended = {0};

    if (!calls)
        return;
    err_set(&ended, ERR_CANCELLED, "the program ended");
    while (calls->taken || calls->incoming) {
        struct request *request = calls->taken ? calls->taken : calls->incoming;
        struct api_answer unsure = {
            .outcome = API_OUTCOME_unsure, .err = ended, .retry_after_ms = -1};

        if (request == calls->incoming)
            calls->incoming = request->next;
        if (request->is_in_flight)
            conclude(calls, request, &unsure);
        else
            conclude_unsent(calls, request, &ended);
    }
    close(calls->fd);
    pthread_mutex_destroy(&calls->lock);
    free(calls);
}

/* Ids come from the service, and may stand in a path only when they cannot change it. */
static bool
is_path_part(const char *id)
{
    for (const char *c = id; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
            return false;
    return strcmp(id, ".") != 0 && strcmp(id, "..") != 0 && strlen(id) < FLEET_ID_BYTES;
}

/* False when the path would not name what it should: an empty id reaches the collection. */
static bool
make_path(const struct api_call *call, char path[PATH_BYTES])
{
    const char *format = rows[call->id].path;
    size_t n = 0, nth = 0;

    for (size_t i = 0; i < rows[call->id].n_ids; i++)
        if (!*call->ids[i] || !is_path_part(call->ids[i]))
            return false;
    for (; *format && n < PATH_BYTES - FLEET_ID_BYTES; format++)
        if (*format == '%') {
            n += (size_t)snprintf(path + n, PATH_BYTES - n, "%s", call->ids[nth++]);
            format++;
        } else {
            path[n++] = *format;
        }
    path[n] = '\0';
    return true;
}

void
api_call_describe(const struct api_call *call, struct text *out)
{
    char path[PATH_BYTES];

    if (make_path(call, path))
        text_addf(out, "%s %s%s%s", rows[call->id].method, path, *call->body ? " " : "",
                  call->body);
    else
        text_addf(out, "%s: no id to ask about", rows[call->id].what);
}

void
calls_add(struct calls *calls, const struct api_call *call)
{
    struct request *request = calloc(1, sizeof(*request));
    struct err err = {0};

    if (!request)
        die("out of memory");
    *request = (struct request){.id = call->id,
                                .give_up_ms = clock_mono_ms() + call->within_ms,
                                .done = call->done,
                                .context = call->context,
                                .tag = call->tag};
    if (strcmp(rows[call->id].method, "POST") == 0 &&
        !(request->body = strdup(*call->body ? call->body : "{}")))
        die("out of memory");
    if (!make_path(call, request->path)) {
        struct api_answer answer;

        err_set(&err, ERR_FORMAT, "%s: \"%.40s\" cannot stand in a path", rows[call->id].what,
                call->ids[0]);
        answer = unsent(&err);
        pthread_mutex_lock(&calls->lock);
        tell_locked(request, &answer); /* the list of those that were taken is the other thread's */
        pthread_mutex_unlock(&calls->lock);
        request_free(request);
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
    for (struct request *r = calls->incoming; r; r = r->next)
        if (r->context == context)
            r->done = NULL;
    for (struct request *r = calls->taken; r; r = r->next)
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

bool
calls_wait(const struct calls *calls)
{
    for (const struct request *r = calls->taken; r; r = r->next)
        if (!r->is_in_flight)
            return true;
    return false;
}

/* --- the API's thread --- */

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
    struct request *came, **end = &calls->taken, *in_order = NULL;
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
        struct request *next = came->next;

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

static struct credential *
credential_of(struct engine *engine, const struct request *request, struct renewal **renewal)
{
    const struct resource like = {.key = rows[request->id].key};

    return engine_credential(engine, &like, "", renewal);
}

static enum api_outcome
outcome_of(const struct http_answer *answer)
{
    if (answer->status == 0)
        return answer->is_unsent ? API_OUTCOME_unsent : API_OUTCOME_unsure;
    if (answer->status >= 200 && answer->status < 300)
        return API_OUTCOME_ok;
    if (answer->status == 409)
        return API_OUTCOME_conflict;
    if (answer->status == 404)
        return API_OUTCOME_gone;
    if (answer->status == 429)
        return API_OUTCOME_later;
    if (answer->status == 408 || answer->status == 499)
        return API_OUTCOME_unsure;
    return answer->status >= 400 && answer->status < 500 ? API_OUTCOME_refused : API_OUTCOME_unsure;
}

static void
keep_word(char *out, size_t size, const char *s)
{
    text_clean(out, size, s, strlen(s));
}

static void
read_token(const struct json *body, struct api_answer *out)
{
    const char *token = json_string(body, "tunnel_token", "");

    out->token = secret_new(token, strlen(token), "the new token", &out->err);
    if (!out->token)
        out->outcome = API_OUTCOME_unsure;
}

/* 204 has no body, which is a success (facts 5.8); a body that is no JSON object is not. */
static void
read_body(const struct request *request, const struct http_answer *answer, struct api_answer *out)
{
    struct json *body;
    const char *word = request->id == API_CALL_session ? "status" : "state";

    if (answer->body_bytes == 0 && request->id != API_CALL_rotate && request->body)
        return;
    body = json_parse(answer->body, answer->body_bytes, NULL);
    out->has_body = json_is_object(body);
    if (!out->has_body) {
        out->outcome = API_OUTCOME_unsure;
        err_set(&out->err, ERR_FORMAT, "%s: an answer that is no JSON object",
                rows[request->id].what);
    } else if (request->id == API_CALL_rotate) {
        read_token(body, out);
    } else {
        keep_word(out->state, sizeof(out->state), json_string(body, word, ""));
        keep_word(out->session_id, sizeof(out->session_id),
                  json_string(json_get(body, "data"), "id", ""));
        out->is_archived = !json_is_null(json_get(body, "archived_at"));
    }
    json_free(body);
}

static void
judge(struct request *request, const struct http_answer *answer, const char *origin,
      struct api_answer *out)
{
    struct problem problem = {0};
    struct problem_context about = {
        .what = rows[request->id].what, .credential = origin, .scope = rows[request->id].scope};

    *out = (struct api_answer){.outcome = outcome_of(answer),
                               .status = answer->status,
                               .sent_ms = answer->sent_ms,
                               .received_ms = answer->received_ms,
                               .retry_after_ms = answer->retry_after_ms};
    memcpy(out->request_id, answer->request_id, sizeof(out->request_id));
    if (out->outcome == API_OUTCOME_ok)
        read_body(request, answer, out);
    else if (!problem_judge(answer, &about, &problem))
        out->err = problem.err;
    if (out->outcome == API_OUTCOME_unsent)
        err_context(&out->err, "not sent");
}

/* A limit stops everything that is asked, not only us. */
static void
note_limit(struct engine *engine, const struct api_answer *answer)
{
    int64_t now_ms = clock_mono_ms();

    gate_close(&engine->gate, answer->err.code == ERR_SPEND ? GATE_SPEND : GATE_RATE, &answer->err,
               answer->retry_after_ms, now_ms);
    engine->slow_until_ms = now_ms + ENGINE_RATE_WINDOW_MS;
    engine->service_changed = true;
}

static void
answered(void *context, const struct http_answer *from)
{
    struct request *request = context;
    struct engine *engine = request->engine;
    struct renewal *renewal = NULL;
    const struct credential *credential = credential_of(engine, request, &renewal);
    struct api_answer answer;

    engine_note(engine, from);
    request->is_in_flight = false;
    /* refused, so it did not happen: a token that is renewed may try again, once */
    if (from->status == 401 && renewal && !request->has_renewed && renewal_after_refusal(renewal)) {
        request->has_renewed = true;
        return;
    }
    judge(request, from, credential->origin, &answer);
    if (answer.outcome == API_OUTCOME_later)
        note_limit(engine, &answer);
    else if (from->status > 0 && from->status < 500)
        gate_answered(&engine->gate, answer.outcome == API_OUTCOME_ok);
    if (answer.outcome == API_OUTCOME_ok && renewal)
        renewal_accepted(renewal);
    conclude(engine->calls, request, &answer);
}

/* Reads are as patient as all others. */
static int64_t
within_ms(const struct engine *engine, const struct row *row)
{
    if (row->changes != CHANGES_effect)
        return 0;
    return engine->options->effect_within_ms > 0 ? engine->options->effect_within_ms
                                                 : EFFECT_WITHIN_MS;
}

static void
send(struct engine *engine, struct request *request, const struct credential *credential)
{
    const struct row *row = &rows[request->id];
    char beta[128];

    snprintf(beta, sizeof(beta), "%s%s", row->beta,
             credential->is_provided ? ",oauth-2025-04-20" : "");
    request->engine = engine;
    request->is_in_flight = true;
    budget_spend(engine->budget, clock_mono_ms());
    http_send(engine->http, &(struct http_request){.path = request->path,
                                                   .bearer = credential->bearer,
                                                   .beta = beta,
                                                   .workspace_id = credential->workspace_id,
                                                   .body = request->body,
                                                   .is_effect = row->changes == CHANGES_effect,
                                                   .within_ms = within_ms(engine, row),
                                                   .done = answered,
                                                   .context = request});
}

/* Why it cannot be sent now; false when it can. `wait`: it may become possible by itself. */
static bool
is_held(struct engine *engine, const struct credential *credential, bool *may_wait, struct err *why)
{
    *may_wait = false;
    if (credential->kind == CREDENTIAL_NONE)
        return !err_set(why, ERR_CONFIG, "there is no credential for it");
    if (credential->refusal.code) {
        *why = credential->refusal;
        return true;
    }
    *may_wait = true;
    if (!credential_is_ready(credential, clock_wall_ms()))
        return !err_set(why, ERR_AUTH, "the credential could not be obtained in time");
    if (!gate_admits(&engine->gate, http_in_flight(engine->http), clock_mono_ms())) {
        *why = engine->gate.err;
        return true;
    }
    if (budget_wait_ms(engine->budget, clock_mono_ms()) > 0 || !http_has_room(engine->http))
        return !err_set(why, ERR_LIMIT, "the request budget was used up for too long");
    return false;
}

bool
calls_send(struct engine *engine, int64_t now_ms, int64_t *next_ms)
{
    for (struct request *r = engine->calls->taken, *next; r; r = next) {
        const struct credential *credential = credential_of(engine, r, NULL);
        bool may_wait = false;
        struct err why = {0};

        next = r->next;
        if (r->is_in_flight)
            continue;
        if (!is_held(engine, credential, &may_wait, &why)) {
            send(engine, r, credential);
            return true;
        }
        if (!may_wait || now_ms >= r->give_up_ms)
            conclude_unsent(engine->calls, r, &why);
        else if (r->give_up_ms < *next_ms)
            *next_ms = r->give_up_ms;
    }
    return false;
}

bool
api_call_is_effect(enum api_call_id id)
{
    return rows[id].changes == CHANGES_effect;
}

const char *
api_outcome_name(enum api_outcome outcome)
{
    static const char *const names[API_OUTCOME_COUNT] = {
        [API_OUTCOME_ok] = "ok",         [API_OUTCOME_conflict] = "conflict",
        [API_OUTCOME_gone] = "gone",     [API_OUTCOME_refused] = "refused",
        [API_OUTCOME_later] = "later",   [API_OUTCOME_unsent] = "unsent",
        [API_OUTCOME_unsure] = "unsure",
    };

    return names[outcome];
}
