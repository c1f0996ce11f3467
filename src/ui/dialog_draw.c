#include <string.h>

#include "core/text.h"
#include "ui/console.h"
#include "ui/op_words.h"
#include "ui/plan_page.h"

enum { LABEL_CELLS = 12, NOTE_FROM_LINES = 6, FRAME_LINES = 2 };

static const char *
name_of(const struct console *console)
{
    const struct op *op = dialog_op(console);

    return op && op->object_name[0] ? op->object_name : console->dialog.name;
}

void
dialog_add_title(const struct console *console, struct text *out)
{
    const struct dialog *dialog = &console->dialog;

    if (dialog->kind == DIALOG_arm) {
        text_add(out, "Arm");
        return;
    }
    op_add_title(out, dialog->op, name_of(console));
    if (dialog_is_one_of_several(dialog))
        text_addf(out, "  %zu of %zu", dialog->next_id, dialog->n_ids);
    if (dialog->is_second_step)
        text_add(out, "  second confirmation");
}

void
dialog_add_action(const struct console *console, struct text *out)
{
    const struct dialog *dialog = &console->dialog;
    const struct op *op = dialog_op(console);

    if (dialog->kind == DIALOG_arm)
        text_add(out, "Arm");
    else if (dialog->kind == DIALOG_answer)
        text_add(out, op_offer_word(dialog->offer));
    else if (op && op->must_retype[0] && !dialog->is_second_step)
        text_add(out, "Go on");
    else
        op_add_title(out, dialog->op, name_of(console));
}

const char *
dialog_cancel_word(const struct console *console)
{
    if (!dialog_has_stop(console, STOP_act))
        return "Close";
    return console->dialog.kind == DIALOG_answer ? "Not now" : "Cancel";
}

const char *
dialog_escape_word(const struct console *console)
{
    if (console->dialog.is_second_step)
        return "back";
    if (!dialog_has_stop(console, STOP_act))
        return "close";
    return console->dialog.kind == DIALOG_answer ? "not now" : "cancel";
}

static const char *
label_of(enum dialog_stop stop)
{
    static const char *const labels[] = {
        [STOP_reason] = "reason",
        [STOP_message] = "message",
        [STOP_name] = "",
        [STOP_retype] = "",
    };

    return labels[stop];
}

static void
draw_field(struct console *console, struct canvas *canvas, struct rect line, enum dialog_stop stop)
{
    bool is_here = console->dialog.stop == stop;
    struct field *field = dialog_field(console, stop);
    const struct frame *frame = &console->frame;
    struct rect box = {line.x + LABEL_CELLS, line.y, line.w - LABEL_CELLS, 1};
    TEXT(label, 200);

    text_add(&label, label_of(stop));
    if (!label.n) {
        text_addf(&label, "type %s", dialog_wanted(console, stop));
        if (text_cells(label.bytes) + 4 > LABEL_CELLS)
            box.x = line.x + 4 + (int)text_cells(label.bytes);
        if (box.x > line.x + line.w * 2 / 3)
            box.x = line.x + line.w * 2 / 3;
        box.w = line.x + line.w - box.x;
    }
    canvas_text(canvas, line.x, line.y, 1, ROLE_key,
                is_here ? glyph(frame->theme, frame->is_ascii, ROLE_selected) : " ");
    canvas_text(canvas, line.x + 2, line.y, box.x - line.x - 3,
                stop >= STOP_name ? ROLE_warn : ROLE_dim, label.bytes);
    canvas_text(canvas, box.x - 1, line.y, 1, ROLE_dim, "[");
    canvas_text(canvas, box.x + box.w - 1, line.y, 1, ROLE_dim, "]");
    box.w -= 1;
    field_draw(field, canvas, box, is_here);
    if (field->n == 0 && stop == STOP_reason && !is_here)
        canvas_text(canvas, box.x, line.y, box.w, ROLE_dim, "a ticket, such as INC-4711");
}

static int
draw_button(struct console *console, struct canvas *canvas, struct rect line, enum dialog_stop stop,
            const char *word)
{
    bool is_here = console->dialog.stop == stop;
    const struct frame *frame = &console->frame;
    enum role role = ROLE_text;
    int cells;
    TEXT(why, 200);
    TEXT(label, DIALOG_NAME_BYTES + 16);

    text_addf(&label, "[ %s ]", word);
    cells = (int)text_cells(label.bytes);
    if (cells > line.w - 2)
        cells = line.w - 2;
    if (stop == STOP_act && !dialog_may_act(console, &why))
        role = ROLE_dim;
    else if (stop == STOP_act)
        role = is_here ? ROLE_armed : ROLE_warn;
    if (is_here)
        canvas_text(canvas, line.x, line.y, 1, ROLE_key,
                    glyph(frame->theme, frame->is_ascii, ROLE_selected));
    canvas_text(canvas, line.x + 2, line.y, cells, role, label.bytes);
    if (is_here && role != ROLE_armed)
        canvas_over(canvas, (struct rect){line.x + 2, line.y, cells, 1}, ROLE_selected);
    return cells + 4;
}

/* Cancel first: it is the default. */
static void
draw_buttons(struct console *console, struct canvas *canvas, struct rect line)
{
    int used = draw_button(console, canvas, line, STOP_cancel, dialog_cancel_word(console));
    TEXT(action, DIALOG_NAME_BYTES + 16);

    line.x += used;
    line.w -= used;
    if (!dialog_has_stop(console, STOP_act))
        return;
    if (dialog_has_stop(console, STOP_dismiss)) {
        used = draw_button(console, canvas, line, STOP_dismiss, "Dismiss");
        line.x += used;
        line.w -= used;
    }
    dialog_add_action(console, &action);
    draw_button(console, canvas, line, STOP_act, action.bytes);
}

static int
fields_count(const struct console *console)
{
    int n = 0;

    for (enum dialog_stop stop = STOP_reason; stop <= STOP_retype; stop++)
        n += dialog_has_stop(console, stop);
    return n;
}

/* Fields, the note and the buttons, from the last line up. */
static int
foot_lines(const struct console *console, int room)
{
    int n = fields_count(console) + 1;

    return room - n >= NOTE_FROM_LINES ? n + 2 : room - n >= 2 ? n + 1 : n;
}

static void
draw_foot(struct console *console, struct canvas *canvas, struct rect r)
{
    struct rect line = {r.x, r.y + r.h - 1, r.w, 1};
    int y = r.y + (r.h > fields_count(console) + 2);

    draw_buttons(console, canvas, line);
    if (r.h > fields_count(console) + 1)
        canvas_text(canvas, r.x + 2, line.y - 1, r.w - 2, ROLE_warn, console->dialog.note);
    for (enum dialog_stop stop = STOP_reason; stop <= STOP_retype; stop++)
        if (dialog_has_stop(console, stop))
            draw_field(console, canvas, (struct rect){r.x, y++, r.w, 1}, stop);
}

static struct plan_page
page_in(const struct console *console, struct canvas *canvas, struct rect r, int scroll)
{
    return (struct plan_page){
        .page = {.canvas = canvas, .r = r, .frame = &console->frame, .scroll = scroll},
        .console = console,
    };
}

int
dialog_lines(struct console *console, int w)
{
    struct plan_page plan = page_in(console, NULL, (struct rect){0, 0, w, 0}, 0);

    plan_page_draw(&plan);
    return plan.page.lines + fields_count(console) + 3 + FRAME_LINES;
}

int
dialog_draw(struct console *console, struct canvas *canvas, struct rect r, struct overlay *overlay)
{
    int foot = foot_lines(console, r.h);
    struct rect text = {r.x, r.y, r.w, r.h > foot ? r.h - foot : 0};
    struct plan_page plan = page_in(console, canvas, (struct rect){r.x, r.y, r.w, 0}, 0);

    plan_page_draw(&plan); /* where the cursor is, before it is known what must be seen */
    if (plan.focus_line >= 0 && plan.focus_line < overlay->scroll)
        overlay->scroll = plan.focus_line;
    if (plan.focus_line >= overlay->scroll + text.h && text.h > 0)
        overlay->scroll = plan.focus_line - text.h + 1;
    if (overlay->scroll > plan.page.lines - text.h)
        overlay->scroll = plan.page.lines > text.h ? plan.page.lines - text.h : 0;
    plan = page_in(console, canvas, text, overlay->scroll);
    plan_page_draw(&plan);
    overlay->visible_lines = text.h;
    draw_foot(console, canvas, (struct rect){r.x, r.y + text.h, r.w, r.h - text.h});
    return plan.page.lines;
}
