/* check_watch.h — checks whose verdict, or failing stage, is another than at the last look, told to
 * the events. UI thread only. */
#ifndef UI_CHECK_WATCH_H
#define UI_CHECK_WATCH_H

#include "ui/events.h"

enum {
    CHECKS_TOLD = 4
}; /* of those that change at once; of more the worst is told and their number */

struct check_watch {
    uint64_t version;        /* of the slot, when it was last looked at */
    struct seen_check *seen; /* owned */
    size_t n_seen;
};

/* Compare with the last look. A check that is new, or was never measured before, is no news. */
void check_watch_look(struct check_watch *watch, const struct snapshot *snapshot,
                      struct events *events, int64_t now_ms);
void check_watch_free(struct check_watch *watch);

#endif
