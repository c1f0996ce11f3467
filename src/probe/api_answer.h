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

/* Whether what came from http://HOST/ is a portal's: sent to another host, or a page where the API
 * has none. out: "302 to http://portal.example/". */
bool api_answer_is_portal(const struct http_get *get, const char *host, struct text *out);

/* What the answer's Date says of our own clock: how far it is behind; below 0, ahead. False when it
 * says nothing. */
bool api_answer_clock(const struct http_get *get, int64_t *off_ms);

enum api_clock { API_CLOCK_right, API_CLOCK_off, API_CLOCK_far }; /* H 23: 60 s, 300 s */
enum api_clock api_answer_clock_is(int64_t off_ms);
/* "our clock is 120 s behind the API's". */
void api_answer_add_clock(struct text *out, int64_t off_ms);

#endif
