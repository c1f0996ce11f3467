/* canvas.h — a grid of cells that panes draw on: clipped, safe, and printable in tests.
 *
 * Text passes text_next(), so no control byte can get in. Cells know roles, not colours; ui/term
 * turns them into the terminal's. UI thread only. */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdio.h>

#include "core/style.h"

struct rect {
    int x, y, w, h;
};

enum { CELL_BYTES = 16 }; /* a base character and its combining marks */

struct cell {
    char bytes[CELL_BYTES]; /* UTF-8, NUL-terminated; "" is the right half of a wide character */
    uint8_t role;           /* enum role */
    uint8_t over; /* ROLE_selected, ROLE_marked, ROLE_stale, ROLE_match or ROLE_text (nothing):
                   * laid over the role, so that a selected failing cell shows both */
};

struct canvas;

struct canvas *canvas_new(int w, int h);
void canvas_free(struct canvas *canvas);
int canvas_width(const struct canvas *canvas);
int canvas_height(const struct canvas *canvas);
struct rect canvas_all(const struct canvas *canvas);
/* Forget everything; keeps memory when the size is the same. */
void canvas_reset(struct canvas *canvas, int w, int h);
/* Of canvases of one size: is row y the same in both, and make it so. */
bool canvas_row_equals(const struct canvas *a, const struct canvas *b, int y);
void canvas_copy_row(struct canvas *to, const struct canvas *from, int y);
/* Beyond the edges: a blank. */
const struct cell *canvas_at(const struct canvas *canvas, int x, int y);

/* What is drawn next is clipped to r (and to the canvas). */
void canvas_clip(struct canvas *canvas, struct rect r);

/* Draw s from (x, y) on, at most `cells` wide; the rest of a cut string becomes "…". Returns the
 * cells used. */
int canvas_text(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s);
int canvas_textf(struct canvas *canvas, int x, int y, int cells, enum role role, const char *format,
                 ...) __attribute__((__format__(__printf__, 6, 7)));
/* A name: cut in the middle. */
int canvas_name(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s);
/* Right-aligned in [x, x + cells). */
void canvas_right(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s);
void canvas_fill(struct canvas *canvas, struct rect r, enum role role, const char *glyph);
/* Lay a role over cells that are drawn already. */
void canvas_over(struct canvas *canvas, struct rect r, enum role over);

/* A frame with a title in its upper edge; the inner rectangle is returned. Borders and corners come
 * from the theme. */
struct rect canvas_frame(struct canvas *canvas, struct rect r, const struct theme *theme,
                         bool is_ascii, bool is_focused);

/* The glyph of a role in this theme: the ASCII one when is_ascii. */
const char *glyph(const struct theme *theme, bool is_ascii, enum role role);

/* The text, then a block with a letter for each cell's role (golden screens). */
void canvas_print(const struct canvas *canvas, FILE *out);

#endif
