/* list.h — rows described by columns: heading, width, text, number; drawn, sorted, filtered and
 * copied from one table.
 *
 * Rows never move: sorting and filtering make an order of indices (order.h). UI thread only. */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "ui/pane.h"

struct text;

/* One row as columns see it: its data, its index in the slot and what was judged of it. */
struct row {
    const struct frame *frame;
    const void *data; /* a struct pool, job, … */
    size_t index;     /* into the slot and so into the assessment's arrays */
};

#define LIST_UNKNOWN INT64_MIN /* a number that is not known: shown as —, ordered last */

enum unit {
    UNIT_none,  /* text: left-aligned, ordered as words */
    UNIT_count, /* "depth>=5" */
    UNIT_ms,    /* a duration: "age>10m" */
    UNIT_us,    /* a latency: "tls>200ms" */
    UNIT_cents, /* "cost>1.50" */
    UNIT_parts, /* out of 1000, shown in percent: "loss>5" */
};

/* A column shows `text`, or `value` in its unit, or what `show` writes. A number is right-aligned,
 * so that one digit is one cell. */
struct column {
    const char *heading;
    const char *name;  /* in filters and the sort menu: "state", "age" */
    int width, widest; /* cells; it grows to the widest when there is room, if that is more */
    int priority;      /* 0 stays longest; the highest give way first when the pane is narrow */
    enum unit unit;
    bool may_be_blank; /* "" means that there is nothing, not that it is unknown; the column gives
                        * way while all rows are blank. Needs text */
    bool keeps_end;    /* a name: it is cut in the middle */
    const char *(*text)(const struct row *row); /* borrowed; "" is unknown. Bare words of a filter
                                                 * look here only */
    const struct series *(*trend)(const struct row *row); /* drawn as a sparkline */
    int64_t (*value)(const struct row *row);              /* LIST_UNKNOWN */
    void (*show)(struct text *out, const struct row *row);
    enum role (*role)(const struct row *row); /* NULL: ROLE_text */
};

struct list {
    const struct column *columns;
    size_t n_columns;
    enum slot slot; /* SLOT_COUNT: rows come from count() and at() */
    size_t (*count)(const struct frame *frame);
    const void *(*at)(const struct frame *frame, size_t index);
    const char *(*id)(const struct row *row); /* valid until its next call */
    enum role (*mark)(
        const struct row *row);              /* the glyph in front: ok, warn, fail, stale or info */
    bool (*is_stale)(const struct row *row); /* drawn dimmed; NULL: never */
    int (*order)(const struct row *a,
                 const struct row *b); /* the pane's own: what is wrong first */
    const char *empty; /* what to say without rows: "no worker pools in this workspace" */
};

enum { WORST_ROWS = 32 };

/* A few rows for a summary. */
struct worst {
    size_t most;                                            /* wanted, at most WORST_ROWS */
    bool (*wanted)(const struct row *row, const char *key); /* NULL: every row */
    const char *key;
    size_t n, n_wanted; /* found; how many there would be */
    struct row row[WORST_ROWS];
};

/* Draw headings and rows; keeps the selection on its id, moves to the nearest row when that is
 * gone. Returns the lines used. */
int list_draw(const struct list *list, struct canvas *canvas, struct rect r,
              const struct frame *frame, struct pane_state *state, bool is_focused);

/* Move the selection by rows (INT_MIN and INT_MAX for the ends). */
void list_move(const struct list *list, const struct frame *frame, struct pane_state *state,
               int by);

/* The data of the selected row, or NULL; its index in the slot. */
const void *list_selected(const struct list *list, const struct frame *frame,
                          struct pane_state *state, size_t *index);

/* All visible rows as tab-separated text with headings, for copying; appended to out until it is
 * full. */
void list_copy(const struct list *list, const struct frame *frame, struct pane_state *state,
               struct text *out);

/* One row of a summary: its mark, then what draw_line writes into the rest; dimmed when stale. */
void list_draw_line(const struct list *list, struct canvas *canvas, struct rect line,
                    const struct row *row,
                    void (*draw_line)(struct canvas *canvas, struct rect rest,
                                      const struct row *row));

/* How many rows there are, and the one at an index. */
size_t list_count(const struct list *list, const struct frame *frame);
struct row list_row(const struct list *list, const struct frame *frame, size_t index);
/* Is there a row with this id? */
bool list_has(const struct list *list, const struct frame *frame, const char *id);
/* The first rows in the pane's own order, as many as `out` has room for. */
void list_worst(const struct list *list, const struct frame *frame, struct worst *out);
/* What the cell shows. */
void column_show(const struct column *column, struct text *out, const struct row *row);

#endif
