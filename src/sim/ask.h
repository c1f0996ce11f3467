/* ask.h — one small HTTP/1.1 question to a simulator on loopback, for programs that have no HTTP
 * client at hand. */
#ifndef SIM_ASK_H
#define SIM_ASK_H

#include "core/err.h"

struct json;

struct ask_question {
    const char *url;  /* "http://127.0.0.1:PORT" */
    const char *path; /* written as it is: already encoded */
    const char *body; /* JSON for a POST; NULL: a GET */
};

/* The answer's JSON, which the caller frees with json_free. NULL with err: ERR_USAGE for an URL
 * that is none of a simulator, ERR_NET and ERR_TIMEOUT without an answer, ERR_REFUSED with the
 * simulator's own words when its status is not 200, ERR_FORMAT. Waits for some seconds at most. */
struct json *ask_simulator(const struct ask_question *question, struct err *err);

#endif
