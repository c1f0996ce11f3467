/* calls.h — the requests of the ops room on the API thread's side: a queue, and what is in flight.
 */
#ifndef API_CALLS_H
#define API_CALLS_H

#include "api/call_row.h"

struct calls;
struct engine;

/* One call on its way; owned by the queue. */
struct call_request {
    enum api_call_id id;
    char path[CALL_PATH_BYTES];
    char *body;         /* NULL: GET */
    int64_t give_up_ms; /* monotonic: not sent by then, it is `unsent` */
    bool is_in_flight, has_renewed;
    api_call_done *done; /* guarded by the queue's lock: NULL when it was forgotten */
    void *context;
    uint64_t tag;
    struct engine *engine; /* once it was sent */
    struct call_request *next;
};

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

/* The rest is for the API's thread. Take in what came. */
void calls_take(struct engine *engine);
/* The first of those that were taken, in the order in which they came; NULL. */
struct call_request *calls_taken(const struct calls *calls);
/* Does anything wait to be sent? */
bool calls_wait(const struct calls *calls);

/* Tell whoever asked; the request is freed. */
void calls_conclude(struct calls *calls, struct call_request *request,
                    const struct api_answer *answer);
void calls_conclude_unsent(struct calls *calls, struct call_request *request,
                           const struct err *why);

#endif
