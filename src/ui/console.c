#include "ui/console.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ui/keys.h"
#include "ui/list.h"
#include "ui/op_words.h"

enum { LOOK_AT_EVERY_MS = 400, CONTROL_C = 3, CONTROL_L = 12 };

static int
theme_find(const struct ui_options *options, const char *name)
{
    for (size_t i = 0; i < options->n_themes; i++)
        if (name && strcmp(options->themes[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool
console_open(struct console *console, const struct ui_options *options, struct store *store,
             struct err *err)
{
    int theme = theme_find(options, options->theme);

    *console = (struct console){.options = options, .store = store};
    if (!bindings_make(&console->bindings, options->bindings, options->n_bindings, err))
        return false;
    console->events = events_new();
    console->focus = PANE_jobs;
    console->theme_index = theme < 0 ? 0 : theme;
    for (int i = 0; i < PANE_COUNT; i++)
        console->state[i].sort_column = -1;
    console->ops_state.sort_column = -1;
    console->frame = (struct frame){
        .theme = theme < 0 ? theme_builtin() : &options->themes[theme],
        .context = options->context ? options->context : "",
        .is_production = options->is_production,
        .is_read_only = options->is_read_only,
    };
    return true;
}

void
console_close(struct console *console)
{
    for (int i = 0; i < PANE_COUNT; i++)
        pane_state_free(&console->state[i]);
    pane_state_free(&console->ops_state);
    op_watch_free(&console->op_watch);
    check_watch_free(&console->check_watch);
    free(console->dialog.ids);
    assessment_free(console->assessment);
    store_release(console->store, &console->snapshot);
    events_free(console->events);
    free(console->to_send);
    *console = (struct console){0};
}

static bool
is_news(const struct console *console, const struct snapshot *now, int64_t now_ms)
{
    return !console->assessment || now->version != console->snapshot.version ||
           now_ms / 1000 != console->assessment->at_ms / 1000;
}

/* A mark is on a thing, and goes when the thing has gone. */
static void
prune_marks(struct console *console)
{
    for (int view = 0; view < PANE_COUNT; view++) {
        struct marks *marks = &console->state[view].marks;

        for (size_t i = marks->n; i-- > 0;)
            if (!list_has(panes[view]->list, &console->frame, marks->ids[i]))
                marks_remove(marks, i);
    }
}

/* While something is marked or asked, no row changes its place. */
static void
hold_orders(struct console *console)
{
    const struct overlay *top = console_overlay(console);
    bool is_asking = top && (top->kind == OVERLAY_dialog || top->kind == OVERLAY_pick);

    for (int view = 0; view < PANE_COUNT; view++)
        console->state[view].is_held = is_asking || console->state[view].marks.n > 0;
}

void
console_update(struct console *console, int64_t now_ms)
{
    struct snapshot now;
    struct assessment *before = console->assessment;

    if (console->frame.is_paused) {
        store_woken(console->store);
        return;
    }
    store_woken(console->store);
    store_snapshot(console->store, &now);
    console->frame.now_ms = now_ms;
    if (!is_news(console, &now, now_ms)) {
        store_release(console->store, &now);
        return;
    }
    console->assessment = assess(&now, &console->options->thresholds, now_ms);
    store_release(console->store, &console->snapshot);
    console->snapshot = now;
    assessment_free(before);
    console->frame.snapshot = &console->snapshot;
    console->frame.assessment = console->assessment;
    check_watch_look(&console->check_watch, &console->snapshot, console->events, now_ms);
    events_watch(console->events, &console->snapshot, console->assessment, now_ms);
    op_watch_look(console);
    prune_marks(console);
    dialog_watch(console);
}

void
console_say(struct console *console, enum role role, const char *format, ...)
{
    struct text out = {.bytes = console->message, .size = sizeof(console->message)};
    va_list args;

    text_clear(&out);
    va_start(args, format);
    text_vaddf(&out, format, args);
    va_end(args);
    console->message_role = role;
    console->message_until_ms = console->frame.now_ms + MESSAGE_MS;
}

struct overlay *
console_overlay(struct console *console)
{
    return console->n_overlays ? &console->overlay[console->n_overlays - 1] : NULL;
}

const struct pane *
console_pane(const struct console *console)
{
    int view =
        console->n_overlays ? console->overlay[console->n_overlays - 1].pane : console->focus;

    return view < PANE_COUNT ? panes[view] : NULL;
}

struct pane_state *
console_state(struct console *console)
{
    int view =
        console->n_overlays ? console->overlay[console->n_overlays - 1].pane : console->focus;

    return view < PANE_COUNT ? &console->state[view] : NULL;
}

const char *
console_selected(const struct console *console)
{
    if (console->n_overlays)
        return console->overlay[console->n_overlays - 1].id;
    if (console->focus >= PANE_COUNT)
        return "";
    return console->state[console->focus].selected;
}

void
console_open_overlay(struct console *console, enum overlay_kind kind, const char *id)
{
    struct overlay overlay = {.kind = kind, .pane = console->focus};
    struct overlay *top = console_overlay(console);

    if (top)
        overlay.pane = top->pane;
    text_clean(overlay.id, sizeof(overlay.id), id, strlen(id));
    if (top && top->kind == kind) {
        *top = overlay;
        return;
    }
    if (console->n_overlays == OVERLAYS_MOST)
        memmove(&console->overlay[0], &console->overlay[1],
                (size_t)--console->n_overlays * sizeof(overlay));
    console->overlay[console->n_overlays++] = overlay;
    console->explanation[0] = '\0';
}

static void
draw_events(struct console *console, struct canvas *canvas, struct rect r)
{
    bool is_focused = console->focus == VIEW_events;
    enum role role = is_focused ? ROLE_title_focused : ROLE_title;
    struct rect inner =
        canvas_frame(canvas, r, console->frame.theme, console->frame.is_ascii, is_focused);

    canvas_text(canvas, r.x + 2, r.y, 3, ROLE_key, " 6 ");
    canvas_text(canvas, r.x + 5, r.y, r.w - 7, role, "Events ");
    canvas_clip(canvas, inner);
    events_draw(console->events, canvas, inner, &console->frame, console->events_scroll);
}

static void
draw_pane(struct console *console, struct canvas *canvas, int view, struct rect r)
{
    const struct frame *frame = &console->frame;
    const struct pane *pane = panes[view];
    struct pane_state *state = &console->state[view];
    bool is_focused = console->focus == view;
    struct rect inner = r;

    if (console->layout.has_frames)
        inner = canvas_frame(canvas, r, frame->theme, frame->is_ascii, is_focused);
    canvas_clip(canvas, inner);
    pane->draw(canvas, inner, frame, state, is_focused);
    canvas_clip(canvas, r);
    if (console->layout.has_frames) /* after the rows, because it counts them */
        pane_draw_title(canvas, r, pane, frame, state, is_focused);
}

/* The strip's boxes have room for a title and the worst rows only. */
static void
draw_summary(struct console *console, struct canvas *canvas, int view, struct rect r)
{
    const struct frame *frame = &console->frame;
    const struct pane *pane = panes[view];
    struct rect inner = canvas_frame(canvas, r, frame->theme, frame->is_ascii, false);
    char digit[4] = {' ', pane->digit, ' ', '\0'};

    canvas_text(canvas, r.x + 1, r.y, 3, ROLE_key, digit);
    if ((int)text_cells(pane->title) + 6 <= r.w)
        canvas_textf(canvas, r.x + 4, r.y, r.w - 5, ROLE_title, "%s ", pane->title);
    else
        canvas_textf(canvas, r.x + 4, r.y, r.w - 5, ROLE_title, "%c%s ", toupper(pane->name[0]),
                     pane->name + 1);
    canvas_clip(canvas, inner);
    inner.h -= pane_draw_age(pane, canvas, inner, frame);
    pane->draw_summary(canvas, inner, frame);
}

/* The selection of the focused pane in full, beside the panes. */
static void
draw_detail(struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    const struct pane *pane =
        console->focus < PANE_COUNT ? panes[console->focus] : panes[PANE_jobs];
    const struct pane_state *state =
        &console->state[pane == panes[PANE_jobs] ? PANE_jobs : console->focus];
    struct rect inner = canvas_frame(canvas, r, frame->theme, frame->is_ascii, false);

    canvas_textf(canvas, r.x + 1, r.y, r.w - 2, ROLE_title, " Detail ");
    canvas_textf(canvas, r.x + 9, r.y, r.w - 10, ROLE_dim, "of the selected row ");
    canvas_clip(canvas, inner);
    if (pane->draw_detail && state->selected[0])
        pane->draw_detail(canvas, inner, frame, state->selected, 0);
    else
        canvas_text(canvas, inner.x + 1, inner.y, inner.w - 1, ROLE_dim, "nothing is selected");
}

static void
draw_view(struct console *console, struct canvas *canvas, int view)
{
    struct rect r = console->layout.view[view];

    canvas_clip(canvas, r);
    if (r.w < 1 || r.h < 1 || console->layout.size[view] == VIEW_HIDDEN)
        return;
    if (view == VIEW_events)
        draw_events(console, canvas, r);
    else if (console->layout.size[view] == VIEW_SUMMARY)
        draw_summary(console, canvas, view, r);
    else
        draw_pane(console, canvas, view, r);
}

void
console_draw(struct console *console, struct canvas *canvas)
{
    int w = canvas_width(canvas), h = canvas_height(canvas);

    canvas_reset(canvas, w, h);
    hold_orders(console);
    console->layout = layout_make(w, h, console->focus, console->is_zoomed);
    for (int view = 0; view < VIEW_COUNT; view++)
        draw_view(console, canvas, view);
    if (console->layout.detail.w > 0) {
        canvas_clip(canvas, console->layout.detail);
        draw_detail(console, canvas, console->layout.detail);
    }
    canvas_clip(canvas, canvas_all(canvas));
    if (console->n_overlays && !console->layout.is_counts)
        overlay_draw(console, canvas);
    canvas_clip(canvas, canvas_all(canvas));
    header_draw(console, canvas);
    footer_draw(console, canvas);
}

void
console_key(struct console *console, int key)
{
    enum command_id command = bindings_find(&console->bindings, key);
    TEXT(name, 16);

    console->message[0] = '\0';
    console->typed_ms = console->mono_ms;
    if (command != COMMAND_quit)
        console->quit_until_ms = 0;
    if (console->n_overlays && console_overlay(console)->kind == OVERLAY_dialog &&
        key != CONTROL_L) {
        dialog_key(console, key);
        return;
    }
    if (console->prompt.kind != PROMPT_none) {
        console_type(console, key);
        return;
    }
    if (console->options->is_wall && key != CONTROL_C) {
        console_say(console, ROLE_dim, "keys are off on a wall; ^C ends it");
        return;
    }
    if (console->n_overlays && overlay_key(console, key))
        return;
    if (command != COMMAND_none) {
        console_act(console, command, "");
        return;
    }
    key_add(&name, key);
    console_say(console, ROLE_dim, "%s does nothing here; ? shows what does", name.bytes);
}

void
console_tick(struct console *console, int64_t mono_ms)
{
    const struct control *control = control_of(&console->snapshot);
    bool is_armed = control && control->armed_until_ms > console->frame.now_ms &&
                    control->armed_until_ms != INT64_MAX;

    console->mono_ms = mono_ms;
    if (!is_armed || console->typed_ms == 0) {
        console->typed_ms = mono_ms;
    } else if (mono_ms - console->typed_ms >= IDLE_MS) {
        console->typed_ms = mono_ms;
        order_disarm(console, "nobody typed for three minutes");
    }
    dialog_watch(console);
}

bool
console_takes_paste(const struct console *console)
{
    return console->prompt.kind != PROMPT_none || dialog_takes_paste(console);
}

int64_t
console_due_ms(const struct console *console)
{
    return dialog_calm_at_ms(console);
}

void
console_leave(struct console *console)
{
    const struct control *control = control_of(&console->snapshot);

    if (control && control->armed_until_ms > console->frame.now_ms)
        order_disarm(console, "the console was left");
}

int64_t
console_look_at(struct console *console, int64_t mono_ms)
{
    bool is_op = console->n_overlays && console_overlay(console)->kind >= OVERLAY_ops;
    const char *id = is_op ? "" : console_selected(console);
    struct wish wish = {.kind = WISH_look_at};

    text_clean(wish.id, sizeof(wish.id), id, strlen(id));
    if (strcmp(wish.id, console->looked_at) == 0)
        return INT64_MAX;
    if (mono_ms - console->looked_at_ms < LOOK_AT_EVERY_MS)
        return console->looked_at_ms + LOOK_AT_EVERY_MS;
    store_wish(console->store, WISH_FOR_api, &wish);
    memcpy(console->looked_at, wish.id, sizeof(wish.id));
    console->looked_at_ms = mono_ms;
    return INT64_MAX;
}
