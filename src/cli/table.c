#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/die.h"
#include "core/text.h"

enum { FIRST_ROOM = 32, GAP = 2, LEAST_LAST_CELLS = 12 };

struct row {
    enum role role;
    const char *cell[TABLE_COLUMNS];
    size_t n;
};

struct table {
    struct arena *arena;
    const char *heading[TABLE_COLUMNS];
    size_t n_columns;
    struct row *rows;
    size_t n, room;
};

struct table *
table_new(const char *const *headings)
{
    struct table *table = calloc(1, sizeof(*table));

    if (!table)
        die("out of memory");
    table->arena = arena_new();
    while (table->n_columns < TABLE_COLUMNS && headings[table->n_columns]) {
        table->heading[table->n_columns] = headings[table->n_columns];
        table->n_columns++;
    }
    return table;
}

void
table_free(struct table *table)
{
    arena_free(table->arena);
    free(table->rows);
    free(table);
}

void
table_row(struct table *table, enum role role)
{
    if (table->n == table->room) {
        table->room = table->room ? table->room * 2 : FIRST_ROOM;
        table->rows = realloc(table->rows, table->room * sizeof(*table->rows));
        if (!table->rows)
            die("out of memory");
    }
    table->rows[table->n++] = (struct row){.role = role};
}

static void
add_cell(struct table *table, const char *s)
{
    struct row *row = &table->rows[table->n - 1];

    if (row->n < table->n_columns)
        row->cell[row->n++] = arena_strdup(table->arena, s[0] ? s : "-");
}

void
table_cell(struct table *table, const char *format, ...)
{
    TEXT(cell, TABLE_CELL_BYTES);
    va_list args;

    va_start(args, format);
    text_vaddf(&cell, format, args);
    va_end(args);
    add_cell(table, cell.bytes);
}

void
table_cell_short(struct table *table, const char *s, size_t cells)
{
    TEXT(cell, TABLE_CELL_BYTES);

    text_add_cells(&cell, s ? s : "", cells, "…");
    add_cell(table, cell.bytes);
}

static bool
is_number(const struct table *table, size_t column)
{
    return table->heading[column][0] == '>';
}

static const char *
heading_of(const struct table *table, size_t column)
{
    return table->heading[column] + is_number(table, column);
}

static size_t
width_of(const struct table *table, size_t column)
{
    size_t width = text_cells(heading_of(table, column));

    for (size_t i = 0; i < table->n; i++) {
        const char *cell = table->rows[i].cell[column];
        size_t cells = cell ? text_cells(cell) : 0;

        if (cells > width)
            width = cells;
    }
    return width;
}

/* Columns at the end that say nothing are left out. */
static size_t
columns_of(const struct table *table)
{
    size_t n = table->n_columns;

    for (; n > 1 && table->n > 0; n--)
        for (size_t i = 0; i < table->n; i++)
            if (table->rows[i].n >= n && strcmp(table->rows[i].cell[n - 1], "-") != 0)
                return n;
    return n;
}

size_t
line_cells(FILE *out, size_t most)
{
    struct winsize size = {0};
    int fd = fileno(out);

    if (fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        (most == 0 || size.ws_col < most))
        return size.ws_col;
    return most;
}

/* One table on its way out. */
struct print {
    FILE *out;
    const struct table *table;
    struct marking marking;
    size_t n_columns;
    size_t width[TABLE_COLUMNS];
};

/* On a terminal the last column gives way, rather than the line breaks. */
static void
fit(struct print *print)
{
    size_t cells = line_cells(print->out, 0), used = 4, last = print->n_columns - 1;

    for (size_t i = 0; i <= last; i++)
        used += print->width[i] + (i > 0 ? GAP : 0);
    if (cells > 0 && used > cells && print->width[last] >= used - cells + LEAST_LAST_CELLS)
        print->width[last] -= used - cells;
}

/* printf's own widths count bytes. The last column needs no padding. */
static void
print_cell(const struct print *print, size_t column, const char *s)
{
    const struct table *table = print->table;
    TEXT(cut, TABLE_CELL_BYTES);
    int padding;

    if (text_cells(s) > print->width[column]) {
        text_add_cells(&cut, s, print->width[column], "…");
        s = cut.bytes;
    }
    padding = (int)(print->width[column] - text_cells(s));
    if (column > 0)
        fprintf(print->out, "%*s", GAP, "");
    if (is_number(table, column))
        fprintf(print->out, "%*s", padding, "");
    marking_text(print->out, print->marking, s);
    if (!is_number(table, column) && column + 1 < print->n_columns)
        fprintf(print->out, "%*s", padding, "");
}

void
table_print(FILE *out, const struct table *table, struct marking marking)
{
    struct print print = {
        .out = out, .table = table, .marking = marking, .n_columns = columns_of(table)};

    marking_begin(out, marking, ROLE_heading);
    fputs("    ", out);
    for (size_t column = 0; column < print.n_columns; column++)
        print.width[column] = width_of(table, column);
    fit(&print);
    for (size_t column = 0; column < print.n_columns; column++)
        print_cell(&print, column, heading_of(table, column));
    marking_end(out, marking);
    fputc('\n', out);
    for (size_t i = 0; i < table->n; i++) {
        const struct row *row = &table->rows[i];

        marking_begin(out, marking, row->role);
        fprintf(out, "  %s ", marking_glyph(marking, row->role));
        for (size_t column = 0; column < row->n && column < print.n_columns; column++)
            print_cell(&print, column, row->cell[column]);
        marking_end(out, marking);
        fputc('\n', out);
    }
}

void
marking_text(FILE *out, struct marking marking, const char *s)
{
    size_t n = strlen(s);

    if (!marking.is_ascii) {
        fputs(s, out);
        return;
    }
    while (n > 0) {
        uint32_t c = text_next(&s, &n);

        for (int cell = text_char_cells(c); cell > 0; cell--)
            fputc(c < 0x80 ? (int)c : '?', out);
    }
}

const char *
marking_glyph(struct marking marking, enum role role)
{
    const struct style *style = &theme_builtin()->role[role];
    const char *glyph = marking.is_ascii ? style->ascii : style->glyph;

    return glyph[0] ? glyph : " ";
}

/* Colours of the sixteen: the only ones that every terminal has. */
void
marking_begin(FILE *out, struct marking marking, enum role role)
{
    const struct style *style = &theme_builtin()->role[role];

    if (!marking.has_colour || role == ROLE_text)
        return;
    if (style->attributes & STYLE_BOLD)
        fputs("\033[1m", out);
    if (style->attributes & STYLE_DIM)
        fputs("\033[2m", out);
    if (style->fg16 >= 0)
        fprintf(out, "\033[%dm", style->fg16 < 8 ? 30 + style->fg16 : 82 + style->fg16);
}

void
marking_end(FILE *out, struct marking marking)
{
    if (marking.has_colour)
        fputs("\033[0m", out);
}
