/* owner.h — which process works on an op, and whether it still runs.
 *
 * Known by the boot of the host, its pid and when it started, so that a pid that was used again is
 * nobody's. A process in a container that cannot be seen from here counts as gone. Any thread. */
#ifndef HISTORY_OWNER_H
#define HISTORY_OWNER_H

#include "core/base.h"

enum { OWNER_BOOT_BYTES = 40 };

struct owner {
    char boot[OWNER_BOOT_BYTES]; /* "" when the system does not say */
    int64_t pid;                 /* 0: nobody */
    int64_t started;             /* in ticks since that boot; 0: not known */
};

/* This process, now. */
struct owner owner_self(void);
bool owner_is(const struct owner *a, const struct owner *b);
/* Does it run? Nobody does not. When its start cannot be read, its pid decides. */
bool owner_is_alive(const struct owner *owner);

#endif
