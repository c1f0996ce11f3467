/* mailbox.h — answers on their way from the API's thread to ours. */
#ifndef OPS_MAILBOX_H
#define OPS_MAILBOX_H

#include "api/call.h"

struct mailbox;

/* Caller frees with mailbox_free, after api_call_forget. */
struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *mailbox);

/* An api_call_done; context is the mailbox. Any thread. */
void mailbox_put(void *mailbox, uint64_t tag, const struct api_answer *answer);

/* Takes the oldest; its token becomes the caller's. False: there is none. */
bool mailbox_take(struct mailbox *mailbox, uint64_t *tag, struct api_answer *out);

/* Readable while something is in it. Borrowed. */
int mailbox_fd(const struct mailbox *mailbox);

#endif
