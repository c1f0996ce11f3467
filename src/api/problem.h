/* problem.h — what an answer that is not success means: for the program a code and what to do, for
 * the operator one line.
 *
 * Decided by status and error_code, never by the message (facts/management-api.md 1.7, 2). Pure. */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "core/err.h"

struct http_answer;

enum problem_reach { /* what else it stops */
                     PROBLEM_ONE_REQUEST,
                     PROBLEM_FAMILY,     /* this source, until it is asked again much later */
                     PROBLEM_CREDENTIAL, /* whatever uses this credential */
                     PROBLEM_ALL,        /* everything, for a while */
};

struct problem {
    struct err err; /* the line says what and, where known, the way out */
    enum problem_reach reach;
    bool may_retry;      /* the same request may succeed soon */
    bool names_limit;    /* a 400 about the limit parameter */
    char request_id[64]; /* "" */
};

/* What the request was, for the line. */
struct problem_context {
    const char *what;       /* "the list of pools" */
    const char *credential; /* where the one used came from */
    const char *scope;      /* what 403 means is missing: "workspace:developer" */
    bool is_list;           /* so that 404 means the family is not offered */
};

/* True: the answer is a success, and out is not touched. */
bool problem_judge(const struct http_answer *answer, const struct problem_context *context,
                   struct problem *out);

/* The same for the token endpoint, whose bodies must not be quoted. */
bool problem_judge_token(const struct http_answer *answer, struct err *err);

#endif
