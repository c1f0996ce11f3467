/* columns.h — which columns of a list fit into a width, and where. Pure. UI thread only. */
#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include "ui/list.h"

enum { MARK_CELLS = 2, MOST_COLUMNS = 24 };

struct place {
    const struct column *column;
    int x, w;
};

struct columns {
    struct place place[MOST_COLUMNS];
    size_t n;
    int gap;
};

/* The least important give way, what is left over is shared. The first column stays; `shift` leaves
 * out so many after it; `blank` has a bit for each that says nothing. */
struct columns columns_fit(const struct list *list, int width, int shift, uint32_t blank);

#endif
