/* task.h — one question that is asked again and again: when it is due, and how it went. */
#ifndef API_TASK_H
#define API_TASK_H

#include "core/base.h"

struct task {
    int64_t due_ms;      /* monotonic; 0: at once */
    int64_t ok_at_ms;    /* wall: when the last good answer came; 0: never */
    int64_t tried_at_ms; /* wall: when the last attempt ended; 0: never */
    uint32_t failures;   /* in a row */
    uint32_t round;      /* the source's round in which it was last concluded; 0: none */
    bool is_running;
    bool is_off; /* not to be asked: what it asks for is refused or gone */
};

static inline bool
task_failed(const struct task *task)
{
    return task->failures > 0;
}

#endif
