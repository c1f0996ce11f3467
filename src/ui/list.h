/* list.h — rows described by columns: heading, width, text, order; drawn, sorted, filtered and
 * copied from one table.
 *
 * Rows never move: sorting and filtering make an order of indices. UI thread only. */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "ui/pane.h"

enum align { ALIGN_left, ALIGN_right };

/* One row as columns see it: its data, its index in the slot and what was judged of it. */
struct row {
    const struct frame *frame;
    const void *data; /* a struct pool, job, … */
    size_t index;     /* into the slot and so into the assessment's arrays */
};

struct text;

struct column {
    const char *heading;
    const char *name; /* in filters and the sort menu: "state", "age" */
    int width;        /* cells; 0: shares what is left */
    int priority;     /* 0 stays longest; wide columns give way first when the pane is narrow */
    enum align align;
    void (*show)(struct text *out, const struct row *row);
    enum role (*role)(const struct row *row);               /* NULL: ROLE_text */
    int (*order)(const struct row *a, const struct row *b); /* NULL: by what is shown */
};

struct list {
    const struct column *columns;
    size_t n_columns;
    enum slot slot; /* SLOT_COUNT: rows come from count() and at() */
    size_t (*count)(const struct frame *frame);
    const void *(*at)(const struct frame *frame, size_t index);
    const char *(*id)(const struct row *row);
    enum role (*mark)(
        const struct row *row); /* the glyph in front: ok, warn, fail, stale or info */
    int (*order)(const struct row *a,
                 const struct row *b); /* the pane's own: what is wrong first */
    const char *empty; /* what to say without rows: "no worker pools in this workspace" */
};

/* Draw headings and rows; keeps the selection on its id, moves to the nearest row when that is
 * gone. */
void list_draw(const struct list *list, struct canvas *canvas, struct rect r,
               const struct frame *frame, struct pane_state *state, bool is_focused);

/* Move the selection by rows (page: INT_MIN/INT_MAX for the ends); uses the order of the last
 * drawing. */
void list_move(const struct list *list, const struct frame *frame, struct pane_state *state,
               int by);

/* The data of the selected row, or NULL. */
const void *list_selected(const struct list *list, const struct frame *frame,
                          const struct pane_state *state, size_t *index);

/* Does the row pass the filter? Words are ANDed; "a|b" either; "!x" not; "name:x" in that column;
 * "age>10m". */
bool list_matches(const struct list *list, const struct row *row, const char *filter);

/* All visible rows as tab-separated text with headings, for copying; appended to out until it is
 * full. */
void list_copy(const struct list *list, const struct frame *frame, struct pane_state *state,
               struct text *out);

#endif
