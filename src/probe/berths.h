/* berths.h — how many measurements run at once: as many as this process may open files for.
 *
 * Whoever finds none waits his turn: running out of descriptors would look like a fault of the
 * network. One thread's. */
#ifndef PROBE_BERTHS_H
#define PROBE_BERTHS_H

#include "probe/loop.h"

struct berths;

/* Embedded by whoever needs one; zeroed before the first time. */
struct berth {
    void (*granted)(void *context); /* after waiting: from the loop, never from within */
    void *context;
    /* private */
    struct timer turn;
    struct berth *next;
    bool is_held, is_waiting;
};

/* Caller frees with berths_close, after all were given back. */
struct berths *berths_open(struct loop *loop);
void berths_close(struct berths *berths); /* NULL is allowed */

/* True: it is taken. False: it will be granted. berths may be NULL, and then there are enough. */
bool berth_take(struct berths *berths, struct berth *berth);
/* Give it back, or wait no longer; nothing when it is neither. */
void berth_give(struct berths *berths, struct berth *berth);

/* Is it this process (EMFILE) or this host (ENFILE) that may open no more files just now? */
bool berths_lack_files(int *error);

#endif
