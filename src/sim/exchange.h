/* exchange.h — one request and its answer, without knowing how they travel.
 *
 * A handler reads the request and fills in the answer. It may also ask to be called again later
 * (a poll that blocks), or turn the answer into a stream. */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include "sim/array.h"
#include "sim/buffer.h"
#include "sim/chance.h"

struct json;
struct route;

enum credential_kind {
    CREDENTIAL_NONE,    /* no header at all */
    CREDENTIAL_UNKNOWN, /* nobody issued it, or it was revoked */
    CREDENTIAL_API_KEY, /* or a federated token of workspace:developer */
    CREDENTIAL_ADMIN,
    CREDENTIAL_ENVIRONMENT, /* an environment key */
    CREDENTIAL_SECRET,      /* the token of one work item */
    CREDENTIAL_TUNNELS,     /* a federated token of workspace:manage_tunnels */
    CREDENTIAL_KINDS
};

struct credential {
    enum credential_kind kind;
    char environment_id[SIM_ID_BYTES]; /* ENVIRONMENT, SECRET: what it is bound to */
    char item_id[SIM_ID_BYTES];        /* SECRET */
    char session_id[SIM_ID_BYTES];     /* SECRET */
};

struct pair {
    const char *name, *value;
};

enum { EXCHANGE_QUERIES = 160, EXCHANGE_HEADERS = 16, EXCHANGE_PARTS = 3 };

enum outcome {
    OUTCOME_ANSWER,  /* status, headers, body */
    OUTCOME_WAIT,    /* call the handler again at wait_until_ms, or when something happened */
    OUTCOME_STREAM,  /* status and headers now; the body comes as events happen */
    OUTCOME_RESET,   /* break the connection */
    OUTCOME_SILENCE, /* no answer until the client gives up */
};

struct exchange {
    const void *carrier; /* who carries it: for web.c */

    /* the request; strings are borrowed until the exchange ends */
    const char *method, *path;
    struct pair query[EXCHANGE_QUERIES];
    size_t n_query;
    char *beta; /* all values of anthropic-beta, from however many headers; owned; NULL: none */
    const char *body;
    size_t body_bytes;
    struct json *json; /* the body as JSON; NULL: none */
    bool is_too_large; /* the body, or its announced length; it was not read */

    /* what was found out about it */
    const struct route *route;
    char part[EXCHANGE_PARTS][SIM_ID_BYTES * 2]; /* what the braces of the route's pattern took */
    struct credential credential;
    int64_t begun_ms;      /* monotonic */
    bool is_again;         /* called again after OUTCOME_WAIT */
    bool is_admitted;      /* the gate has let it pass */
    const char *scare;     /* put after error messages; NULL: nothing */
    struct json *prepared; /* the answer that a test prepared (canned.h); owned; NULL: none */

    /* the answer */
    enum outcome outcome;
    int status;
    const char *content_type; /* NULL: none */
    struct buffer answer;
    struct {
        const char *name; /* a constant */
        char *value;
    } headers[EXCHANGE_HEADERS];
    size_t n_headers;
    int64_t wait_until_ms; /* monotonic */
    struct stream *stream;
    bool is_over; /* of a stream: nothing more will come */
    char request_id[SIM_ID_BYTES];
};

/* The value of a header or a query parameter (nth: of those with that name); NULL when absent. */
const char *exchange_header(const struct exchange *x, const char *name);
const char *exchange_query(const struct exchange *x, const char *name);
/* A whole number from the query; false when it is there and is not one from least to most. Absent:
 * true, and *out is untouched. */
bool exchange_query_int(const struct exchange *x, const char *name, int64_t least, int64_t most,
                        int64_t *out);

/* name: a constant. */
void exchange_add_header(struct exchange *x, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Answer with JSON; takes ownership. */
void answer_json(struct exchange *x, int status, struct json *json);
/* Answer without a body. */
void answer_empty(struct exchange *x, int status);
/* Answer with an error envelope (facts/management-api.md 1.7); the type follows from the status. */
void answer_error(struct exchange *x, int status, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with details.error_code. */
void answer_code(struct exchange *x, int status, const char *code, const char *message);
/* The same with whole details; takes ownership. */
void answer_details(struct exchange *x, int status, struct json *details, const char *message);
/* Answer again with the same message, under another error.type than the status suggests. */
void answer_typed_error(struct exchange *x, int status, const char *type, const char *message);
/* Ask to be called again. */
void answer_later(struct exchange *x, int64_t wait_until_ms);
/* An error was answered. */
bool answer_failed(const struct exchange *x);

#endif
