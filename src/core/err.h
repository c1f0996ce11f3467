/* err.h — why something failed: a code for the program, one line for the operator. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include "core/base.h"

/* Codes exist for decisions (retry? stop? whose mistake?); the message is for people. */
enum err_code {
    ERR_NONE,
    ERR_USAGE,     /* the command line is wrong */
    ERR_CONFIG,    /* the configuration or a credential's source is wrong */
    ERR_IO,        /* a file or a local resource */
    ERR_NET,       /* no answer: name, connection, TLS */
    ERR_TIMEOUT,   /* no answer in time */
    ERR_AUTH,      /* 401: this credential must not be used again */
    ERR_FORBIDDEN, /* 403: the credential lacks a scope */
    ERR_BETA,      /* the service does not offer this family to us */
    ERR_GONE,      /* 404 */
    ERR_RATE,      /* 429 with retry-after */
    ERR_SPEND,     /* 429 or 402: a spend cap; waiting does not help soon */
    ERR_SERVER,    /* 5xx, 529 */
    ERR_REFUSED,   /* any other 4xx */
    ERR_FORMAT,    /* an answer that is not what the interface promises */
    ERR_LIMIT,     /* something from outside was larger than we accept */
    ERR_CANCELLED, /* we stopped it ourselves */
};

enum { ERR_MESSAGE_BYTES = 320 };

struct err {
    enum err_code code;
    char message[ERR_MESSAGE_BYTES]; /* one line, lower case, no full stop, never a secret */
};

/* Fill err (may be NULL) and return false, so that a failing line is one statement. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Put where it happened before the message, "work[3]: id: not a string"; returns false. */
bool err_context(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
