/* inbox.h — answers on their way from the API's thread to ours. */
#ifndef OPS_INBOX_H
#define OPS_INBOX_H

#include "api/call.h"

struct inbox;

/* Caller frees with inbox_free, after api_call_forget. */
struct inbox *inbox_new(void);
void inbox_free(struct inbox *inbox);

/* An api_call_done; context is the inbox. Any thread. */
void inbox_put(void *inbox, uint64_t tag, const struct api_answer *answer);

/* Takes the oldest; its token becomes the caller's. False: there is none. */
bool inbox_take(struct inbox *inbox, uint64_t *tag, struct api_answer *out);

/* Readable while something is in it. Borrowed. */
int inbox_fd(const struct inbox *inbox);

#endif
