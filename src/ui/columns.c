#include "ui/columns.h"

#include <string.h>

enum { MARGIN_CELLS = 1, MARGIN_FROM_CELLS = 40, ROOMY_CELLS = 100 };

static int
width_of(const struct columns *columns)
{
    int width = MARK_CELLS;

    for (size_t i = 0; i < columns->n; i++)
        width += columns->place[i].w + (i > 0 ? columns->gap : 0);
    return width;
}

static void
drop_least(struct columns *columns)
{
    size_t least = 0;

    for (size_t i = 1; i < columns->n; i++)
        if (columns->place[i].column->priority >= columns->place[least].column->priority)
            least = i;
    columns->n--;
    memmove(&columns->place[least], &columns->place[least + 1],
            (columns->n - least) * sizeof(columns->place[0]));
}

static int
grow_by(struct place *place, int left)
{
    int most = place->column->priority == 0 ? 3 : 1; /* what stays longest grows fastest */

    if (most > place->column->widest - place->w)
        most = place->column->widest - place->w;
    if (most > left)
        most = left;
    if (most < 0)
        most = 0;
    place->w += most;
    return most;
}

/* What is left over goes, few cells at a time, to the columns that can use it. */
static void
grow(struct columns *columns, int left)
{
    int before;

    do {
        before = left;
        for (size_t i = 0; i < columns->n; i++)
            left -= grow_by(&columns->place[i], left);
    } while (left > 0 && left < before);
}

struct columns
columns_fit(const struct list *list, int width, int shift, uint32_t blank)
{
    struct columns columns = {.gap = width < ROOMY_CELLS ? 1 : 2};
    int x = MARK_CELLS;

    if (width >= MARGIN_FROM_CELLS)
        width -= MARGIN_CELLS; /* numbers do not touch the frame */
    for (size_t i = 0; i < list->n_columns && columns.n < MOST_COLUMNS; i++)
        if (i == 0 || (i > (size_t)shift && !(blank & 1u << i)))
            columns.place[columns.n++] =
                (struct place){&list->columns[i], 0, list->columns[i].width};
    while (columns.n > 1 && width_of(&columns) > width)
        drop_least(&columns);
    if (width_of(&columns) > width)
        columns.place[0].w = width - MARK_CELLS;
    grow(&columns, width - width_of(&columns));
    for (size_t i = 0; i < columns.n; i++) {
        columns.place[i].x = x;
        x += columns.place[i].w + columns.gap;
    }
    return columns;
}
