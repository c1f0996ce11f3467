#include "ui/prompt.h"

#include <string.h>

#include "core/text.h"
#include "ui/keys.h"

enum {
    CONTROL_A = 1,
    CONTROL_C = 3,
    CONTROL_E = 5,
    CONTROL_K = 11,
    CONTROL_U = 21,
    CONTROL_W = 23
};

void
prompt_set(struct prompt *prompt, const char *text)
{
    prompt->n = text_clean(prompt->text, PROMPT_BYTES, text, strlen(text));
    prompt->cursor = prompt->n;
}

void
prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    prompt->kind = kind;
    prompt->recalled = 0;
    prompt->ghost[0] = '\0';
    prompt_set(prompt, text);
    memcpy(prompt->before, prompt->text, PROMPT_BYTES);
}

static bool
is_inner_byte(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t
before_cursor(const struct prompt *prompt)
{
    size_t at = prompt->cursor;

    while (at > 0 && is_inner_byte(prompt->text[--at]))
        continue;
    return at;
}

static size_t
after_cursor(const struct prompt *prompt)
{
    size_t at = prompt->cursor;

    if (at < prompt->n)
        at++;
    while (at < prompt->n && is_inner_byte(prompt->text[at]))
        at++;
    return at;
}

static void
cut(struct prompt *prompt, size_t from, size_t to)
{
    memmove(prompt->text + from, prompt->text + to, prompt->n - to + 1);
    prompt->n -= to - from;
    prompt->cursor = from;
}

static void
cut_word(struct prompt *prompt)
{
    size_t from = prompt->cursor;

    while (from > 0 && prompt->text[from - 1] == ' ')
        from--;
    while (from > 0 && prompt->text[from - 1] != ' ')
        from--;
    cut(prompt, from, prompt->cursor);
}

static bool
insert(struct prompt *prompt, int key)
{
    char bytes[4];
    size_t n = text_encode((uint32_t)key, bytes);

    if (!key_is_text(key) || prompt->n + n >= PROMPT_BYTES)
        return false;
    memmove(prompt->text + prompt->cursor + n, prompt->text + prompt->cursor,
            prompt->n - prompt->cursor + 1);
    memcpy(prompt->text + prompt->cursor, bytes, n);
    prompt->n += n;
    prompt->cursor += n;
    return true;
}

/* A filter is edited, a command may be recalled. */
static void
recall(struct prompt *prompt, int by)
{
    size_t to = prompt->recalled + (size_t)by;

    if (prompt->kind != PROMPT_command || (by < 0 && prompt->recalled == 0) ||
        to > prompt->n_history)
        return;
    prompt->recalled = to;
    prompt_set(prompt, to ? prompt->history[prompt->n_history - to] : prompt->before);
}

static void
move(struct prompt *prompt, int key)
{
    if (key == KEY_left)
        prompt->cursor = before_cursor(prompt);
    else if (key == KEY_right)
        prompt->cursor = after_cursor(prompt);
    else if (key == KEY_home || key == CONTROL_A)
        prompt->cursor = 0;
    else if (key == KEY_end || key == CONTROL_E)
        prompt->cursor = prompt->n;
    else if (key == KEY_up)
        recall(prompt, 1);
    else if (key == KEY_down)
        recall(prompt, -1);
}

enum prompt_result
prompt_key(struct prompt *prompt, int key)
{
    switch (key) {
    case KEY_RETURN:
        return PROMPT_DONE;
    case KEY_ESCAPE:
    case CONTROL_C:
        return PROMPT_CANCELLED;
    case KEY_RUBOUT:
        if (prompt->n == 0)
            return PROMPT_CANCELLED;
        cut(prompt, before_cursor(prompt), prompt->cursor);
        return PROMPT_EDITED;
    case KEY_delete:
        cut(prompt, prompt->cursor, after_cursor(prompt));
        return PROMPT_EDITED;
    case CONTROL_U:
        cut(prompt, 0, prompt->cursor);
        return PROMPT_EDITED;
    case CONTROL_K:
        cut(prompt, prompt->cursor, prompt->n);
        return PROMPT_EDITED;
    case CONTROL_W:
        cut_word(prompt);
        return PROMPT_EDITED;
    default:
        break;
    }
    if (insert(prompt, key))
        return PROMPT_EDITED;
    move(prompt, key);
    return PROMPT_IGNORED;
}

static void
remember(struct prompt *prompt)
{
    if (prompt->n == 0 ||
        (prompt->n_history && strcmp(prompt->history[prompt->n_history - 1], prompt->text) == 0))
        return;
    if (prompt->n_history == PROMPT_HISTORY)
        memmove(prompt->history[0], prompt->history[1],
                (size_t)(--prompt->n_history) * sizeof(prompt->history[0]));
    memcpy(prompt->history[prompt->n_history++], prompt->text, PROMPT_BYTES);
}

void
prompt_close(struct prompt *prompt)
{
    if (prompt->kind == PROMPT_command)
        remember(prompt);
    prompt->kind = PROMPT_none;
}

void
prompt_draw(const struct prompt *prompt, struct canvas *canvas, struct rect r)
{
    char left[PROMPT_BYTES];
    int cursor_x, used;

    memcpy(left, prompt->text, prompt->cursor);
    left[prompt->cursor] = '\0';
    canvas_fill(canvas, r, ROLE_text, " ");
    canvas_text(canvas, r.x + 1, r.y, 1, ROLE_key, prompt->kind == PROMPT_filter ? "/" : ":");
    cursor_x = r.x + 2 + (int)text_cells(left);
    used = canvas_text(canvas, r.x + 2, r.y, r.w - 3, ROLE_text, prompt->text);
    if (prompt->cursor == prompt->n)
        canvas_text(canvas, r.x + 2 + used, r.y, r.w - 3 - used, ROLE_dim, prompt->ghost);
    canvas_over(canvas, (struct rect){cursor_x, r.y, 1, 1}, ROLE_selected);
}
