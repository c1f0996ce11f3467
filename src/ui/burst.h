/* burst.h — is this typing, or a paste from a terminal that does not mark one? Pure.
 *
 * facts/tui.md §3b: more than 8 keys within 20 ms. A key that repeats, held down behind a line that
 * stalls, arrives in bursts too and is no paste. */
#ifndef UI_BURST_H
#define UI_BURST_H

#include "core/base.h"

enum { BURST_KEYS = 8, BURST_MS = 20 };

struct burst {
    struct {
        int key;
        int64_t at_ms;
    } last[BURST_KEYS]; /* a ring: what came before */
    size_t next;
};

/* These n keys were read at mono_ms: were they, with what came just before, pasted? */
bool burst_is_paste(struct burst *burst, const int *keys, size_t n, int64_t mono_ms);

#endif
