/* pane.h — one screenful each: what a pane is, and all it may know while it draws. UI thread only.
 */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "model/assessment.h"
#include "ui/canvas.h"
#include "ui/marks.h"

enum pane_id {
#define PANE(id, digit, title) PANE_##id,
#include "ui/panes.def"
#undef PANE
    PANE_COUNT
};

enum { FILTER_BYTES = 128, ID_BYTES = 128 };

/* What the operator did to one pane; survives refreshes. Selection is by identity: `selected` is
 * the id of a row. */
struct pane_state {
    char selected[ID_BYTES];
    bool is_chosen; /* the operator moved to it; before that, the first row is selected, always */
    int scroll;     /* first visible row of the ordered list */
    int shift;      /* columns scrolled to the right */
    char filter[FILTER_BYTES];
    int sort_column; /* index into the pane's columns; -1: the pane's own order */
    bool is_inverted;
    bool is_following;  /* keep the selected row in view when the order changes */
    struct marks marks; /* rows that the operator marked */
    bool is_held;       /* the order stays as it is: something is marked, or a dialog is open */
    int64_t moved_ms;   /* wall: when the cursor last moved by itself, because its row went */
    /* filled by the list while it draws, for the title and the keys */
    int n_shown, n_all, selected_row, page_rows;
    struct order *order; /* which rows in which order, as last made; pane_state_free() frees it */
};

/* Let go of what the state owns; the state itself is the caller's. */
void pane_state_free(struct pane_state *state);

/* Everything that one picture depends on. A frame is drawn wholly from one snapshot. */
struct frame {
    const struct snapshot *snapshot;
    const struct assessment *assessment;
    const struct theme *theme;
    int64_t now_ms; /* wall; drawing code asks no clock */
    bool is_ascii;
    bool is_paused;
    const char *context;
    bool is_production, is_read_only;
};

struct list; /* ui/list.h */

struct pane {
    const char *name, *title;
    char digit;              /* '1'; the key that focuses it */
    const struct list *list; /* the rows of the pane as columns; NULL for a pane that only draws */
    const enum source *sources; /* whose freshness its title shows */
    size_t n_sources;
    /* Draw the inside of the frame. Panes with a list draw through list_draw(). */
    void (*draw)(struct canvas *canvas, struct rect r, const struct frame *frame,
                 struct pane_state *state, bool is_focused);
    /* A few words for a narrow strip (80x24): at most r.h lines, the worst first. */
    void (*draw_summary)(struct canvas *canvas, struct rect r, const struct frame *frame);
    /* The selected row in full: fields, evidence, next step; also what Enter opens. NULL: nothing
     * to open. Leaves out the first `scroll` lines; returns how many lines there are. */
    int (*draw_detail)(struct canvas *canvas, struct rect r, const struct frame *frame,
                       const char *id, int scroll);
};

/* One row per pane, in the order of panes.def. */
extern const struct pane *const panes[PANE_COUNT];

/* Age badge and count, "2 Jobs  41 of 212  ~ last seen 13:20:06 (42m)"; drawn over the frame's
 * upper edge. */
void pane_draw_title(struct canvas *canvas, struct rect r, const struct pane *pane,
                     const struct frame *frame, const struct pane_state *state, bool is_focused);

/* The pane's list, or the sentence that says why there are no rows; returns the lines used. */
int pane_draw_rows(const struct pane *pane, struct canvas *canvas, struct rect r,
                   const struct frame *frame, struct pane_state *state, bool is_focused);

/* Why there is nothing to show, source by source; returns the lines used. */
int pane_draw_nothing(const struct pane *pane, struct canvas *canvas, struct rect r,
                      const struct frame *frame);

struct row;

/* The worst rows of the pane's list, a line each, and how many more there are; or why there are
 * none. */
void pane_draw_worst(const struct pane *pane, struct canvas *canvas, struct rect r,
                     const struct frame *frame,
                     void (*draw_line)(struct canvas *canvas, struct rect line,
                                       const struct row *row));

/* In the last line of a summary: how old it is, or why the last attempt failed; returns the lines
 * used, 0 when all is fresh. */
int pane_draw_age(const struct pane *pane, struct canvas *canvas, struct rect r,
                  const struct frame *frame);

/* The oldest of the pane's sources that is stale or failing, or SOURCE_COUNT when all are fresh. */
enum source pane_stale_source(const struct pane *pane, const struct frame *frame);

#endif
