#include "ui/console.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "model/looks.h"
#include "ui/keys.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

enum { EVENT_SHOWN_MS = 5000, MORE_CELLS = 3 };
enum { BESIDE_CELLS = 3, NEXT_STEP_CELLS = 30 /* at least */ };

struct hint {
    enum command_id command;
    const char *word;
};

/* In the order in which they give way, the last first. */
static const struct hint pane_hints[] = {
    {COMMAND_help, "help"},       {COMMAND_quit, "quit"},         {COMMAND_next_pane, "pane"},
    {COMMAND_open, "open"},       {COMMAND_why, "why"},           {COMMAND_drain, "drain"},
    {COMMAND_restart, "restart"}, {COMMAND_stop, "stop"},         {COMMAND_filter, "filter"},
    {COMMAND_zoom, "zoom"},       {COMMAND_findings, "findings"}, {COMMAND_sort, "sort"},
    {COMMAND_command, "command"}, {COMMAND_copy, "copy"},         {COMMAND_refresh, "refresh"},
    {COMMAND_mark, "mark"},       {COMMAND_ops, "ops"},           {COMMAND_arm, "arm"},
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

static const struct hint op_hints[] = {
    {COMMAND_back, "back"},
    {COMMAND_open, "open, answer"},
    {COMMAND_undo, "undo, cancel"},
    {COMMAND_help, "help"},
};

static const struct hint help_hints[] = {
    {COMMAND_back, "back"},
    {COMMAND_down, "scroll"},
};

/* A verb that means nothing to these rows has no place here; one that is refused now stands in
 * parentheses, and explains itself when it is pressed. */
static void
hint_draw(const struct console *console, struct canvas *canvas, struct rect *room,
          const struct hint *hint)
{
    bool is_verb = ops_is_verb(hint->command);
    bool is_refused = is_verb && !ops_is_permitted(console, hint->command);
    int key = bindings_key(&console->bindings, hint->command), cells, x = room->x;
    TEXT(name, 16);

    if (key == KEY_NONE || (is_verb && ops_kind_here(console, hint->command) == OP_KIND_COUNT))
        return;
    if (is_refused)
        text_add(&name, "(");
    key_add(&name, key);
    cells = (int)(text_cells(name.bytes) + 1 + text_cells(hint->word)) + is_refused;
    if (cells > room->w)
        return;
    x += canvas_text(canvas, x, room->y, cells, is_refused ? ROLE_dim : ROLE_key, name.bytes) + 1;
    x += canvas_text(canvas, x, room->y, cells, ROLE_dim, hint->word);
    if (is_refused)
        canvas_text(canvas, x, room->y, 1, ROLE_dim, ")");
    room->x += cells + 2;
    room->w -= cells + 2;
}

/* What Enter would do, in words: the highlight and the words say the same. */
static void
dialog_hint_add(struct console *console, struct text *out)
{
    enum dialog_stop stop = console->dialog.stop;
    const struct overlay *top = console_overlay(console);
    TEXT(why, 200);

    text_add(out, "Enter: ");
    if (stop < STOP_grace)
        text_add(out, "change this choice");
    else if (stop == STOP_cancel)
        text_add(out, dialog_cancel_word(console));
    else if (stop == STOP_dismiss)
        text_add(out, "set it aside for good");
    else if (stop == STOP_reason || stop == STOP_message || stop == STOP_grace)
        text_add(out, "go on");
    else if (!dialog_may_act(console, &why))
        text_addf(out, "not yet: %s", why.bytes);
    else
        dialog_add_action(console, out);
    text_add(out, stop == STOP_grace ? "   - + change   " : "   ");
    text_add(out, top->lines > top->visible_lines ? "Tab next   PgDn more   " : "Tab next   ");
    text_addf(out, "Esc %s", dialog_escape_word(console));
}

struct hints {
    const struct hint *hints;
    size_t n;
};

static struct hints
hints_for(const struct overlay *top)
{
    if (!top)
        return (struct hints){pane_hints, COUNT_OF(pane_hints)};
    switch (top->kind) {
    case OVERLAY_sort:
        return (struct hints){menu_hints, COUNT_OF(menu_hints)};
    case OVERLAY_pick:
        return (struct hints){menu_hints, COUNT_OF(menu_hints) - 1};
    case OVERLAY_help:
        return (struct hints){help_hints, COUNT_OF(help_hints)};
    case OVERLAY_ops:
    case OVERLAY_op:
        return (struct hints){op_hints, COUNT_OF(op_hints)};
    default:
        return (struct hints){overlay_hints, COUNT_OF(overlay_hints)};
    }
}

static void
hints_draw(struct console *console, struct canvas *canvas, struct rect r)
{
    const struct overlay *top = console_overlay(console);
    struct hints hints = hints_for(top);
    struct rect room = {r.x + 1, r.y, r.w - 2, 1};
    TEXT(line, 300);

    if (console->options->is_wall)
        text_add(&line, "wall: keys are off; ^C leaves");
    else if (top && top->kind == OVERLAY_dialog)
        dialog_hint_add(console, &line);
    if (line.n) {
        canvas_text(canvas, room.x, r.y, room.w, ROLE_dim, line.bytes);
        return;
    }
    if (top && top->kind == OVERLAY_help) {
        int used =
            canvas_text(canvas, room.x, r.y, room.w, ROLE_text, "press a key to have it explained");

        room.x += used + 2;
        room.w -= used + 2;
    }
    for (size_t i = 0; i < hints.n; i++)
        hint_draw(console, canvas, &room, &hints.hints[i]);
}

/* Every key is a dialog's while it is open. */
static bool
is_asking(const struct console *console)
{
    return console->n_overlays > 0 &&
           console->overlay[console->n_overlays - 1].kind == OVERLAY_dialog;
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
    x += canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_dim, event->what);
    x += canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_dim, ": ");
    canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_text, event->text);
}

/* What to do about the worst finding, where the diagnosis line has no room for it; for a moment
 * what has just happened instead, unless that is the finding once more. */
static bool
next_step_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct assessment *assessment = console->frame.assessment;
    const struct event *event = events_at(console->events, 0);
    int x = r.x + 1;

    if (console->is_next_step_said || assessment->n_findings == 0)
        return false;
    if (event && console->frame.now_ms - event->at_ms < EVENT_SHOWN_MS &&
        strncmp(event->text, assessment->findings[0].summary, strlen(event->text)) != 0)
        return false;
    x += canvas_text(canvas, x, r.y, r.w - 2, ROLE_key, "next step") + 2;
    canvas_text(canvas, x, r.y, r.x + r.w - 1 - x, ROLE_text, assessment->findings[0].next_step);
    return true;
}

static void
source_age_add(struct text *out, const struct frame *frame, enum source source)
{
    const struct source_status *status = &frame->snapshot->source[source];

    if (status->state == SOURCE_STATE_disabled)
        text_add(out, "off");
    else if (source_role(status, frame->now_ms) != ROLE_ok && status->ok_at_ms > 0)
        duration_add(out, frame->now_ms - status->ok_at_ms);
}

/* With the blanks behind it. */
static int
source_cells(const struct frame *frame, enum source source)
{
    TEXT(age, 16);

    source_age_add(&age, frame, source);
    return (int)(2 + strlen(source_name(source)) + (age.n > 0) + age.n + 2);
}

static void
source_draw(const struct frame *frame, struct canvas *canvas, int x, int y, enum source source)
{
    enum role role = source_role(&frame->snapshot->source[source], frame->now_ms);
    const char *name = source_name(source);
    TEXT(age, 16);

    source_age_add(&age, frame, source);
    canvas_text(canvas, x, y, 1, role, glyph(frame->theme, frame->is_ascii, role));
    x += 2 + canvas_text(canvas, x + 2, y, (int)strlen(name),
                         role == ROLE_fail ? ROLE_text : ROLE_dim, name);
    if (age.n > 0)
        canvas_text(canvas, x + 1, y, (int)age.n, role, age.bytes);
}

/* As the list has them; where not all have room, those that fail or are late first. */
static void
sources_order(const struct frame *frame, bool has_room, enum source out[SOURCE_COUNT])
{
    static const enum role first[] = {ROLE_fail, ROLE_stale, ROLE_ok, ROLE_dim};
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(first); i++)
        for (int source = 0; source < SOURCE_COUNT; source++)
            if (source_role(&frame->snapshot->source[source], frame->now_ms) == first[i])
                out[has_room ? (size_t)source : n++] = (enum source)source;
}

/* Where the events have a pane of their own: which sources are fresh, and how old the others are. A
 * fresh one's age would change every second and say nothing. */
static void
sources_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    enum source sources[SOURCE_COUNT];
    int all = 0, x = r.x + 1, end = r.x + r.w - 1;
    bool has_room;

    for (int source = 0; source < SOURCE_COUNT; source++)
        all += source_cells(frame, (enum source)source);
    has_room = x + all - 2 <= end;
    sources_order(frame, has_room, sources);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        int cells = source_cells(frame, sources[i]);

        if (!has_room && x + cells + MORE_CELLS > end) {
            canvas_textf(canvas, x, r.y, MORE_CELLS, ROLE_dim, "+%zu", SOURCE_COUNT - i);
            return;
        }
        source_draw(frame, canvas, x, r.y, sources[i]);
        x += cells;
    }
}

static bool
has_message(const struct console *console)
{
    return console->message[0] &&
           (console->frame.is_paused || console->frame.now_ms < console->message_until_ms);
}

/* Its key, or its name where no key is left. */
static void
how_to_say(const struct console *console, struct text *out, enum command_id command)
{
    int key = bindings_key(&console->bindings, command);

    if (key != KEY_NONE)
        key_add(out, key);
    else
        text_addf(out, ":%s", command_infos[command].name);
}

/* What was left in the middle, and the next step of what is wrong now, side by side: whoever looks
 * at the one must not lose sight of the other. False when one of them is not there, or no room. */
static bool
interrupted_beside_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    size_t others;
    const struct op *op = op_interrupted(frame->snapshot, &others);
    int cells, x;
    TEXT(line, 200);

    if (!op || console->is_next_step_said || frame->assessment->n_findings == 0)
        return false;
    text_add(&line, "interrupted: ");
    op_add_name(&line, op);
    text_add(&line, " (");
    how_to_say(console, &line, COMMAND_ops);
    text_add(&line, ")");
    if (others > 0)
        text_addf(&line, " +%zu", others);
    cells = (int)text_cells(line.bytes);
    if (r.w - cells - BESIDE_CELLS < NEXT_STEP_CELLS)
        return false;
    x = r.x + r.w - 1 - cells;
    canvas_fill(canvas, r, ROLE_text, " ");
    canvas_text(canvas, x - 2, r.y, 1, op_state_role(op->state),
                glyph(frame->theme, frame->is_ascii, op_state_role(op->state)));
    canvas_text(canvas, x, r.y, cells, ROLE_warn, line.bytes);
    r.w -= cells + BESIDE_CELLS;
    if (!next_step_draw(console, canvas, r))
        newest_event_draw(console, canvas, r);
    return true;
}

/* While something of ours is under way, or was left in the middle; false when nothing is. */
static bool
op_line_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    size_t others;
    const struct op *op = op_line_which(frame->snapshot, &others);
    bool is_asked = is_asking(console);
    struct op_line_keys keys = {"", "", ""};
    int end = r.x + r.w - 1, x = r.x + 1;
    TEXT(undo, 16);
    TEXT(show, 16);
    TEXT(line, 400);
    TEXT(more, 40);

    if (!op && !is_asked && interrupted_beside_draw(console, canvas, r))
        return true;
    if (!op)
        op = op_interrupted(frame->snapshot, &others);
    if (!op)
        return false;
    text_add(&undo, is_asked ? "Esc " : "");
    how_to_say(console, &undo, COMMAND_undo);
    how_to_say(console, &show, COMMAND_ops);
    keys.undo = undo.bytes;
    if (!is_asked) { /* in a dialog every letter is the dialog's */
        keys.cancel = undo.bytes;
        keys.show = show.bytes;
    }
    op_line_add(&line, op, frame, &keys, r.w);
    canvas_fill(canvas, r, ROLE_text, " ");
    if (others > 0) {
        text_addf(&more, " +%zu more", others);
        end -= (int)text_cells(more.bytes);
        canvas_text(canvas, end, r.y, r.w, ROLE_key, more.bytes);
    }
    x += canvas_text(canvas, x, r.y, 1, op_state_role(op->state),
                     glyph(frame->theme, frame->is_ascii, op_state_role(op->state))) +
         1;
    canvas_text(canvas, x, r.y, end - x, op_wants_attention(op) ? ROLE_warn : ROLE_title,
                line.bytes);
    return true;
}

/* A question that cannot be shown is said to be there, and cannot be answered. */
static bool
hidden_dialog_draw(const struct console *console, struct canvas *canvas)
{
    if (!console->layout.is_counts || !is_asking(console))
        return false;
    canvas_fill(canvas, console->layout.bar, ROLE_text, " ");
    canvas_text(canvas, 0, console->layout.bar.y, canvas_width(canvas), ROLE_warn,
                "a question needs 40x10; Esc closes it");
    return true;
}

void
footer_draw(struct console *console, struct canvas *canvas)
{
    const struct layout *layout = &console->layout;
    struct rect last = {0, canvas_height(canvas) - 1, canvas_width(canvas), 1};
    struct rect message = layout->message.h ? layout->message : last;

    if (layout->hints.h)
        hints_draw(console, canvas, layout->hints);
    if (hidden_dialog_draw(console, canvas))
        return;
    if (console->prompt.kind != PROMPT_none) {
        prompt_draw(&console->prompt, canvas, message);
    } else if (has_message(console) && !layout->is_counts) {
        canvas_fill(canvas, message, ROLE_text, " ");
        canvas_text(canvas, message.x + 1, message.y, message.w - 2, console->message_role,
                    console->message);
    } else if (!layout->is_counts && op_line_draw(console, canvas, message)) {
        return;
    } else if (layout->message.h && layout->size[VIEW_events] == VIEW_WHOLE) {
        sources_draw(console, canvas, layout->message);
    } else if (layout->message.h && !next_step_draw(console, canvas, message)) {
        newest_event_draw(console, canvas, message);
    }
}
