/* marks.h — the rows an operator marked, by identity, so that they survive refreshes, filters and
 * sorting. UI thread only. */
#ifndef UI_MARKS_H
#define UI_MARKS_H

#include "core/base.h"

enum { MARK_ID_BYTES = 128, MARKS_MOST = 1000 };

struct marks {
    char (*ids)[MARK_ID_BYTES]; /* owned; marks_clear frees */
    size_t n;
};

bool marks_has(const struct marks *marks, const char *id);
/* Mark it, or take its mark away; false when there are as many as there may be. */
bool marks_toggle(struct marks *marks, const char *id);
void marks_remove(struct marks *marks, size_t i);
void marks_clear(struct marks *marks);

#endif
