#include "ui/console.h"

#include <limits.h>
#include <string.h>

#include "core/text.h"
#include "ui/detail.h"
#include "ui/keys.h"
#include "ui/list.h"
#include "ui/op_view.h"
#include "ui/op_words.h"
#include "ui/panes/tunnel_rows.h"
#include "ui/why.h"

enum { WIDEST = 110, ARM_CELLS = 64, MARGIN = 4, HELP_KEY_CELLS = 12, HELP_NAME_CELLS = 15 };

static const char *const titles[OVERLAY_KINDS] = {
    [OVERLAY_detail] = "Detail", [OVERLAY_why] = "Why",      [OVERLAY_findings] = "Findings",
    [OVERLAY_help] = "Help",     [OVERLAY_sort] = "Sort by", [OVERLAY_pick] = "Which connector?",
    [OVERLAY_ops] = "Ops",       [OVERLAY_op] = "Op",        [OVERLAY_dialog] = "",
};

static size_t
columns_count(const struct console *console)
{
    const struct pane *pane = console_pane(console);

    return pane && pane->list ? pane->list->n_columns : 0;
}

/* Columns without a name cannot be sorted by. */
int
sort_menu_column(const struct console *console, int choice)
{
    const struct pane *pane = console_pane(console);
    int n = 0;

    for (size_t i = 0; i < columns_count(console) && choice > 0; i++)
        if (pane->list->columns[i].name && ++n == choice)
            return (int)i;
    return -1;
}

static int
sort_menu_lines(const struct console *console)
{
    const struct pane *pane = console_pane(console);
    int n = 1;

    for (size_t i = 0; i < columns_count(console); i++)
        n += pane->list->columns[i].name != NULL;
    return n;
}

static int
draw_sort(struct console *console, struct canvas *canvas, struct rect r, struct overlay *overlay)
{
    const struct pane *pane = console_pane(console);
    int n = sort_menu_lines(console);

    for (int i = overlay->scroll; i < n && i - overlay->scroll < r.h; i++) {
        int column = sort_menu_column(console, i), y = r.y + i - overlay->scroll;
        bool is_now = console->state[overlay->pane].sort_column == column;
        const char *name = column < 0 ? "what is wrong first" : pane->list->columns[column].name;

        canvas_text(canvas, r.x + 1, y, 1, ROLE_ok,
                    is_now ? glyph(console->frame.theme, console->frame.is_ascii, ROLE_ok) : " ");
        canvas_text(canvas, r.x + 3, y, r.w - 4, is_now ? ROLE_title : ROLE_text, name);
        if (i == overlay->choice)
            canvas_over(canvas, (struct rect){r.x, y, r.w, 1}, ROLE_selected);
    }
    return n;
}

static int
draw_pick(struct console *console, struct canvas *canvas, struct rect r,
          const struct overlay *overlay)
{
    int n = (int)console->pick.n;

    for (int i = overlay->scroll; i < n && i - overlay->scroll < r.h; i++) {
        const struct connector *connector = pick_connector(console, i);
        struct page page = {.canvas = canvas,
                            .r = {r.x, r.y + i - overlay->scroll, r.w, 1},
                            .frame = &console->frame};

        if (connector)
            page_connector_line(&page, connector);
        else
            page_line(&page, ROLE_stale, ROLE_dim, console->pick.ids[i]);
        if (i == overlay->choice)
            canvas_over(canvas, page.r, ROLE_selected);
    }
    return n;
}

static int
draw_ops(struct console *console, struct canvas *canvas, struct rect r)
{
    if (list_count(&op_list, &console->frame) > 0)
        return list_draw(&op_list, canvas, r, &console->frame, &console->ops_state, true);
    console->ops_state.selected[0] = '\0';
    canvas_text(canvas, r.x, r.y, r.w, ROLE_dim, op_list.empty);
    return 1;
}

static int
draw_help(struct console *console, struct canvas *canvas, struct rect r,
          const struct overlay *overlay)
{
    bool is_wide = r.w >= 60;
    int text_x = r.x + HELP_KEY_CELLS + (is_wide ? HELP_NAME_CELLS : 0);

    if (console->explanation[0]) {
        struct page page = {.canvas = canvas, .r = {r.x, r.y, r.w, 3}, .frame = &console->frame};

        page_sentence(&page, ROLE_info, ROLE_title, console->explanation);
        r.y += 3;
        r.h -= 3;
    }
    for (int i = overlay->scroll; i < COMMAND_COUNT && i - overlay->scroll < r.h; i++) {
        const struct command_info *info = &command_infos[i];
        int y = r.y + i - overlay->scroll;
        TEXT(keys, 64);

        bindings_add_keys(&console->bindings, &keys, (enum command_id)i);
        canvas_text(canvas, r.x + 1, y, HELP_KEY_CELLS - 2, ROLE_key, keys.bytes);
        if (is_wide)
            canvas_textf(canvas, r.x + HELP_KEY_CELLS, y, HELP_NAME_CELLS - 1, ROLE_dim, ":%s",
                         info->name);
        canvas_text(canvas, text_x, y, r.x + r.w - text_x, ROLE_text, info->help);
    }
    return COMMAND_COUNT + (console->explanation[0] ? 3 : 0);
}

static int
draw_inside(struct console *console, struct canvas *canvas, struct rect r, struct overlay *overlay)
{
    const struct pane *pane = console_pane(console);

    switch (overlay->kind) {
    case OVERLAY_detail:
        return pane && pane->draw_detail
                   ? pane->draw_detail(canvas, r, &console->frame, overlay->id, overlay->scroll)
                   : 0;
    case OVERLAY_why:
        return why_draw(canvas, r, &console->frame, overlay->id, overlay->scroll);
    case OVERLAY_findings:
        return findings_draw(canvas, r, &console->frame, overlay->scroll);
    case OVERLAY_help:
        return draw_help(console, canvas, r, overlay);
    case OVERLAY_sort:
        return draw_sort(console, canvas, r, overlay);
    case OVERLAY_pick:
        return draw_pick(console, canvas, r, overlay);
    case OVERLAY_ops:
        return draw_ops(console, canvas, r);
    case OVERLAY_op:
        return op_page_draw(canvas, r, &console->frame, overlay->id, overlay->scroll);
    case OVERLAY_dialog:
        return dialog_draw(console, canvas, r, overlay);
    default:
        return 0;
    }
}

/* A question stands in the middle, as large as it must be. */
static struct rect
dialog_place(struct console *console, enum overlay_kind kind, struct rect r)
{
    int widest = console->dialog.kind == DIALOG_arm && kind == OVERLAY_dialog ? ARM_CELLS : WIDEST;
    int lines = (int)console->pick.n + 2;

    if (r.w > widest + 2 * MARGIN) {
        r.x += (r.w - widest) / 2;
        r.w = widest;
    }
    if (kind == OVERLAY_dialog)
        lines = dialog_lines(console, r.w - 4);
    if (lines < r.h) {
        r.y += (r.h - lines) / 2;
        r.h = lines;
    }
    return r;
}

/* Between header and footer; a page of text is no wider than is read well, a menu no larger than it
 * must be. */
static struct rect
place(struct console *console, const struct canvas *canvas, const struct overlay *overlay)
{
    const struct layout *layout = &console->layout;
    int top = layout->diagnosis.y + layout->diagnosis.h;
    int bottom = layout->message.h ? layout->message.y
                 : layout->hints.h ? layout->hints.y
                                   : canvas_height(canvas);
    struct rect r = {0, top, canvas_width(canvas), bottom - top};
    if (overlay->kind == OVERLAY_dialog || overlay->kind == OVERLAY_pick)
        return dialog_place(console, overlay->kind, r);
    if (overlay->kind == OVERLAY_ops)
        return r;
    if (overlay->kind == OVERLAY_sort && r.w > 40) {
        r.x = (r.w - 36) / 2;
        r.w = 36;
        if (sort_menu_lines(console) + 2 < r.h)
            r.h = sort_menu_lines(console) + 2;
    } else if (r.w > WIDEST + 2 * MARGIN) {
        r.x = (r.w - WIDEST) / 2;
        r.w = WIDEST;
    }
    return r;
}

static void
draw_position(const struct overlay *overlay, struct canvas *canvas, struct rect r)
{
    TEXT(out, 48);
    int last = overlay->scroll + overlay->visible_lines;

    if (overlay->lines <= overlay->visible_lines)
        return;
    text_addf(&out, " %d-%d of %d ", overlay->scroll + 1,
              last < overlay->lines ? last : overlay->lines, overlay->lines);
    canvas_right(canvas, r.x + 1, r.y + r.h - 1, r.w - 2, ROLE_dim, out.bytes);
}

static void
draw_title(const struct console *console, struct canvas *canvas, struct rect r,
           const struct overlay *overlay)
{
    const struct control *control = control_of(&console->snapshot);
    int used;
    TEXT(title, 200);

    text_add(&title, titles[overlay->kind]);
    if (overlay->kind == OVERLAY_dialog)
        dialog_add_title(console, &title);
    used = canvas_textf(canvas, r.x + 1, r.y, r.w - 2, ROLE_title_focused, " %s ", title.bytes);
    if (overlay->kind == OVERLAY_dialog && control && control->is_production)
        canvas_textf(canvas, r.x + 2 + used, r.y, r.w - 4 - used, ROLE_bar_production,
                     " %s PRODUCTION ", control->context);
}

static int
last_scroll(const struct overlay *overlay)
{
    return overlay->lines > overlay->visible_lines ? overlay->lines - overlay->visible_lines : 0;
}

void
overlay_draw(struct console *console, struct canvas *canvas)
{
    struct overlay *overlay = console_overlay(console);
    struct rect r = place(console, canvas, overlay), inner;
    const struct pane *pane = console_pane(console);

    canvas_fill(canvas, r, ROLE_text, " ");
    canvas_over(canvas, r, ROLE_text);
    inner = canvas_frame(canvas, r, console->frame.theme, console->frame.is_ascii, true);
    draw_title(console, canvas, r, overlay);
    if (pane && (overlay->kind == OVERLAY_detail || overlay->kind == OVERLAY_sort))
        canvas_textf(canvas, r.x + 3 + (int)strlen(titles[overlay->kind]), r.y,
                     r.w - 5 - (int)strlen(titles[overlay->kind]), ROLE_dim, "%s ", pane->title);
    inner.x += 1;
    inner.w -= 2;
    canvas_clip(canvas, inner);
    if (overlay->kind != OVERLAY_dialog)
        overlay->visible_lines = inner.h;
    overlay->lines = draw_inside(console, canvas, inner, overlay);
    if (overlay->is_at_end && overlay->scroll != last_scroll(overlay)) {
        overlay->scroll = last_scroll(overlay);
        canvas_fill(canvas, inner, ROLE_text, " ");
        overlay->lines = draw_inside(console, canvas, inner, overlay);
    }
    canvas_clip(canvas, r);
    draw_position(overlay, canvas, r);
}

static bool
is_menu(const struct overlay *overlay)
{
    return overlay->kind == OVERLAY_sort || overlay->kind == OVERLAY_pick;
}

bool
overlay_move(struct console *console, int by)
{
    struct overlay *overlay = console_overlay(console);
    int most, *what;

    if (!overlay)
        return false;
    if (overlay->kind == OVERLAY_ops) {
        list_move(&op_list, &console->frame, &console->ops_state, by);
        return true;
    }
    most = last_scroll(overlay);
    what = &overlay->scroll;
    if (is_menu(overlay)) {
        what = &overlay->choice;
        most = overlay->lines - 1;
    }
    if (by == INT_MIN || *what + (int64_t)by < 0)
        *what = 0;
    else if (by == INT_MAX || *what + (int64_t)by > most)
        *what = most;
    else
        *what += by;
    overlay->is_at_end = overlay->kind == OVERLAY_op && *what == most && most > 0;
    if (is_menu(overlay) && overlay->choice < overlay->scroll)
        overlay->scroll = overlay->choice;
    if (is_menu(overlay) && overlay->visible_lines > 0 &&
        overlay->choice >= overlay->scroll + overlay->visible_lines)
        overlay->scroll = overlay->choice - overlay->visible_lines + 1;
    return true;
}

static bool
is_scrolling(enum command_id command)
{
    return command == COMMAND_up || command == COMMAND_down || command == COMMAND_page_up ||
           command == COMMAND_page_down || command == COMMAND_first || command == COMMAND_last;
}

/* What the key would do to this selection now, or why it cannot. */
static void
explain(struct console *console, int key)
{
    enum command_id command = bindings_find(&console->bindings, key);
    struct text out = {.bytes = console->explanation, .size = EXPLAIN_BYTES};
    const char *refusal;
    struct overlay help;

    text_clear(&out);
    key_add(&out, key);
    if (command == COMMAND_none) {
        text_add(&out, " does nothing in this version");
        return;
    }
    text_addf(&out, " (%s): %s. ", command_infos[command].name, command_infos[command].help);
    help = console->overlay[--console->n_overlays]; /* judged as if help were not in front */
    refusal = console_refusal(console, command);
    if (refusal)
        text_addf(&out, "Not now: %s.", refusal);
    else if (command_infos[command].needs == NEEDS_selection)
        text_addf(&out, "Here it is about %s in %s.", console_selected(console),
                  console_pane(console)->title);
    else if (command_infos[command].needs == NEEDS_list)
        text_addf(&out, "Here it is about %s.", console_pane(console)->title);
    console->overlay[console->n_overlays++] = help;
}

static void
choose(struct console *console, const struct overlay *menu)
{
    struct pane_state *state = &console->state[menu->pane];
    int column = sort_menu_column(console, menu->choice);

    if (state->sort_column == column && column >= 0)
        state->is_inverted = !state->is_inverted;
    else
        state->is_inverted = false;
    state->sort_column = column;
    console->n_overlays--;
}

bool
overlay_key(struct console *console, int key)
{
    struct overlay *overlay = console_overlay(console);
    enum command_id command = bindings_find(&console->bindings, key);

    if (overlay->kind == OVERLAY_help) {
        if (command == COMMAND_back || is_scrolling(command) || key == 3)
            return false;
        explain(console, key);
        return true;
    }
    if (overlay->kind == OVERLAY_sort && (command == COMMAND_open || key == ' ')) {
        choose(console, overlay);
        return true;
    }
    if (overlay->kind == OVERLAY_pick && (command == COMMAND_open || key == ' ')) {
        pick_take(console, overlay->choice);
        return true;
    }
    return false;
}
