/* plan_page.h — the text of a dialog: what will happen, to what, and how it is done; warnings
 * first. UI thread only. */
#ifndef UI_PLAN_PAGE_H
#define UI_PLAN_PAGE_H

#include "ui/detail.h"

struct console;

struct plan_page {
    struct page page;
    const struct console *console;
    int focus_line; /* of the page: where the cursor stands; -1: not in the text */
};

/* Write it all; page.lines says how many lines it has. */
void plan_page_draw(struct plan_page *plan);

/* How far the objects of an op are, what is not done yet first; is_all: also what is. */
void page_op_items(struct page *page, const struct op *op, bool is_all);

#endif
