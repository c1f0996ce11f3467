#include "ui/console.h"

#include <limits.h>
#include <string.h>

#include "core/text.h"
#include "ui/list.h"

const char *
console_refusal(struct console *console, enum command_id command)
{
    enum command_needs needs = command_infos[command].needs;
    const struct pane *pane = console_pane(console);
    struct text refusal = {.bytes = console->refusal, .size = sizeof(console->refusal)};

    text_clear(&refusal);
    if (command == COMMAND_open && console->n_overlays &&
        console_overlay(console)->kind != OVERLAY_findings &&
        console_overlay(console)->kind < OVERLAY_ops)
        return "this is the last level; Esc goes back";
    if (command == COMMAND_open && console->n_overlays)
        return console_overlay(console)->kind >= OVERLAY_ops ? NULL : "no row is selected";
    ops_refusal(console, command, &refusal);
    if (refusal.n)
        return console->refusal;
    if (needs == NEEDS_nothing)
        return NULL;
    if (!pane || !pane->list)
        return "events are not rows to act on; Tab goes to the panes";
    if (needs == NEEDS_selection && !console_selected(console)[0])
        return "no row is selected";
    return NULL;
}

static void
move(struct console *console, int by)
{
    struct pane_state *state = console_state(console);
    int most = (int)events_count(console->events) - 1;

    if (overlay_move(console, by))
        return;
    if (console->focus < PANE_COUNT) {
        if (panes[console->focus]->list)
            list_move(panes[console->focus]->list, &console->frame, state, by);
        return;
    }
    if (by == INT_MIN || console->events_scroll + (int64_t)by < 0)
        console->events_scroll = 0;
    else if (by == INT_MAX || console->events_scroll + (int64_t)by > most)
        console->events_scroll = most > 0 ? most : 0;
    else
        console->events_scroll += by;
}

static int
page(struct console *console)
{
    struct overlay *overlay = console_overlay(console);
    struct pane_state *state = console_state(console);
    int rows = 10;

    if (overlay)
        rows = overlay->visible_lines - 1;
    else if (state && state->page_rows > 1)
        rows = state->page_rows - 1;
    return rows > 1 ? rows : 1;
}

static void
focus(struct console *console, int view)
{
    console->focus = (view + VIEW_COUNT) % VIEW_COUNT;
    console->n_overlays = 0;
}

static void
act_up(struct console *console, const char *argument)
{
    (void)argument;
    move(console, -1);
}

static void
act_down(struct console *console, const char *argument)
{
    (void)argument;
    move(console, 1);
}

static void
act_page_up(struct console *console, const char *argument)
{
    (void)argument;
    move(console, -page(console));
}

static void
act_page_down(struct console *console, const char *argument)
{
    (void)argument;
    move(console, page(console));
}

static void
act_first(struct console *console, const char *argument)
{
    (void)argument;
    move(console, INT_MIN);
}

static void
act_last(struct console *console, const char *argument)
{
    (void)argument;
    move(console, INT_MAX);
}

static void
act_left(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    (void)argument;
    if (state && state->shift > 0)
        state->shift--;
}

static void
act_right(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);
    const struct pane *pane = console_pane(console);

    (void)argument;
    if (state && pane->list && state->shift + 1 < (int)pane->list->n_columns)
        state->shift++;
}

static void
act_next_pane(struct console *console, const char *argument)
{
    (void)argument;
    focus(console, console->focus + 1);
}

static void
act_previous_pane(struct console *console, const char *argument)
{
    (void)argument;
    focus(console, console->focus - 1);
}

#define PANE(id, digit, title)                                                                     \
    static void act_##id(struct console *console, const char *argument)                            \
    {                                                                                              \
        (void)argument;                                                                            \
        focus(console, PANE_##id);                                                                 \
    }
#include "ui/panes.def"
#undef PANE

static void
act_events(struct console *console, const char *argument)
{
    (void)argument;
    focus(console, VIEW_events);
}

static void
act_open(struct console *console, const char *argument)
{
    (void)argument;
    if (console->n_overlays && console_overlay(console)->kind >= OVERLAY_ops)
        ops_open(console);
    else
        console_open_overlay(console, OVERLAY_detail, console_selected(console));
}

/* One step, the nearest first; never out of the program. */
static void
act_back(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    (void)argument;
    if (console->n_overlays)
        console->n_overlays--;
    else if (state && state->filter[0])
        state->filter[0] = '\0';
    else if (console->is_zoomed)
        console->is_zoomed = false;
    else
        console_say(console, ROLE_dim, "nothing to go back from; q quits");
}

static void
act_zoom(struct console *console, const char *argument)
{
    (void)argument;
    console->is_zoomed = !console->is_zoomed;
}

static void
act_why(struct console *console, const char *argument)
{
    console_open_overlay(console, OVERLAY_why, *argument ? argument : console_selected(console));
}

static void
act_findings(struct console *console, const char *argument)
{
    (void)argument;
    console_open_overlay(console, OVERLAY_findings, "");
}

static void
act_filter(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    console->n_overlays = 0;
    if (*argument)
        text_clean(state->filter, sizeof(state->filter), argument, strlen(argument));
    else
        prompt_open(&console->prompt, PROMPT_filter, state->filter);
}

/* All rows that are shown match; so the next one is the next match, round and round. */
static void
next(struct console *console, int by)
{
    struct pane_state *state = console_state(console);

    if (!state->filter[0]) {
        console_say(console, ROLE_dim, "no filter is set; / sets one");
        return;
    }
    if (by > 0 && state->selected_row == state->n_shown - 1)
        by = INT_MIN;
    else if (by < 0 && state->selected_row == 0)
        by = INT_MAX;
    move(console, by);
}

static void
act_next_match(struct console *console, const char *argument)
{
    (void)argument;
    next(console, 1);
}

static void
act_previous_match(struct console *console, const char *argument)
{
    (void)argument;
    next(console, -1);
}

static void
act_sort(struct console *console, const char *argument)
{
    const struct list *list = console_pane(console)->list;
    struct pane_state *state = console_state(console);

    if (!*argument) {
        console_open_overlay(console, OVERLAY_sort, console_selected(console));
        for (int i = 0; i <= (int)list->n_columns; i++)
            if (sort_menu_column(console, i) == state->sort_column)
                console_overlay(console)->choice = i;
        return;
    }
    for (size_t i = 0; i < list->n_columns; i++)
        if (list->columns[i].name && strcmp(list->columns[i].name, argument) == 0) {
            state->sort_column = (int)i;
            return;
        }
    console_say(console, ROLE_warn, "sort: no column is called \"%s\"", argument);
}

static void
act_invert(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    (void)argument;
    state->is_inverted = !state->is_inverted;
}

static void
act_follow(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    (void)argument;
    state->is_following = !state->is_following;
    console_say(console, ROLE_info, state->is_following ? "following %s" : "no longer following %s",
                state->selected);
}

static void
act_pause(struct console *console, const char *argument)
{
    (void)argument;
    console->frame.is_paused = !console->frame.is_paused;
    console_say(console, ROLE_info,
                console->frame.is_paused
                    ? "the picture is held; data keeps being collected; p goes on"
                    : "live again");
}

static void
act_refresh(struct console *console, const char *argument)
{
    struct wish wish = {.kind = WISH_refresh};
    bool is_taken = store_wish(console->store, WISH_FOR_api, &wish);

    is_taken = store_wish(console->store, WISH_FOR_probe, &wish) && is_taken;
    (void)argument;
    console_say(console, is_taken ? ROLE_info : ROLE_warn,
                is_taken ? "asking every source now" : "still busy with what was asked before");
}

static void
act_check_now(struct console *console, const char *argument)
{
    struct wish wish = {.kind = WISH_check};
    const char *id = console_selected(console);
    bool is_taken;

    (void)argument;
    if (console_pane(console) != panes[PANE_checks]) {
        console_say(console, ROLE_info, "x checks a row of Connectivity; 4 goes there");
        return;
    }
    text_clean(wish.id, sizeof(wish.id), id, strlen(id));
    is_taken = store_wish(console->store, WISH_FOR_probe, &wish);
    console_say(console, is_taken ? ROLE_info : ROLE_warn,
                is_taken ? "checking it now: %s" : "still busy with what was asked before: %s",
                wish.id);
}

static void
act_copy(struct console *console, const char *argument)
{
    (void)argument;
    copy_selected(console);
}

static void
act_copy_all(struct console *console, const char *argument)
{
    (void)argument;
    copy_all(console);
}

static void
act_theme(struct console *console, const char *argument)
{
    const struct ui_options *options = console->options;
    int n = (int)options->n_themes, index = n ? (console->theme_index + 1) % n : 0;

    if (n == 0) {
        console_say(console, ROLE_dim, "there is only the built-in theme");
        return;
    }
    if (*argument) {
        for (index = 0; index < n && strcmp(options->themes[index].name, argument) != 0; index++)
            continue;
        if (index == n) {
            console_say(console, ROLE_warn, "theme: none is called \"%s\"", argument);
            return;
        }
    }
    console->theme_index = index;
    console->frame.theme = &options->themes[index];
    console_say(console, ROLE_info, "theme: %s", console->frame.theme->name);
}

static void
act_command(struct console *console, const char *argument)
{
    (void)argument;
    prompt_open(&console->prompt, PROMPT_command, "");
}

static void
act_help(struct console *console, const char *argument)
{
    (void)argument;
    console_open_overlay(console, OVERLAY_help, console_selected(console));
}

static void
act_redraw(struct console *console, const char *argument)
{
    (void)argument;
    console->wants_redraw = true;
}

static void
act_suspend(struct console *console, const char *argument)
{
    (void)argument;
    console->wants_suspend = true;
}

static void
act_quit(struct console *console, const char *argument)
{
    (void)argument;
    console->is_quitting = ops_let_quit(console);
}

static void (*const acts[COMMAND_COUNT])(struct console *console, const char *argument) = {
#define COMMAND(id, keys, needs, argument, help) [COMMAND_##id] = act_##id,
#include "ui/commands.def"
#undef COMMAND
};

void
console_act(struct console *console, enum command_id command, const char *argument)
{
    const char *refusal = console_refusal(console, command);

    if (refusal) {
        const char *name = command_infos[command].name;
        bool is_named = strncmp(refusal, name, strlen(name)) == 0;

        console_say(console, ops_is_verb(command) ? ROLE_warn : ROLE_dim, "%s%s%s",
                    is_named ? "" : name, is_named ? "" : ": ", refusal);
        return;
    }
    acts[command](console, argument);
}
