/* thread.h — start a thread that no signal reaches. */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include "core/base.h"

#include <pthread.h>

struct err;

/* Signals belong to the thread that shows the console, so the new one starts with all of them
 * blocked. name (at most 15 bytes) is what `top -H` shows. Caller joins. */
bool thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *context,
                  struct err *err) MUST_CHECK;

/* The calling thread does bulk work: when the processor is short, others, the keyboard's first, go
 * before it. */
void thread_give_way(void);

#endif
