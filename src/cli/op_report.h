/* op_report.h — one op for people and as JSON: its plan, where it stands, how it ended. */
#ifndef CLI_OP_REPORT_H
#define CLI_OP_REPORT_H

#include "cli/page.h"
#include "model/op.h"

struct json;

/* "drain pool eu-west" */
void op_title_add(struct text *out, const struct op *op);
/* "stopping jobs: 3 of 20 done, 41s, about 2m left": without glyphs or colours. now_ms 0:
 * without the times. */
void op_standing_add(struct text *out, const struct op *op, int64_t now_ms);

/* What will happen, what it costs, and the exact calls and commands. */
void op_print_plan(const struct page *page, const struct op *op);
/* How it ended, and each object that did not end well. */
void op_print_end(const struct page *page, const struct op *op, int64_t now_ms);
void op_print_items(const struct page *page, const struct op *op);

/* Its members, and its items. Members are added, never removed. */
void op_add_json(struct json *object, const struct op *op);
/* plan[] and steps[]: its lines. */
void op_add_lines(struct json *document, const struct op *op);

#endif
