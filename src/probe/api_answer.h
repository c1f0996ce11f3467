/* api_answer.h — whether an HTTP answer really came from the management API, seen without
 * credentials. */
#ifndef PROBE_API_ANSWER_H
#define PROBE_API_ANSWER_H

#include "probe/fault.h"

struct http_get;

/* The judgement of facts/connectivity.md G1 and H 23, 29 to 34: the API answers JSON with a
 * request-id that starts with "req_", 401 when no credential was sent. fault: SIGNAL_none when it
 * is genuine. note[0..size): what was seen, clean, added after what stands there. */
void api_answer_judge(const struct http_get *get, struct fault *fault, char *note, size_t size);

#endif
