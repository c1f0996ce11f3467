#include "api/call_send.h"

#include <stdio.h>

#include "api/call_answer.h"
#include "api/call_row.h"
#include "api/calls.h"
#include "api/engine.h"
#include "api/http.h"
#include "core/clock.h"

static struct credential *
credential_of(struct engine *engine, const struct call_request *request, struct renewal **renewal)
{
    const struct resource like = {.key = call_row(request->id)->key};

    return engine_credential(engine, &like, "", renewal);
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
    struct call_request *request = context;
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
    call_answer_judge(request->id, from, credential->origin, &answer);
    if (answer.outcome == API_OUTCOME_later)
        note_limit(engine, &answer);
    else if (from->status > 0 && from->status < 500)
        gate_answered(&engine->gate, answer.outcome == API_OUTCOME_ok);
    if (answer.outcome == API_OUTCOME_ok && renewal)
        renewal_accepted(renewal);
    calls_conclude(engine->calls, request, &answer);
}

/* Reads are as patient as all others. */
static int64_t
within_ms(const struct engine *engine, const struct call_row *row)
{
    if (!row->is_effect)
        return 0;
    return engine->options->effect_within_ms > 0 ? engine->options->effect_within_ms
                                                 : API_EFFECT_WITHIN_MS;
}

static void
send(struct engine *engine, struct call_request *request, const struct credential *credential)
{
    const struct call_row *row = call_row(request->id);
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
                                                   .is_effect = row->is_effect,
                                                   .within_ms = within_ms(engine, row),
                                                   .done = answered,
                                                   .context = request});
}

/* Why it cannot be sent now; false when it can. may_wait: it may become possible by itself. */
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
call_send(struct engine *engine, int64_t now_ms, int64_t *next_ms)
{
    for (struct call_request *r = calls_taken(engine->calls), *next; r; r = next) {
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
            calls_conclude_unsent(engine->calls, r, &why);
        else if (r->give_up_ms < *next_ms)
            *next_ms = r->give_up_ms;
    }
    return false;
}
