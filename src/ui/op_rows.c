#include <string.h>

#include "core/text.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

static const struct op *
op_of(const struct row *row)
{
    return row->data;
}

static const char *
id(const struct row *row)
{
    return op_of(row)->id;
}

static enum role
mark(const struct row *row)
{
    return op_state_role(op_of(row)->state);
}

static const char *
state(const struct row *row)
{
    return op_state_name(op_of(row)->state);
}

static const char *
verb(const struct row *row)
{
    return op_verb(op_of(row)->kind);
}

static const char *
kind(const struct row *row)
{
    return op_object(op_of(row)->kind);
}

static const char *
object(const struct row *row)
{
    const struct op *op = op_of(row);

    return op->object_name[0] ? op->object_name : op->object_id;
}

static void
show_progress(struct text *out, const struct row *row)
{
    struct op_counts counts = op_count(op_of(row), row->frame->now_ms);

    if (op_of(row)->n_items > 0)
        text_addf(out, "%zu/%zu", counts.done, op_total(op_of(row), &counts));
}

static int64_t
elapsed(const struct row *row)
{
    return op_elapsed_ms(op_of(row), row->frame->now_ms);
}

static int64_t
remaining(const struct row *row)
{
    return op_is_going(op_of(row)) ? known(op_of(row)->remaining_ms) : LIST_UNKNOWN;
}

static int64_t
ago(const struct row *row)
{
    const struct op *op = op_of(row);

    return age_ms(row->frame, op->ended_ms > 0 ? op->ended_ms : op->planned_ms);
}

static void
show_who(struct text *out, const struct row *row)
{
    op_add_who(out, op_of(row));
}

static const char *
summary(const struct row *row)
{
    return op_of(row)->summary;
}

static enum role
dim_role(const struct row *row)
{
    (void)row;
    return ROLE_dim;
}

static enum role
object_role(const struct row *row)
{
    return op_is_going(op_of(row)) ? ROLE_title : ROLE_text;
}

static int
rank(const struct op *op)
{
    if (op->state == OP_STATE_asking)
        return 0;
    if (op_is_going(op))
        return 1;
    if (op->state == OP_STATE_interrupted)
        return 2;
    return op_is_plan(op) ? 3 : 4;
}

static int
order(const struct row *a, const struct row *b)
{
    const struct op *x = op_of(a), *y = op_of(b);

    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    if (x->planned_ms != y->planned_ms)
        return x->planned_ms > y->planned_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

static const struct column columns[] = {
    {"STATE", "state", 11, 11, 0, UNIT_none, .text = state, .role = mark},
    {"OP", "op", 7, 7, 0, UNIT_none, .text = verb},
    {"OF", "of", 6, 9, 4, UNIT_none, .text = kind, .role = dim_role},
    {"OBJECT", "object", 14, 30, 0, UNIT_none, .text = object, .role = object_role},
    {"DONE", "done", 6, 7, 1, UNIT_count, .show = show_progress},
    {"TOOK", "took", 6, 6, 1, UNIT_ms, .value = elapsed},
    {"LEFT", "left", 6, 6, 2, UNIT_ms, .value = remaining},
    {"AGO", "ago", 6, 6, 3, UNIT_ms, .value = ago, .role = dim_role},
    {"WHO", "who", 8, 24, 2, UNIT_none, .show = show_who, .role = dim_role},
    {"HOW IT STANDS", "summary", 20, 80, 3, UNIT_none, .text = summary},
};

const struct list op_list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_ops,
    .id = id,
    .mark = mark,
    .order = order,
    .empty = "no ops yet: d drains, R restarts and S stops what is selected",
};
