#include "ui/console.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/keys.h"

struct hint {
    enum command_id command;
    const char *word;
};

/* In the order in which they give way, the last first. */
static const struct hint pane_hints[] = {
    {COMMAND_help, "help"},       {COMMAND_quit, "quit"},         {COMMAND_next_pane, "pane"},
    {COMMAND_open, "open"},       {COMMAND_why, "why"},           {COMMAND_filter, "filter"},
    {COMMAND_zoom, "zoom"},       {COMMAND_findings, "findings"}, {COMMAND_sort, "sort"},
    {COMMAND_command, "command"}, {COMMAND_copy, "copy"},         {COMMAND_refresh, "refresh"},
    {COMMAND_pause, "pause"},     {COMMAND_follow, "follow"},     {COMMAND_theme, "theme"},
};

static const struct hint overlay_hints[] = {
    {COMMAND_back, "back"},   {COMMAND_help, "help"}, {COMMAND_quit, "quit"},
    {COMMAND_down, "scroll"}, {COMMAND_why, "why"},   {COMMAND_copy, "copy"},
};

static const struct hint menu_hints[] = {
    {COMMAND_open, "choose"},
    {COMMAND_back, "back"},
    {COMMAND_invert, "invert"},
};

static const struct hint help_hints[] = {
    {COMMAND_back, "back"},
    {COMMAND_down, "scroll"},
};

static void
hint_draw(const struct console *console, struct canvas *canvas, int *x, int end, int y,
          const struct hint *hint)
{
    int key = bindings_key(&console->bindings, hint->command), cells;
    TEXT(name, 16);

    if (key == KEY_NONE)
        return;
    key_add(&name, key);
    cells = (int)(text_cells(name.bytes) + 1 + text_cells(hint->word));
    if (*x + cells > end)
        return;
    *x += canvas_text(canvas, *x, y, end - *x, ROLE_key, name.bytes) + 1;
    *x += canvas_text(canvas, *x, y, end - *x, ROLE_dim, hint->word) + 2;
}

static void
hints_draw(struct console *console, struct canvas *canvas, struct rect r)
{
    const struct overlay *top = console_overlay(console);
    const struct hint *hints = pane_hints;
    size_t n = COUNT_OF(pane_hints);
    int x = r.x + 1;

    if (console->options->is_wall) {
        canvas_text(canvas, x, r.y, r.w - 2, ROLE_dim, "wall: keys are off; ^C leaves");
        return;
    }
    if (top) {
        hints = overlay_hints;
        n = COUNT_OF(overlay_hints);
    }
    if (top && top->kind == OVERLAY_sort) {
        hints = menu_hints;
        n = COUNT_OF(menu_hints);
    }
    if (top && top->kind == OVERLAY_help) {
        hints = help_hints;
        n = COUNT_OF(help_hints);
        x +=
            canvas_text(canvas, x, r.y, r.w - 2, ROLE_text, "press a key to have it explained") + 2;
    }
    for (size_t i = 0; i < n; i++)
        hint_draw(console, canvas, &x, r.x + r.w - 1, r.y, &hints[i]);
}

/* The newest event, so that a change is seen without the events pane. */
static void
newest_event_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct event *event = events_at(console->events, 0);
    const struct frame *frame = &console->frame;
    int x = r.x + 1;
    TEXT(when, 16);

    if (!event)
        return;
    time_of_day_add(&when, event->at_ms);
    x += canvas_text(canvas, x, r.y, r.w - 2, ROLE_dim, when.bytes) + 1;
    x += canvas_text(canvas, x, r.y, 1, event->role,
                     glyph(frame->theme, frame->is_ascii, event->role)) +
         1;
    x += canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_dim, event->what) + 1;
    canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_text, event->text);
}

static enum role
source_role(const struct source_status *status, int64_t now_ms)
{
    if (status->state == SOURCE_STATE_error)
        return ROLE_fail;
    if (status->state == SOURCE_STATE_disabled)
        return ROLE_dim;
    if (status->state == SOURCE_STATE_waiting || source_is_stale(status, now_ms))
        return ROLE_stale;
    return ROLE_ok;
}

/* Where the events have a pane of their own: which sources are fresh, and how old the others are. A
 * fresh one's age would change every second and say nothing. */
static void
sources_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    int x = r.x + 1, end = r.x + r.w - 1;

    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &frame->snapshot->source[i];
        enum role role = source_role(status, frame->now_ms);
        TEXT(age, 16);

        if (status->state == SOURCE_STATE_disabled)
            text_add(&age, "off");
        else if (role != ROLE_ok && status->ok_at_ms > 0)
            duration_add(&age, frame->now_ms - status->ok_at_ms);
        if (x + 2 + (int)(strlen(source_name((enum source)i)) + strlen(age.bytes)) > end)
            return;
        x += canvas_text(canvas, x, r.y, 1, role, glyph(frame->theme, frame->is_ascii, role)) + 1;
        x += canvas_text(canvas, x, r.y, end - x, role == ROLE_fail ? ROLE_text : ROLE_dim,
                         source_name((enum source)i)) +
             1;
        if (age.n > 0)
            x +=
                canvas_text(canvas, x, r.y, end - x, role == ROLE_ok ? ROLE_dim : role, age.bytes) +
                1;
        x += 1;
    }
}

static bool
has_message(const struct console *console)
{
    return console->message[0] &&
           (console->frame.is_paused || console->frame.now_ms < console->message_until_ms);
}

void
footer_draw(struct console *console, struct canvas *canvas)
{
    const struct layout *layout = &console->layout;
    struct rect last = {0, canvas_height(canvas) - 1, canvas_width(canvas), 1};
    struct rect message = layout->message.h ? layout->message : last;

    if (layout->hints.h)
        hints_draw(console, canvas, layout->hints);
    if (console->prompt.kind != PROMPT_none) {
        prompt_draw(&console->prompt, canvas, message);
    } else if (has_message(console) && !layout->is_counts) {
        canvas_fill(canvas, message, ROLE_text, " ");
        canvas_text(canvas, message.x + 1, message.y, message.w - 2, console->message_role,
                    console->message);
    } else if (layout->message.h && layout->size[VIEW_events] == VIEW_WHOLE) {
        sources_draw(console, canvas, layout->message);
    } else if (layout->message.h) {
        newest_event_draw(console, canvas, message);
    }
}
