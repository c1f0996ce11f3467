#include <string.h>

#include "core/text.h"
#include "ui/console.h"
#include "ui/keys.h"
#include "ui/op_words.h"

enum { CONTROL_C = 3, GRACE_STEP_MS = 10000, GRACE_MOST_MS = 3600000 };

static void
say(struct console *console, const char *words)
{
    struct dialog *dialog = &console->dialog;

    text_clean(dialog->note, sizeof(dialog->note), words, strlen(words));
}

/* Round and round; Cancel is always there. */
static void
next_stop(struct console *console, int by)
{
    struct dialog *dialog = &console->dialog;

    do
        dialog->stop = (enum dialog_stop)(((int)dialog->stop + STOP_COUNT + by) % STOP_COUNT);
    while (!dialog_has_stop(console, dialog->stop));
}

static void
try_to_act(struct console *console)
{
    TEXT(why, 200);

    if (dialog_may_act(console, &why))
        dialog_act(console);
    else
        say(console, why.bytes);
}

static unsigned
choices_now(const struct console *console)
{
    const struct op *op = dialog_op(console);

    return console->dialog.is_choosing ? console->dialog.choices : op->choices;
}

static int64_t
grace_now(const struct console *console)
{
    const struct op *op = dialog_op(console);

    return console->dialog.is_choosing ? console->dialog.grace_ms : op->grace_ms;
}

static void
change_grace(struct console *console, int64_t by_ms)
{
    int64_t grace_ms = grace_now(console) + by_ms;

    if (grace_ms < GRACE_STEP_MS)
        grace_ms = GRACE_STEP_MS;
    if (grace_ms > GRACE_MOST_MS)
        grace_ms = GRACE_MOST_MS;
    dialog_choose(console, choices_now(console), grace_ms);
}

/* What Enter does where the cursor is. */
static void
enter(struct console *console)
{
    enum dialog_stop stop = console->dialog.stop;

    if (stop < STOP_grace)
        dialog_choose(console, choices_now(console) ^ 1u << stop, grace_now(console));
    else if (stop == STOP_cancel)
        dialog_cancel(console);
    else if (stop == STOP_dismiss &&
             console->mono_ms - console->dialog.settled_ms >= DIALOG_CALM_MS)
        dialog_dismiss_op(console);
    else if (stop == STOP_act || stop == STOP_name || stop == STOP_retype)
        try_to_act(console);
    else
        next_stop(console, 1);
}

static bool
is_button(enum dialog_stop stop)
{
    return stop >= STOP_cancel;
}

static void
sideways(struct console *console, int by)
{
    if (console->dialog.stop == STOP_grace)
        change_grace(console, by * (int64_t)GRACE_STEP_MS);
    else if (is_button(console->dialog.stop) && !(by < 0 && console->dialog.stop == STOP_cancel) &&
             !(by > 0 && console->dialog.stop == STOP_act))
        next_stop(console, by);
}

/* A name may be typed right away; nothing else is done by a letter. */
static void
type(struct console *console, int key)
{
    struct dialog *dialog = &console->dialog;
    struct field *field = dialog_field(console, dialog->stop);
    enum dialog_stop wanted = dialog->is_second_step ? STOP_retype : STOP_name;

    if (!field && key == ' ' && dialog->stop < STOP_grace) {
        enter(console);
        return;
    }
    if (!field && (key == '+' || key == '-') && dialog->stop == STOP_grace) {
        change_grace(console, key == '+' ? GRACE_STEP_MS : -GRACE_STEP_MS);
        return;
    }
    if (!field && key_is_text(key) && key != ' ' && dialog_has_stop(console, wanted)) {
        dialog->stop = wanted;
        field = dialog_field(console, wanted);
    }
    if (field)
        field_key(field, key);
    else if (key_is_text(key))
        say(console, "a letter alone confirms nothing; Tab goes to the button");
}

static bool
scroll(struct console *console, int key)
{
    int page = console_overlay(console)->visible_lines - 1;

    if (key == KEY_page_down || key == KEY_page_up)
        overlay_move(console, key == KEY_page_down ? page : -page);
    return key == KEY_page_down || key == KEY_page_up;
}

static void
back(struct console *console)
{
    if (console->dialog.is_second_step) {
        console->dialog.is_second_step = false;
        console->dialog.stop = STOP_cancel;
        dialog_watch(console);
        return;
    }
    dialog_cancel(console);
}

void
dialog_key(struct console *console, int key)
{
    struct dialog *dialog = &console->dialog;
    bool is_field = dialog_field(console, dialog->stop) != NULL;

    dialog_watch(console);
    if (console->mono_ms - dialog->opened_ms < DIALOG_CALM_MS)
        return; /* typed before it was seen */
    dialog->note[0] = '\0';
    if (key == KEY_ESCAPE || key == CONTROL_C)
        back(console);
    else if (key == KEY_RETURN)
        enter(console);
    else if (key == KEY_TAB || key == KEY_down)
        next_stop(console, 1);
    else if (key == KEY_back_tab || key == KEY_up)
        next_stop(console, -1);
    else if (!is_field && (key == KEY_left || key == KEY_right))
        sideways(console, key == KEY_left ? -1 : 1);
    else if (!scroll(console, key))
        type(console, key);
}

bool
dialog_takes_paste(const struct console *console)
{
    const struct overlay *top =
        console->n_overlays ? &console->overlay[console->n_overlays - 1] : NULL;

    return top && top->kind == OVERLAY_dialog &&
           (console->dialog.stop == STOP_reason || console->dialog.stop == STOP_message);
}
