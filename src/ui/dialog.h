/* dialog.h — the question before something is done: arming, the plan of an op, the answer to what a
 * running op offers.
 *
 * Hands-safe (facts/tui.md §3b, §3e 11): bound to identities that were chosen when the key was
 * pressed; its default is Cancel; nothing acts in its first 400 ms, nor in the 400 ms after what it
 * shows changed; what is highlighted is what Enter does. UI thread only; times are monotonic
 * milliseconds that the console was told. */
#ifndef UI_DIALOG_H
#define UI_DIALOG_H

#include "model/op_order.h"
#include "ui/field.h"

struct console;
struct overlay;
struct text;

enum { DIALOG_CALM_MS = 400, DIALOG_PATIENCE_MS = 10000, DIALOG_NAME_BYTES = 160 };

enum dialog_kind { DIALOG_arm, DIALOG_plan, DIALOG_answer };

/* Where the cursor can stand, in the order of Tab. A dialog has those that mean something to it. */
enum dialog_stop {
    STOP_choice, /* + enum op_choice */
    STOP_grace = STOP_choice + OP_CHOICE_COUNT,
    STOP_reason,
    STOP_message,
    STOP_name,   /* the name that confirms */
    STOP_retype, /* what the second confirmation takes */
    STOP_cancel,
    STOP_dismiss,
    STOP_act,
    STOP_COUNT
};

enum { DIALOG_FIELDS = STOP_retype - STOP_reason + 1 };

struct dialog {
    enum dialog_kind kind;
    enum dialog_stop stop;
    int pane; /* where the objects were chosen */

    /* the op */
    enum op_kind op;
    uint64_t ticket;              /* of the plan */
    char op_id[OP_ID_BYTES];      /* "" until it is known */
    char name[DIALOG_NAME_BYTES]; /* of what was chosen, as it was called then */
    enum op_offer offer;          /* that is answered */

    /* several objects that need a plan each, one dialog after the other; owned */
    char (*ids)[ORDER_ID_BYTES];
    size_t n_ids, next_id;

    int64_t opened_ms, settled_ms; /* settled: since when it shows what it shows */
    uint64_t shape;                /* stands for what it shows */
    bool is_second_step;           /* must_retype is asked for */

    /* choices that were sent and are not in the plan yet */
    bool is_choosing;
    unsigned choices;
    int64_t grace_ms, chosen_ms;

    char note[200]; /* why the last key did not act */
    char typed[DIALOG_FIELDS][ORDER_TYPED_BYTES / 2];
    struct field field[DIALOG_FIELDS]; /* see dialog_field */
};

/* Open one; the rest of the input that is there is not for it and is thrown away. */
void dialog_open_arm(struct console *console);
/* Ask for a plan of that op on these objects. Of a kind that takes one object, each gets its own
 * dialog. name: what to call them. False, and said, when it cannot be asked for. */
bool dialog_open_plan(struct console *console, enum op_kind op, const char (*ids)[ORDER_ID_BYTES],
                      size_t n, const char *name);
/* A plan that was confirmed takes a second word, for somebody else began on it. */
void dialog_open_again(struct console *console, const struct op *op);
/* Answer what a running or interrupted op offers. */
void dialog_open_answer(struct console *console, const struct op *op);

/* Look again at the op it is about; call whenever the time or the picture changed. */
void dialog_watch(struct console *console);
/* When what is forbidden now for calm becomes possible, so that it can be drawn; INT64_MAX. */
int64_t dialog_calm_at_ms(const struct console *console);

/* dialog_keys.c: every key is the dialog's while it is open. */
void dialog_key(struct console *console, int key);
/* Is the cursor in a field that may be filled by a paste? Names are typed. */
bool dialog_takes_paste(const struct console *console);

/* What the dialog is about, as last seen; NULL when it is not there (yet, or any more). */
const struct op *dialog_op(const struct console *console);
bool dialog_has_stop(const struct console *console, enum dialog_stop stop);
/* The field of a stop; NULL when it is none. */
struct field *dialog_field(struct console *console, enum dialog_stop stop);
/* What must be typed at STOP_name or STOP_retype; "" for nothing. */
const char *dialog_wanted(const struct console *console, enum dialog_stop stop);
/* May the action be done now? False, and why not in out. */
bool dialog_may_act(struct console *console, struct text *out);
/* Do it, and close. */
void dialog_act(struct console *console);
void dialog_choose(struct console *console, unsigned choices, int64_t grace_ms);
void dialog_dismiss_op(struct console *console); /* an interrupted one, for good */
void dialog_cancel(struct console *console);     /* close; nothing happens */
/* Is it one dialog of a row of them, each for one of the objects? */
bool dialog_is_one_of_several(const struct dialog *dialog);

/* dialog_draw.c. "Drain us-east"; what the button says. */
void dialog_add_title(const struct console *console, struct text *out);
void dialog_add_action(const struct console *console, struct text *out);
/* What the default button says: "Cancel", "Not now" where an op asks, which it would not cancel, or
 * "Close" when there is nothing to decide. */
const char *dialog_cancel_word(const struct console *console);
/* What Esc does, in the same words. */
const char *dialog_escape_word(const struct console *console);
/* The lines it would like to have, its frame included, at that width. */
int dialog_lines(struct console *console, int w);
/* Inside its frame; returns the lines of the text above the fields; overlay->visible_lines gets how
 * many of them are seen. */
int dialog_draw(struct console *console, struct canvas *canvas, struct rect r,
                struct overlay *overlay);

#endif
