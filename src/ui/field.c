#include "ui/field.h"

#include <string.h>

#include "core/text.h"
#include "ui/keys.h"

enum { CONTROL_A = 1, CONTROL_E = 5, CONTROL_K = 11, CONTROL_U = 21, CONTROL_W = 23 };

void
field_set(struct field *field, const char *text)
{
    field->n = text_clean(field->text, field->size, text, strlen(text));
    field->cursor = field->n;
}

static bool
is_inner_byte(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t
before_cursor(const struct field *field)
{
    size_t at = field->cursor;

    while (at > 0 && is_inner_byte(field->text[--at]))
        continue;
    return at;
}

static size_t
after_cursor(const struct field *field)
{
    size_t at = field->cursor;

    if (at < field->n)
        at++;
    while (at < field->n && is_inner_byte(field->text[at]))
        at++;
    return at;
}

static bool
cut(struct field *field, size_t from, size_t to)
{
    memmove(field->text + from, field->text + to, field->n - to + 1);
    field->n -= to - from;
    field->cursor = from;
    return true;
}

static bool
cut_word(struct field *field)
{
    size_t from = field->cursor, to = from;

    while (from > 0 && field->text[from - 1] == ' ')
        from--;
    while (from > 0 && field->text[from - 1] != ' ')
        from--;
    return cut(field, from, to);
}

static bool
insert(struct field *field, int key)
{
    char bytes[4];
    size_t n = text_encode((uint32_t)key, bytes);

    if (!key_is_text(key) || field->n + n >= field->size)
        return false;
    memmove(field->text + field->cursor + n, field->text + field->cursor,
            field->n - field->cursor + 1);
    memcpy(field->text + field->cursor, bytes, n);
    field->n += n;
    field->cursor += n;
    return true;
}

static void
move(struct field *field, int key)
{
    if (key == KEY_left)
        field->cursor = before_cursor(field);
    else if (key == KEY_right)
        field->cursor = after_cursor(field);
    else if (key == KEY_home || key == CONTROL_A)
        field->cursor = 0;
    else if (key == KEY_end || key == CONTROL_E)
        field->cursor = field->n;
}

bool
field_key(struct field *field, int key)
{
    switch (key) {
    case KEY_RUBOUT:
        return cut(field, before_cursor(field), field->cursor);
    case KEY_delete:
        return cut(field, field->cursor, after_cursor(field));
    case CONTROL_U:
        return cut(field, 0, field->cursor);
    case CONTROL_K:
        return cut(field, field->cursor, field->n);
    case CONTROL_W:
        return cut_word(field);
    default:
        break;
    }
    if (insert(field, key))
        return true;
    move(field, key);
    return false;
}

/* The cells of text[0..to). */
static int
cells_before(const struct field *field, size_t to)
{
    const char *s = field->text;
    size_t n = to;
    int cells = 0;

    while (n > 0)
        cells += text_char_cells(text_next(&s, &n));
    return cells;
}

void
field_draw(const struct field *field, struct canvas *canvas, struct rect r, bool is_focused)
{
    size_t from = 0;
    int cursor = cells_before(field, field->cursor), cut_off = 0;

    while (cursor - cut_off >= r.w && from < field->cursor) {
        from++;
        while (from < field->n && is_inner_byte(field->text[from]))
            from++;
        cut_off = cells_before(field, from);
    }
    canvas_text(canvas, r.x, r.y, r.w, ROLE_text, field->text + from);
    if (is_focused)
        canvas_over(canvas, (struct rect){r.x + cursor - cut_off, r.y, 1, 1}, ROLE_selected);
}
