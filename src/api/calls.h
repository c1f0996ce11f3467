/* calls.h — the requests of the ops room on the API thread's side: a queue, and what is in flight.
 */
#ifndef API_CALLS_H
#define API_CALLS_H

#include "api/call.h"

struct calls;
struct engine;

/* Caller frees with calls_free, after the thread has ended; what was sent and not answered is
 * `unsure`, what was not sent `unsent`. */
struct calls *calls_new(void);
void calls_free(struct calls *calls);

/* Any thread. */
void calls_add(struct calls *calls, const struct api_call *call);
void calls_forget(struct calls *calls, const void *context);
void calls_hurry(struct calls *calls, const char *pool_id);

/* Readable when calls_take has something to do. Borrowed. */
int calls_fd(const struct calls *calls);

/* The API thread's: take in what came; then send the next that may be sent. False: nothing was
 * sent, and *next_ms (if sooner) says when to look again. */
void calls_take(struct engine *engine);
bool calls_send(struct engine *engine, int64_t now_ms, int64_t *next_ms);
/* Does anything wait to be sent? */
bool calls_wait(const struct calls *calls);

#endif
