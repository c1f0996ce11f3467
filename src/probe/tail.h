/* tail.h — follow a file that somebody else writes: from its last kilobytes on, through rotation
 * and truncation. */
#ifndef PROBE_TAIL_H
#define PROBE_TAIL_H

#include <sys/types.h>

#include "core/err.h"
#include "probe/lines.h"

enum {
    TAIL_FIRST_BYTES = 64 * 1024, /* read of what is there already */
    TAIL_MOST_BYTES = 1024 * 1024 /* read at one look; of a flood only the end counts */
};

struct tail {
    const char *path;   /* borrowed */
    struct lines lines; /* the owner sets line and context */
    bool is_old;        /* while lines are read that were there before the first look */
    /* private */
    bool is_open, has_looked;
    int fd;
    off_t at;
    dev_t device;
    ino_t inode;
};

/* Read what was added since the last look; never waits. False and err when the file is not there,
 * cannot be read, or is no regular file; a later look tries again. */
bool tail_look(struct tail *tail, struct err *err) MUST_CHECK;
void tail_close(struct tail *tail);

#endif
