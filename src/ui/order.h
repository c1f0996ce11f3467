/* order.h — which rows of a list are shown, and in which order: made when something it depends on
 * changed, kept between pictures. UI thread only. */
#ifndef UI_ORDER_H
#define UI_ORDER_H

#include "ui/filter.h"

struct held;

struct order {
    uint32_t *all;   /* every row, sorted: indices into the slot */
    uint32_t *shown; /* those that pass the filter, in the same order */
    uint32_t *spare; /* for merging */
    size_t n_all, n_shown, room;
    struct filter filter;
    uint32_t blank; /* bit i: column i says nothing in all rows that are shown */

    /* what it was made from */
    const struct list *list;
    uint64_t version;
    int64_t assessed_ms;
    int sort_column;
    bool is_inverted;
    char typed[FILTER_BYTES];

    struct held *held; /* the order to keep to (held.h); NULL: it is free */
    uint32_t *rank;    /* while it is held: of each index, where it stood */
};

/* Bring state->order up to date; while state->is_held rows keep their places and new ones go to the
 * end. True when the filter changed, so that the first match wants to be
 * seen. Costs nothing when nothing changed, and little when little did. */
bool order_update(const struct list *list, const struct frame *frame, struct pane_state *state);

/* The row at a position of what is shown. */
struct row order_row(const struct order *order, const struct frame *frame, size_t position);

/* The position of the row with this id, looked for near `hint` first; -1 when it is not shown. */
int order_find(const struct order *order, const struct frame *frame, const char *id, int hint);

#endif
