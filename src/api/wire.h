/* wire.h — what a request says beyond its path: header lines and a body. The only place where a
 * secret gets into either. */
#ifndef API_WIRE_H
#define API_WIRE_H

#include "core/base.h"

struct http_request;

enum { WIRE_HEADERS = 8 };

struct wire {
    char *headers[WIRE_HEADERS]; /* "name: value" */
    size_t n;
    char *body; /* NULL: none */
};

/* version: of the service (anthropic-version). Caller releases with wire_clear. */
void wire_init(struct wire *wire, const struct http_request *request, const char *version);

/* Wipes what it frees. May be called twice. */
void wire_clear(struct wire *wire);

#endif
