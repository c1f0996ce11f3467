#include "ui/canvas.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"
#include "core/text.h"

struct canvas {
    int w, h;
    struct rect clip;
    struct cell *cells; /* w * h, row by row */
};

static const struct cell blank = {.bytes = " "};

struct canvas *
canvas_new(int w, int h)
{
    struct canvas *canvas = calloc(1, sizeof(*canvas));

    if (!canvas)
        die("out of memory");
    canvas_reset(canvas, w, h);
    return canvas;
}

void
canvas_free(struct canvas *canvas)
{
    if (!canvas)
        return;
    free(canvas->cells);
    free(canvas);
}

int
canvas_width(const struct canvas *canvas)
{
    return canvas->w;
}

int
canvas_height(const struct canvas *canvas)
{
    return canvas->h;
}

struct rect
canvas_all(const struct canvas *canvas)
{
    return (struct rect){.w = canvas->w, .h = canvas->h};
}

void
canvas_reset(struct canvas *canvas, int w, int h)
{
    size_t n;

    w = w < 1 ? 1 : w;
    h = h < 1 ? 1 : h;
    n = (size_t)w * (size_t)h;
    if (w != canvas->w || h != canvas->h) {
        free(canvas->cells);
        canvas->cells = calloc(n, sizeof(*canvas->cells));
        if (!canvas->cells)
            die("out of memory");
        canvas->w = w;
        canvas->h = h;
    }
    for (size_t i = 0; i < n; i++)
        canvas->cells[i] = blank;
    canvas->clip = canvas_all(canvas);
}

static struct cell *
cell_at(const struct canvas *canvas, int x, int y)
{
    return &canvas->cells[(size_t)y * (size_t)canvas->w + (size_t)x];
}

bool
canvas_row_equals(const struct canvas *a, const struct canvas *b, int y)
{
    assert(a->w == b->w && y >= 0 && y < a->h && y < b->h);
    return memcmp(cell_at(a, 0, y), cell_at(b, 0, y), (size_t)a->w * sizeof(struct cell)) == 0;
}

void
canvas_copy_row(struct canvas *to, const struct canvas *from, int y)
{
    assert(to->w == from->w && y >= 0 && y < to->h && y < from->h);
    memcpy(cell_at(to, 0, y), cell_at(from, 0, y), (size_t)to->w * sizeof(struct cell));
}

const struct cell *
canvas_at(const struct canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->w || y >= canvas->h)
        return &blank;
    return cell_at(canvas, x, y);
}

static struct rect
both(struct rect a, struct rect b)
{
    int left = a.x > b.x ? a.x : b.x, top = a.y > b.y ? a.y : b.y;
    int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

    return (struct rect){left, top, right > left ? right - left : 0,
                         bottom > top ? bottom - top : 0};
}

void
canvas_clip(struct canvas *canvas, struct rect r)
{
    canvas->clip = both(r, canvas_all(canvas));
}

static bool
is_inside(const struct rect *r, int x, int y)
{
    return x >= r->x && y >= r->y && x < r->x + r->w && y < r->y + r->h;
}

/* What is left of a wide character when one of its halves is drawn over becomes a space. */
static void
break_wide(struct canvas *canvas, int x, int y)
{
    if (!cell_at(canvas, x, y)->bytes[0] && x > 0)
        memcpy(cell_at(canvas, x - 1, y)->bytes, " ", 2);
    if (x + 1 < canvas->w && !cell_at(canvas, x + 1, y)->bytes[0])
        memcpy(cell_at(canvas, x + 1, y)->bytes, " ", 2);
}

static struct cell *
put(struct canvas *canvas, int x, int y, enum role role, const char *bytes, size_t n)
{
    struct cell *cell;

    if (!is_inside(&canvas->clip, x, y))
        return NULL;
    break_wide(canvas, x, y);
    cell = cell_at(canvas, x, y);
    *cell = (struct cell){.role = (uint8_t)role};
    memcpy(cell->bytes, bytes, n);
    return cell;
}

/* Draw one character of 1 or 2 cells; a wide one that is clipped in the middle becomes spaces. */
static struct cell *
put_char(struct canvas *canvas, int x, int y, enum role role, uint32_t c, int width)
{
    char bytes[4];
    size_t n = text_encode(c, bytes);
    struct cell *cell;

    if (width == 1)
        return put(canvas, x, y, role, bytes, n);
    if (!is_inside(&canvas->clip, x, y) || !is_inside(&canvas->clip, x + 1, y)) {
        put(canvas, x, y, role, " ", 1);
        put(canvas, x + 1, y, role, " ", 1);
        return NULL;
    }
    put(canvas, x + 1, y, role, "", 0);
    cell = put(canvas, x, y, role, bytes, n);
    cell_at(canvas, x + 1, y)->bytes[0] = '\0'; /* break_wide took it for a half left behind */
    return cell;
}

static void
combine(struct cell *cell, uint32_t c)
{
    char bytes[4];
    size_t n = text_encode(c, bytes), used;

    if (!cell)
        return;
    used = strlen(cell->bytes);
    if (used + n < CELL_BYTES) {
        memcpy(cell->bytes + used, bytes, n);
        cell->bytes[used + n] = '\0';
    }
}

int
canvas_text(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s)
{
    size_t n = strlen(s);
    int used = 0, room = cells;
    struct cell *base = NULL;

    if (cells <= 0)
        return 0;
    if (n > (size_t)cells && text_cells(s) > (size_t)cells)
        room = cells - 1; /* for the ellipsis */
    while (n > 0) {
        uint32_t c = text_next(&s, &n);
        int width = text_char_cells(c);

        if (width <= 0) {
            combine(base, c);
            continue;
        }
        if (used + width > room)
            break;
        base = put_char(canvas, x + used, y, role, c, width);
        used += width;
    }
    if (room < cells) {
        put_char(canvas, x + used, y, role, 0x2026, 1);
        used++;
    }
    return used;
}

int
canvas_name(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s)
{
    TEXT(name, 400);

    text_add_ends(&name, s, cells > 0 ? (size_t)cells : 0, "…");
    return canvas_text(canvas, x, y, cells, role, name.bytes);
}

int
canvas_textf(struct canvas *canvas, int x, int y, int cells, enum role role, const char *format,
             ...)
{
    char line[1024]; /* more than any terminal's width */
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    return canvas_text(canvas, x, y, cells, role, line);
}

void
canvas_right(struct canvas *canvas, int x, int y, int cells, enum role role, const char *s)
{
    size_t width = text_cells(s);
    int pad = width < (size_t)(cells < 0 ? 0 : cells) ? cells - (int)width : 0;

    canvas_text(canvas, x + pad, y, cells - pad, role, s);
}

void
canvas_fill(struct canvas *canvas, struct rect r, enum role role, const char *glyph)
{
    size_t n = strlen(glyph);
    uint32_t c = n > 0 ? text_next(&glyph, &n) : ' ';

    if (text_char_cells(c) != 1)
        c = ' ';
    r = both(r, canvas->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            put_char(canvas, x, y, role, c, 1);
}

void
canvas_over(struct canvas *canvas, struct rect r, enum role over)
{
    r = both(r, canvas->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            cell_at(canvas, x, y)->over = (uint8_t)over;
}

const char *
glyph(const struct theme *theme, bool is_ascii, enum role role)
{
    const struct style *style = &theme->role[role];

    return is_ascii ? style->ascii : style->glyph;
}

enum edge { EDGE_h, EDGE_v, EDGE_tl, EDGE_tr, EDGE_bl, EDGE_br, EDGE_COUNT };

static const char *const edges[][EDGE_COUNT] = {
    [BORDERS_light] = {"─", "│", "┌", "┐", "└", "┘"},
    [BORDERS_heavy] = {"━", "┃", "┏", "┓", "┗", "┛"},
    [BORDERS_ascii] = {"-", "|", "+", "+", "+", "+"},
    [BORDERS_none] = {" ", " ", " ", " ", " ", " "},
};

struct rect
canvas_frame(struct canvas *canvas, struct rect r, const struct theme *theme, bool is_ascii,
             bool is_focused)
{
    enum role role = is_focused ? ROLE_border_focused : ROLE_border;
    bool needs_ascii = is_ascii && theme->borders != BORDERS_none;
    const char *const *edge = edges[needs_ascii ? BORDERS_ascii : theme->borders];
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;

    if (r.w < 2 || r.h < 2)
        return r;
    canvas_fill(canvas, (struct rect){r.x, r.y, r.w, 1}, role, edge[EDGE_h]);
    canvas_fill(canvas, (struct rect){r.x, bottom, r.w, 1}, role, edge[EDGE_h]);
    canvas_fill(canvas, (struct rect){r.x, r.y, 1, r.h}, role, edge[EDGE_v]);
    canvas_fill(canvas, (struct rect){right, r.y, 1, r.h}, role, edge[EDGE_v]);
    canvas_text(canvas, r.x, r.y, 1, role, edge[EDGE_tl]);
    canvas_text(canvas, right, r.y, 1, role, edge[EDGE_tr]);
    canvas_text(canvas, r.x, bottom, 1, role, edge[EDGE_bl]);
    canvas_text(canvas, right, bottom, 1, role, edge[EDGE_br]);
    return (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2};
}

/* One letter per role in golden screens, in the order of roles.def; text is the quiet one. */
static const char role_letters[] = {
    [ROLE_text] = '.',   [ROLE_dim] = 'd',      [ROLE_title] = 't', [ROLE_title_focused] = 'T',
    [ROLE_border] = 'b', [ROLE_heading] = 'h',  [ROLE_ok] = 'o',    [ROLE_border_focused] = 'B',
    [ROLE_info] = 'i',   [ROLE_warn] = 'W',     [ROLE_fail] = 'F',  [ROLE_stale] = '~',
    [ROLE_marked] = '*', [ROLE_selected] = '>', [ROLE_bar] = '=',   [ROLE_bar_production] = 'P',
    [ROLE_key] = 'k',    [ROLE_match] = '/',    [ROLE_graph] = 'g', [ROLE_armed] = 'A',
};

_Static_assert(sizeof(role_letters) == ROLE_COUNT, "every role has its letter");

static void
print_roles(const struct canvas *canvas, FILE *out, bool is_over)
{
    for (int y = 0; y < canvas->h; y++) {
        for (int x = 0; x < canvas->w; x++) {
            const struct cell *cell = cell_at(canvas, x, y);

            fputc(role_letters[is_over ? cell->over : cell->role], out);
        }
        fputc('\n', out);
    }
}

static bool
has_over(const struct canvas *canvas)
{
    for (int i = 0; i < canvas->w * canvas->h; i++)
        if (canvas->cells[i].over != ROLE_text)
            return true;
    return false;
}

void
canvas_print(const struct canvas *canvas, FILE *out)
{
    for (int y = 0; y < canvas->h; y++) {
        for (int x = 0; x < canvas->w; x++)
            fputs(cell_at(canvas, x, y)->bytes, out);
        fputc('\n', out);
    }
    fputs("-- roles\n", out);
    print_roles(canvas, out, false);
    if (!has_over(canvas))
        return;
    fputs("-- over\n", out);
    print_roles(canvas, out, true);
}
