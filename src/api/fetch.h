/* fetch.h — one question from its first request to its end: pages, retries, refusals, decoding. */
#ifndef API_FETCH_H
#define API_FETCH_H

#include "api/schedule.h"

enum { FETCH_MOST_RETRIES = 2, FETCH_RETRY_MS = 500, FETCH_LONGEST_RETRY_MS = 8000 };

/* Send the first request. The caller has asked gate, budget and room. */
void fetch_start(struct engine *engine, const struct choice *choice);

/* Send the next request of a fetch that waits, when one is due. False: none is, and *next_ms (if
 * sooner) says when. */
bool fetch_resume(struct engine *engine, int64_t now_ms, int64_t *next_ms);

/* Give up on all that wait, for this reason. */
void fetch_abandon_waiting(struct engine *engine, const struct err *err);
/* Free all, silently; after http_free only, since answers would come to what is gone. */
void fetch_clear(struct engine *engine);

/* Before the attempt-th retry (from 0): doubling, minus up to a quarter. Pure but for *random. */
int64_t fetch_backoff_ms(uint32_t attempt, uint32_t *random);

#endif
