/* call.h — one request of the ops room: sent by the API's thread, under the same budget and with
 * the same credentials as everything else, but before it.
 *
 * What matters most about an answer is whether the effect may have happened: see api_outcome. May
 * be called on any thread. */
#ifndef API_CALL_H
#define API_CALL_H

#include "core/err.h"

struct api;
struct secret;

enum { API_EFFECT_WITHIN_MS = 30000 }; /* until the answer to an effect must be whole */

enum api_call_id {
#define CALL(id, what, method, n_ids, path, beta, key, changes, scope) API_CALL_##id,
#include "api/calls.def"
#undef CALL
    API_CALL_COUNT
};

enum api_outcome {
    API_OUTCOME_ok,       /* 2xx */
    API_OUTCOME_conflict, /* 409: it is already past the state that was asked for */
    API_OUTCOME_gone,     /* 404: it is no longer there */
    API_OUTCOME_refused,  /* any other 4xx: the service said no, and nothing happened */
    API_OUTCOME_later,    /* 429: nothing happened, and the service said when to come back */
    API_OUTCOME_unsent,   /* it never left this host */
    API_OUTCOME_unsure,   /* sent, and no usable answer came (5xx, timeout, reset, garbage): the
                           * effect may have happened */
    API_OUTCOME_COUNT
};

/* Flat, so that it can be copied; but for the token. */
struct api_answer {
    enum api_outcome outcome;
    long status; /* 0: none came */
    struct err err;
    char request_id[64];
    int64_t sent_ms, received_ms; /* wall */
    int64_t retry_after_ms;       /* -1: not said */
    bool has_body;                /* a JSON object came: the next three are of it */
    char state[32];               /* a work item's state, a session's status; "" */
    char session_id[128];         /* of a work item; "" */
    bool is_archived;             /* of a session */
    struct secret *token;         /* of a rotation: owned by whoever takes the answer; else NULL */
};

/* Called exactly once, on the API's thread, unless api_call_forget came first; must be quick. Takes
 * ownership of answer->token. */
typedef void api_call_done(void *context, uint64_t tag, const struct api_answer *answer);

struct api_call {
    enum api_call_id id;
    const char *ids[2]; /* what the path names; "" for none */
    const char *body;   /* a JSON object; "" for GET */
    int64_t within_ms;  /* how long it may wait until it can be sent; then it is `unsent` */
    api_call_done *done;
    void *context;
    uint64_t tag; /* the caller's own number for it */
};

/* Everything in call is copied. An id that cannot stand in a path is `unsent` at once. */
void api_call(struct api *api, const struct api_call *call);

/* After it returns, done is not called with this context any more; requests that were sent go on.
 */
void api_call_forget(struct api *api, const void *context);

/* Ask for this pool's queue and work items as soon as the budget allows. */
void api_hurry(struct api *api, const char *pool_id);

/* "POST /v1/environments/env_1/work/work_1/stop {}", as a plan shows it; written to out. */
struct text;
void api_call_describe(const struct api_call *call, struct text *out);

/* Does it change the world? */
bool api_call_is_effect(enum api_call_id id);

/* "ok" "unsure", for records and tests. */
const char *api_outcome_name(enum api_outcome outcome);

#endif
