#include "ui/order.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/die.h"
#include "ui/held.h"

struct sorting {
    const struct list *list;
    const struct frame *frame;
    const struct column *column; /* NULL: the list's own order */
    bool is_inverted;
    uint32_t *spare;
    const uint32_t *rank; /* NULL: the order is free */
};

static int
by_value(const struct sorting *by, int64_t a, int64_t b)
{
    if (a == b)
        return 0;
    if (a == LIST_UNKNOWN || b == LIST_UNKNOWN)
        return a == LIST_UNKNOWN ? 1 : -1; /* last, whichever way */
    return (a > b) != by->is_inverted ? -1 : 1;
}

static int
by_column(const struct sorting *by, const struct row *a, const struct row *b)
{
    int n;

    if (by->column->value)
        return by_value(by, by->column->value(a), by->column->value(b));
    if (!by->column->text)
        return 0;
    n = strcasecmp(by->column->text(a), by->column->text(b));
    return by->is_inverted ? -n : n;
}

static int
compare(const struct sorting *by, uint32_t i, uint32_t j)
{
    struct row a = list_row(by->list, by->frame, i), b = list_row(by->list, by->frame, j);
    int n = 0;

    if (by->rank && by->rank[i] != by->rank[j])
        return by->rank[i] < by->rank[j] ? -1 : 1;
    if (by->column)
        n = by_column(by, &a, &b);
    if (n == 0 && by->list->order) {
        n = by->list->order(&a, &b);
        if (!by->column && by->is_inverted)
            n = -n;
    }
    return n != 0 ? n : (i > j) - (i < j);
}

static void
merge(const struct sorting *by, uint32_t *rows, size_t half, size_t n)
{
    size_t left = 0, right = half;

    memcpy(by->spare, rows, half * sizeof(*rows));
    for (size_t i = 0; left < half; i++)
        if (right < n && compare(by, rows[right], by->spare[left]) < 0)
            rows[i] = rows[right++];
        else
            rows[i] = by->spare[left++];
}

/* Merging rather than qsort: rows arrive nearly as they were last time, and then this compares each
 * row once. */
static void
sort(const struct sorting *by, uint32_t *rows, size_t n)
{
    size_t half = n / 2;

    if (n < 2)
        return;
    sort(by, rows, half);
    sort(by, rows + half, n - half);
    if (compare(by, rows[half - 1], rows[half]) > 0)
        merge(by, rows, half, n);
}

static uint32_t *
grown(uint32_t *rows, size_t room)
{
    uint32_t *bigger = realloc(rows, room * sizeof(*rows));

    if (!bigger)
        die("out of memory");
    return bigger;
}

static void
make_room(struct order *order, size_t n)
{
    if (n <= order->room)
        return;
    order->room = n + n / 4;
    order->all = grown(order->all, order->room);
    order->shown = grown(order->shown, order->room);
    order->spare = grown(order->spare, order->room);
}

static uint64_t
version_of(const struct list *list, const struct frame *frame)
{
    return list->slot == SLOT_COUNT ? frame->snapshot->version
                                    : frame->snapshot->slot[list->slot].version;
}

static bool
is_sorted_for(const struct order *order, const struct list *list, const struct frame *frame,
              const struct pane_state *state)
{
    return order->list == list && !order->held == !state->is_held &&
           order->version == version_of(list, frame) && order->n_all == list_count(list, frame) &&
           order->assessed_ms == frame->assessment->at_ms &&
           order->sort_column == state->sort_column && order->is_inverted == state->is_inverted;
}

/* Where each row stood when the order was held. */
static void
rank_all(struct order *order, const struct list *list, const struct frame *frame, size_t n)
{
    order->rank = grown(order->rank, order->room ? order->room : 1);
    for (size_t i = 0; i < n; i++) {
        struct row row = list_row(list, frame, i);

        order->rank[i] = held_rank(order->held, list->id(&row));
    }
}

static void
let_go(struct order *order)
{
    held_free(order->held);
    order->held = NULL;
}

static void
sort_all(struct order *order, const struct list *list, const struct frame *frame,
         const struct pane_state *state)
{
    size_t n = list_count(list, frame);
    struct sorting by = {.list = list, .frame = frame, .is_inverted = state->is_inverted};

    make_room(order, n);
    if (order->list != list || order->n_all != n)
        for (size_t i = 0; i < n; i++)
            order->all[i] = (uint32_t)i;
    if (state->sort_column >= 0 && (size_t)state->sort_column < list->n_columns)
        by.column = &list->columns[state->sort_column];
    by.spare = order->spare;
    if (order->held) {
        rank_all(order, list, frame, n);
        by.rank = order->rank;
    }
    sort(&by, order->all, n);

    order->n_all = n;
    order->list = list;
    order->version = version_of(list, frame);
    order->assessed_ms = frame->assessment->at_ms;
    order->sort_column = state->sort_column;
    order->is_inverted = state->is_inverted;
}

static void
select_shown(struct order *order, const struct frame *frame)
{
    if (order->filter.n == 0) {
        if (order->n_all > 0)
            memcpy(order->shown, order->all, order->n_all * sizeof(*order->all));
        order->n_shown = order->n_all;
        return;
    }
    order->n_shown = 0;
    for (size_t i = 0; i < order->n_all; i++) {
        struct row row = list_row(order->list, frame, order->all[i]);

        if (filter_matches(&order->filter, order->list, &row))
            order->shown[order->n_shown++] = order->all[i];
    }
}

static bool
is_blank(const struct order *order, const struct frame *frame, const struct column *column)
{
    if (!column->may_be_blank)
        return false;
    for (size_t i = 0; i < order->n_shown; i++) {
        struct row row = order_row(order, frame, i);

        if (column->text(&row)[0])
            return false;
    }
    return true;
}

static void
find_blank(struct order *order, const struct frame *frame)
{
    order->blank = 0;
    for (size_t i = 0; i < order->list->n_columns; i++)
        if (is_blank(order, frame, &order->list->columns[i]))
            order->blank |= 1u << i;
}

bool
order_update(const struct list *list, const struct frame *frame, struct pane_state *state)
{
    struct order *order = state->order;
    bool is_sorted, is_filtered;

    if (!order) {
        order = state->order = calloc(1, sizeof(*order));
        if (!order)
            die("out of memory");
    }
    is_sorted = is_sorted_for(order, list, frame, state);
    is_filtered = strcmp(order->typed, state->filter) == 0;
    if (is_sorted && is_filtered)
        return false;
    if (!state->is_held || order->sort_column != state->sort_column ||
        order->is_inverted != state->is_inverted)
        let_go(order); /* the operator's own wish for another order is one */
    if (!is_sorted)
        sort_all(order, list, frame, state);
    if (state->is_held && !order->held)
        order->held = held_new(order, frame);
    memcpy(order->typed, state->filter, sizeof(order->typed));
    filter_parse(&order->filter, list, state->filter);
    select_shown(order, frame);
    find_blank(order, frame);
    return !is_filtered;
}

struct row
order_row(const struct order *order, const struct frame *frame, size_t position)
{
    return list_row(order->list, frame, order->shown[position]);
}

static bool
is_at(const struct order *order, const struct frame *frame, const char *id, size_t position)
{
    struct row row = order_row(order, frame, position);

    return strcmp(order->list->id(&row), id) == 0;
}

int
order_find(const struct order *order, const struct frame *frame, const char *id, int hint)
{
    if (hint >= 0 && (size_t)hint < order->n_shown && is_at(order, frame, id, (size_t)hint))
        return hint;
    for (size_t i = 0; i < order->n_shown; i++)
        if (is_at(order, frame, id, i))
            return (int)i;
    return -1;
}

void
pane_state_free(struct pane_state *state)
{
    marks_clear(&state->marks);
    if (!state->order)
        return;
    free(state->order->all);
    free(state->order->shown);
    free(state->order->spare);
    free(state->order->rank);
    held_free(state->order->held);
    free(state->order);
    state->order = NULL;
}
