/* op_watch.h — what changed about ops and arming since the last look, told to the events and to the
 * operator. UI thread only. */
#ifndef UI_OP_WATCH_H
#define UI_OP_WATCH_H

#include "model/op.h"

struct console;

enum { FORGOTTEN_MOST = 8, CONFIRMED_MOST = 8 };

struct op_watch {
    uint64_t version; /* of the slot, when it was last looked at */
    bool has_looked;
    struct seen_op *seen; /* owned */
    size_t n_seen;
    uint64_t forgotten[FORGOTTEN_MOST]; /* tickets of plans that nobody waits for; 0: free */
    char confirmed[CONFIRMED_MOST][OP_ID_BYTES]; /* plans, with one word; "": free */
    bool is_armed;
};

/* Compare with the last look. */
void op_watch_look(struct console *console);
/* The plan with this ticket is dismissed as soon as it is there. */
void op_watch_forget(struct op_watch *watch, uint64_t ticket);
/* That plan was confirmed with one word; when it takes a second one after all, it is shown again.
 */
void op_watch_confirmed(struct op_watch *watch, const char *op_id);
void op_watch_free(struct op_watch *watch);

#endif
