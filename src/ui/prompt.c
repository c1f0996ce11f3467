#include "ui/prompt.h"

#include <string.h>

#include "core/text.h"
#include "ui/field.h"
#include "ui/keys.h"

enum { CONTROL_C = 3 };

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

static bool
edit(struct prompt *prompt, int key)
{
    struct field field = {prompt->text, PROMPT_BYTES, prompt->n, prompt->cursor};
    bool is_edited = field_key(&field, key);

    prompt->n = field.n;
    prompt->cursor = field.cursor;
    return is_edited;
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
    case KEY_up:
    case KEY_down:
        recall(prompt, key == KEY_up ? 1 : -1);
        return PROMPT_IGNORED;
    case KEY_RUBOUT:
        if (prompt->n == 0)
            return PROMPT_CANCELLED;
        break;
    default:
        break;
    }
    return edit(prompt, key) ? PROMPT_EDITED : PROMPT_IGNORED;
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
