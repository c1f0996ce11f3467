/* check_rows.h — what the list of checks and the detail of one say alike. UI thread only. */
#ifndef UI_PANES_CHECK_ROWS_H
#define UI_PANES_CHECK_ROWS_H

#include "ui/panes/rows.h"

/* A check is told by what it asks, how, and over which family; into ID_BYTES. */
void check_id_write(char *out, const struct check *check);
/* "pass", "FAIL", "no path"; row->data is the check. */
const char *check_verdict_word(const struct row *row);

int check_draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame,
                      const char *check_id, int scroll);

#endif
