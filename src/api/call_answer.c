#include "api/call_answer.h"

#include <string.h>

#include "api/call_row.h"
#include "api/http.h"
#include "api/problem.h"
#include "core/json.h"
#include "core/secret.h"
#include "core/text.h"

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
read_body(enum api_call_id id, const struct http_answer *answer, struct api_answer *out)
{
    struct json *body;
    const char *word = id == API_CALL_session ? "status" : "state";

    if (answer->body_bytes == 0 && id != API_CALL_rotate && call_row(id)->is_effect)
        return;
    body = json_parse(answer->body, answer->body_bytes, NULL);
    out->has_body = json_is_object(body);
    if (!out->has_body) {
        out->outcome = API_OUTCOME_unsure;
        err_set(&out->err, ERR_FORMAT, "%s: an answer that is no JSON object", call_row(id)->what);
    } else if (id == API_CALL_rotate) {
        read_token(body, out);
    } else {
        keep_word(out->state, sizeof(out->state), json_string(body, word, ""));
        keep_word(out->session_id, sizeof(out->session_id),
                  json_string(json_get(body, "data"), "id", ""));
        out->is_archived = !json_is_null(json_get(body, "archived_at"));
    }
    json_free(body);
}

void
call_answer_judge(enum api_call_id id, const struct http_answer *answer, const char *origin,
                  struct api_answer *out)
{
    const struct call_row *row = call_row(id);
    struct problem problem = {0};
    struct problem_context about = {.what = row->what, .credential = origin, .scope = row->scope};

    *out = (struct api_answer){.outcome = outcome_of(answer),
                               .status = answer->status,
                               .sent_ms = answer->sent_ms,
                               .received_ms = answer->received_ms,
                               .retry_after_ms = answer->retry_after_ms};
    memcpy(out->request_id, answer->request_id, sizeof(out->request_id));
    if (out->outcome == API_OUTCOME_ok)
        read_body(id, answer, out);
    else if (!problem_judge(answer, &about, &problem))
        out->err = problem.err;
    if (out->outcome == API_OUTCOME_unsent)
        err_context(&out->err, "not sent");
}

struct api_answer
call_answer_unsent(const struct err *why)
{
    struct api_answer answer = {.outcome = API_OUTCOME_unsent, .err = *why, .retry_after_ms = -1};

    err_context(&answer.err, "not sent");
    return answer;
}
