/* op_view.h — ops on the screen: the list of running and past ones, one in full, a line while one
 * runs, and what came of it. UI thread only. */
#ifndef UI_OP_VIEW_H
#define UI_OP_VIEW_H

#include "ui/list.h"

enum { OUTCOME_MS = 20000 }; /* how long the diagnosis line tells what came of an op */

/* op_rows.c: what asks first, then what runs, then what is over, the newest first. */
extern const struct list op_list;

/* op_page.c: an op in full; as draw_detail of a pane. */
int op_page_draw(struct canvas *canvas, struct rect r, const struct frame *frame, const char *op_id,
                 int scroll);

/* op_line.c. The op of this program that the status line is about: what can still be undone, else
 * what asks, else what runs longest; NULL. others: how many more there are. */
const struct op *op_line_which(const struct snapshot *snapshot, size_t *others);
/* What a program that ended left in the middle, the newest; others: how many more; NULL. */
const struct op *op_interrupted(const struct snapshot *snapshot, size_t *others);

/* What to press, as the operator has bound it; "" for what cannot be done where the line stands. */
struct op_line_keys {
    const char *undo, *cancel, *show;
};

/* "drain us-east: 17 of 20 stopped, 1 stuck 2m10s; u cancels"; cells: how much room there is. */
void op_line_add(struct text *out, const struct op *op, const struct frame *frame,
                 const struct op_line_keys *keys, int cells);
/* What ended here less than OUTCOME_MS ago, the last of several; NULL. */
const struct op *op_outcome(const struct snapshot *snapshot, int64_t now_ms);
void op_outcome_add(struct text *out, const struct op *op);

#endif
