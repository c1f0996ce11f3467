/* fetch.h — one HTTP request of a test, over loopback, with a deadline. */
#ifndef AID_FETCH_H
#define AID_FETCH_H

#include "core/base.h"

struct fetch {
    const char *method;         /* NULL: GET */
    const char *body;           /* NULL: none */
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    int64_t timeout_ms;         /* 0: 5000 */
};

struct fetched {
    int status;    /* 0: no answer */
    char *body;    /* never NULL */
    char *headers; /* as received, each ending in \r\n; never NULL */
};

/* Caller frees with fetched_free. options may be NULL. */
struct fetched fetch(const char *url, const struct fetch *options);
/* Of base and path together. */
struct fetched fetch_at(const char *base, const char *path);
void fetched_free(struct fetched *fetched);

#endif
