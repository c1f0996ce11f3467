/* table.h — columns of text for standard output: as wide as their widest cell, marked by role. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "core/style.h"

enum { TABLE_COLUMNS = 10, TABLE_CELL_BYTES = 512 };

/* How to mark a meaning: by its glyph, and by its colour where there is one. */
struct marking {
    bool is_ascii, has_colour;
};

struct table;

/* headings: NULL-terminated, at most TABLE_COLUMNS; one that starts with '>' is a number's. Caller
 * frees with table_free. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);

/* Start a row; its glyph and colour come from the role. Then add its cells from left to right; ""
 * and NULL print as a dash. */
void table_row(struct table *table, enum role role);
void table_cell(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same, cut to so many cells. */
void table_cell_short(struct table *table, const char *s, size_t cells);

/* On a terminal the last column is cut where the line would break. Columns at the end that say
 * nothing in any row are left out. */
void table_print(FILE *out, const struct table *table, struct marking marking);
/* How long a line may be: the terminal's width, but no more than most (0: no bound); most, too,
 * where out is no terminal. */
size_t line_cells(FILE *out, size_t most);

/* Text as it is, or with a '?' for every cell of what is not ASCII. */
void marking_text(FILE *out, struct marking marking, const char *s);
/* "✘", or the ASCII glyph; and what turns its colour on and off, "" without colours. */
const char *marking_glyph(struct marking marking, enum role role);
void marking_begin(FILE *out, struct marking marking, enum role role);
void marking_end(FILE *out, struct marking marking);

#endif
