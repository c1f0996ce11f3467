/* capture.h — what a program prints, all of it, heard in the loop. */
#ifndef PROBE_CAPTURE_H
#define PROBE_CAPTURE_H

#include "core/err.h"
#include "probe/loop.h"

struct child;

enum { CAPTURE_WITHIN_MS = 5000 }; /* as long as a whole sweep may take */

/* The owner fills the first part, zeroes the rest, and keeps it where it is until stop. */
struct capture {
    const char *const *argv; /* NULL-terminated, no shell; borrowed */
    size_t most_bytes;       /* more is an error */
    struct loop *loop;
    void (*done)(void *context); /* from the loop, never from within */
    void *context;
    /* what it printed the last time; borrowed until the next start */
    const char *bytes;
    size_t n;
    struct err why; /* why there is nothing; ERR_NONE otherwise */
    /* private */
    struct child *child;
    struct watch watch;
    struct timer late;
};

void capture_start(struct capture *capture); /* not while it runs */
void capture_stop(struct capture *capture);  /* ends the program, forgets what it printed */

#endif
