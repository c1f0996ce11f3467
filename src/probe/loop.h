/* loop.h — one thread's waiting: many descriptors and deadlines, one event at a time. */
#ifndef PROBE_LOOP_H
#define PROBE_LOOP_H

#include "core/err.h"

/* What a descriptor waits for, and what came. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_TROUBLE = 4 /* always waited for */ };

/* Owned by whoever waits; must stay where it is until loop_unwatch. Zeroed means not watched. */
struct watch {
    void (*ready)(void *context, unsigned events); /* may unwatch and free anything */
    void *context;
    int fd;
    bool is_on;
};

/* Owned by whoever waits; must stay where it is while it is set. */
struct timer {
    void (*due)(void *context);
    void *context;
    int64_t due_us; /* of clock_mono_us */
    struct timer *next;
    bool is_set;
};

struct loop;

/* Caller frees with loop_close, after everything was unwatched. NULL and err on failure. */
struct loop *loop_open(struct err *err);
void loop_close(struct loop *loop); /* NULL is allowed */

/* Watch fd for LOOP_READ and LOOP_WRITE, or change what is watched for. */
void loop_watch(struct loop *loop, struct watch *watch, int fd, unsigned events);
void loop_unwatch(struct loop *loop, struct watch *watch); /* before closing the descriptor */

void timer_set(struct loop *loop, struct timer *timer, int64_t due_us);
void timer_clear(struct loop *loop, struct timer *timer);

/* Wait for one event or one deadline, and handle it. One at a time, so that a handler may take
 * away any other descriptor without leaving a stale event behind. */
void loop_turn(struct loop *loop);

#endif
