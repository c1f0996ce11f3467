#include "ui/list.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/columns.h"
#include "ui/order.h"
#include "ui/spark.h"
#include "ui/words.h"

enum { CELL_TEXT_BYTES = 512 };

static const size_t row_bytes[] = {
#define SLOT(id, row) [SLOT_##id] = sizeof(row),
#include "model/slots.def"
#undef SLOT
};

size_t
list_count(const struct list *list, const struct frame *frame)
{
    return list->slot == SLOT_COUNT ? list->count(frame) : frame->snapshot->slot[list->slot].n;
}

struct row
list_row(const struct list *list, const struct frame *frame, size_t index)
{
    struct row row = {.frame = frame, .index = index};

    if (list->slot == SLOT_COUNT)
        row.data = list->at(frame, index);
    else
        row.data =
            (const char *)frame->snapshot->slot[list->slot].rows + index * row_bytes[list->slot];
    return row;
}

bool
list_has(const struct list *list, const struct frame *frame, const char *id)
{
    size_t n = list_count(list, frame);

    for (size_t i = 0; i < n; i++) {
        struct row row = list_row(list, frame, i);

        if (strcmp(list->id(&row), id) == 0)
            return true;
    }
    return false;
}

void
column_show(const struct column *column, struct text *out, const struct row *row)
{
    if (column->show)
        column->show(out, row);
    else if (column->trend)
        spark_add(out, row->frame, column->trend(row), (size_t)column->widest);
    else if (column->text)
        text_add(out, column->text(row));
    else
        unit_add(out, row->frame, column->unit, column->value(row));
}

static void
draw_headings(const struct list *list, struct canvas *canvas, struct rect r,
              const struct columns *columns, const struct pane_state *state)
{
    for (size_t i = 0; i < columns->n; i++) {
        const struct place *place = &columns->place[i];
        bool is_number = place->column->unit != UNIT_none;
        bool is_sorted = place->column - list->columns == state->sort_column;
        enum role role = is_sorted ? ROLE_key : ROLE_heading;

        if (is_number)
            canvas_right(canvas, r.x + place->x, r.y, place->w, role, place->column->heading);
        else
            canvas_text(canvas, r.x + place->x, r.y, place->w, role, place->column->heading);
    }
}

/* Light up what the filter found, in cells. */
static void
draw_match(struct canvas *canvas, int x, int y, const struct place *place,
           const struct order *order, const char *shown)
{
    size_t start, length;
    char before[CELL_TEXT_BYTES], found[CELL_TEXT_BYTES];
    int from, cells;

    if (!filter_find(&order->filter, place->column, shown, &start, &length))
        return;
    snprintf(before, sizeof(before), "%.*s", (int)start, shown);
    snprintf(found, sizeof(found), "%.*s", (int)length, shown + start);
    from = (int)text_cells(before);
    cells = (int)text_cells(found);
    if (from + cells > place->w)
        cells = place->w - from;
    if (cells > 0)
        canvas_over(canvas, (struct rect){x + from, y, cells, 1}, ROLE_match);
}

static void
draw_cell(struct canvas *canvas, int x, int y, const struct place *place, const struct row *row,
          const struct order *order)
{
    const struct column *column = place->column;
    enum role role = column->role ? column->role(row) : ROLE_text;
    TEXT(shown, CELL_TEXT_BYTES);

    if (column->trend)
        spark_add(&shown, row->frame, column->trend(row), (size_t)place->w);
    else if (column->keeps_end)
        text_add_ends(&shown, column->text(row), (size_t)place->w, "…");
    else
        column_show(column, &shown, row);
    if ((!shown.n && !column->may_be_blank) || is_unknown_text(shown.bytes)) {
        text_clear(&shown);
        unknown_add(&shown, row->frame);
        role = ROLE_dim;
    }
    if (column->unit != UNIT_none)
        canvas_right(canvas, x, y, place->w, role, shown.bytes);
    else
        canvas_text(canvas, x, y, place->w, role, shown.bytes);
    if (order->filter.n > 0 && column->unit == UNIT_none)
        draw_match(canvas, x, y, place, order, shown.bytes);
}

/* What is not fresh is not green: only what was wrong stays so. */
static void
draw_mark(const struct list *list, struct canvas *canvas, int x, int y, const struct row *row)
{
    enum role mark = list->mark ? list->mark(row) : ROLE_text;

    if (list->is_stale && list->is_stale(row) && mark != ROLE_fail && mark != ROLE_warn)
        mark = ROLE_stale;
    if (mark != ROLE_text)
        canvas_text(canvas, x, y, 1, mark, glyph(row->frame->theme, row->frame->is_ascii, mark));
}

static void
draw_stale(const struct list *list, struct canvas *canvas, struct rect line, const struct row *row)
{
    if (list->is_stale && list->is_stale(row))
        canvas_over(canvas, line, ROLE_stale);
}

static void
draw_row(const struct list *list, struct canvas *canvas, struct rect line,
         const struct columns *columns, const struct order *order, const struct row *row)
{
    draw_mark(list, canvas, line.x, line.y, row);
    for (size_t i = 0; i < columns->n; i++)
        draw_cell(canvas, line.x + columns->place[i].x, line.y, &columns->place[i], row, order);
    draw_stale(list, canvas, line, row);
}

/* Beside the mark of its state, so that neither hides the other. */
static void
draw_chosen(const struct list *list, struct canvas *canvas, struct rect line, const struct row *row,
            const struct marks *marks)
{
    if (marks->n == 0 || !marks_has(marks, list->id(row)))
        return;
    canvas_text(canvas, line.x + 1, line.y, 1, ROLE_marked,
                glyph(row->frame->theme, row->frame->is_ascii, ROLE_marked));
    canvas_over(canvas, line, ROLE_marked);
}

void
list_draw_line(const struct list *list, struct canvas *canvas, struct rect line,
               const struct row *row,
               void (*draw_line)(struct canvas *canvas, struct rect rest, const struct row *row))
{
    draw_mark(list, canvas, line.x, line.y, row);
    draw_line(canvas, (struct rect){line.x + MARK_CELLS, line.y, line.w - MARK_CELLS, 1}, row);
    draw_stale(list, canvas, line, row);
}

static int
clamp(int n, int low, int high)
{
    if (n > high)
        n = high;
    return n < low ? low : n;
}

static void
select_row(const struct frame *frame, struct pane_state *state, int position)
{
    struct row row = order_row(state->order, frame, (size_t)position);

    snprintf(state->selected, sizeof(state->selected), "%s", state->order->list->id(&row));
    state->selected_row = position;
}

static bool
is_at_row(const struct frame *frame, const struct pane_state *state, int position)
{
    struct row row = order_row(state->order, frame, (size_t)position);

    return strcmp(state->order->list->id(&row), state->selected) == 0;
}

/* The cursor never leaves the screen. */
static void
scroll_to_selection(struct pane_state *state)
{
    int rows = state->page_rows > 0 ? state->page_rows : 1;

    state->scroll = clamp(state->scroll, state->selected_row - rows + 1, state->selected_row);
    state->scroll = clamp(state->scroll, 0, state->n_shown > rows ? state->n_shown - rows : 0);
}

/* Keep the selection on its id; when that is gone, on the row that took its place. What nobody
 * chose is the first row, so that what is worst stays in sight. */
static void
place_selection(const struct frame *frame, struct pane_state *state, bool is_new_filter)
{
    const struct order *order = state->order;
    int before = state->selected_row, found = 0;

    state->n_all = (int)order->n_all;
    state->n_shown = (int)order->n_shown;
    if (state->n_shown == 0) {
        state->scroll = 0;
        return; /* remembers the id: the row may come back */
    }
    if (state->is_chosen)
        found = order_find(order, frame, state->selected, before);
    if (found < 0)
        found = is_new_filter ? 0 : clamp(before, 0, state->n_shown - 1);
    if (!is_new_filter && state->selected[0] && !is_at_row(frame, state, found))
        state->moved_ms = frame->now_ms;
    select_row(frame, state, found);
    if (state->is_following && found != before)
        state->scroll += found - before; /* stays where the eye is */
    scroll_to_selection(state);
}

static void
update(const struct list *list, const struct frame *frame, struct pane_state *state)
{
    bool is_new_filter = order_update(list, frame, state);

    place_selection(frame, state, is_new_filter);
}

int
list_draw(const struct list *list, struct canvas *canvas, struct rect r, const struct frame *frame,
          struct pane_state *state, bool is_focused)
{
    struct columns columns;
    int rows = r.h - 1;

    state->page_rows = rows > 0 ? rows : 1;
    update(list, frame, state);
    columns = columns_fit(list, r.w, state->shift, state->order->blank);
    if (r.h < 1 || r.w < 1)
        return 0;
    draw_headings(list, canvas, r, &columns, state);
    if (rows > state->n_shown - state->scroll)
        rows = state->n_shown - state->scroll;
    for (int i = 0; i < rows; i++) {
        struct rect line = {r.x, r.y + 1 + i, r.w, 1};
        struct row row = order_row(state->order, frame, (size_t)(state->scroll + i));

        draw_row(list, canvas, line, &columns, state->order, &row);
        draw_chosen(list, canvas, line, &row, &state->marks);
        if (is_focused && state->scroll + i == state->selected_row)
            canvas_over(canvas, line, ROLE_selected);
    }
    return 1 + rows;
}

void
list_move(const struct list *list, const struct frame *frame, struct pane_state *state, int by)
{
    int last, to = 0;

    update(list, frame, state);
    last = state->n_shown - 1;
    if (last < 0)
        return;
    if (by == INT_MAX)
        to = last;
    else if (by != INT_MIN)
        to = clamp(state->selected_row + by, 0, last);
    state->is_chosen = true;
    select_row(frame, state, to);
    scroll_to_selection(state);
}

const void *
list_selected(const struct list *list, const struct frame *frame, struct pane_state *state,
              size_t *index)
{
    struct row row;

    update(list, frame, state);
    if (state->n_shown == 0)
        return NULL;
    row = order_row(state->order, frame, (size_t)state->selected_row);
    *index = row.index;
    return row.data;
}

/* Ours, so it may be a control character; a struct text lets none of them in. */
static void
add_separator(struct text *out, char c)
{
    if (out->is_cut || out->n + 1 >= out->size) {
        out->is_cut = true;
        return;
    }
    out->bytes[out->n++] = c;
    out->bytes[out->n] = '\0';
}

static void
copy_line(const struct list *list, const struct row *row, struct text *out)
{
    for (size_t i = 0; i < list->n_columns; i++) {
        TEXT(shown, CELL_TEXT_BYTES);

        if (row)
            column_show(&list->columns[i], &shown, row);
        else
            text_add(&shown, list->columns[i].heading);
        if (i > 0)
            add_separator(out, '\t');
        text_add(out, shown.bytes);
    }
    add_separator(out, '\n');
}

void
list_copy(const struct list *list, const struct frame *frame, struct pane_state *state,
          struct text *out)
{
    update(list, frame, state);
    copy_line(list, NULL, out);
    for (int i = 0; i < state->n_shown && !out->is_cut; i++) {
        struct row row = order_row(state->order, frame, (size_t)i);

        copy_line(list, &row, out);
    }
}

static void
worst_add(const struct list *list, struct worst *worst, const struct row *row)
{
    size_t at = worst->n;

    while (at > 0 && list->order(row, &worst->row[at - 1]) < 0)
        at--;
    if (at == worst->most)
        return;
    if (worst->n < worst->most)
        worst->n++;
    memmove(&worst->row[at + 1], &worst->row[at], (worst->n - 1 - at) * sizeof(*row));
    worst->row[at] = *row;
}

void
list_worst(const struct list *list, const struct frame *frame, struct worst *out)
{
    size_t n = list_count(list, frame);

    out->n = out->n_wanted = 0;
    if (out->most > WORST_ROWS)
        out->most = WORST_ROWS;
    for (size_t i = 0; i < n; i++) {
        struct row row = list_row(list, frame, i);

        if (out->wanted && !out->wanted(&row, out->key))
            continue;
        out->n_wanted++;
        if (out->most > 0)
            worst_add(list, out, &row);
    }
}
