/* console.h — everything the screen remembers: what is looked at, and what the operator did. One
 * per program, UI thread only. */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include "ui/act_ops.h"
#include "ui/app.h"
#include "ui/check_watch.h"
#include "ui/command.h"
#include "ui/dialog.h"
#include "ui/events.h"
#include "ui/layout.h"
#include "ui/op_watch.h"
#include "ui/prompt.h"

enum overlay_kind {
    OVERLAY_detail,   /* a row in full */
    OVERLAY_why,      /* what is wrong with it */
    OVERLAY_findings, /* everything that is wrong */
    OVERLAY_help,
    OVERLAY_sort,   /* choose a column */
    OVERLAY_pick,   /* choose a connector */
    OVERLAY_ops,    /* what is under way, and what was */
    OVERLAY_op,     /* one of them in full */
    OVERLAY_dialog, /* a question before something is done: dialog.h; takes every key */
    OVERLAY_KINDS,
};

/* A page over the panes. */
struct overlay {
    enum overlay_kind kind;
    int pane;          /* whose row it is about */
    char id[ID_BYTES]; /* of that row */
    int scroll;
    int choice;               /* in a menu */
    int lines, visible_lines; /* as last drawn */
    bool is_at_end;           /* what is added at the end of an op's page comes into view */
};

enum { OVERLAYS_MOST = 4, MESSAGE_MS = 6000, EXPLAIN_BYTES = 300 };

struct console {
    const struct ui_options *options;
    struct store *store;
    struct bindings bindings;

    /* the picture's facts */
    struct snapshot snapshot; /* held until the next one is taken; for as long as the pause lasts */
    struct assessment *assessment;
    struct frame frame;
    struct events *events;
    struct check_watch check_watch;

    /* what is looked at */
    int focus; /* a view of layout.h */
    bool is_zoomed;
    struct pane_state state[PANE_COUNT];
    int events_scroll;
    struct overlay overlay[OVERLAYS_MOST];
    int n_overlays;
    struct prompt prompt;
    struct layout layout;   /* of the last picture */
    bool is_next_step_said; /* in the diagnosis line; else the message line says it */
    int theme_index;

    /* what is done */
    struct pane_state ops_state; /* of the ops view */
    struct dialog dialog;        /* while OVERLAY_dialog is on top */
    struct pick pick;            /* while OVERLAY_pick is */
    struct op_watch op_watch;
    uint64_t last_ticket;
    uint64_t look_ticket;            /* of what is looked at as soon as it is there; 0 */
    char reason[ORDER_REASON_BYTES]; /* the last one given: asked for once a session */
    int64_t mono_ms;                 /* what time it is, as the loop last said */
    int64_t typed_ms;                /* monotonic: when a key last came */
    int64_t quit_until_ms;           /* monotonic: until then q leaves although an op runs */

    /* what is said */
    char message[200];
    enum role message_role;
    int64_t message_until_ms;        /* wall */
    char explanation[EXPLAIN_BYTES]; /* of a key, in help */
    char refusal[EXPLAIN_BYTES];     /* what console_refusal returns may be this */

    /* what the loop must do */
    bool is_quitting, wants_redraw, wants_suspend;
    bool wants_flush; /* throw away the input that is there: it was typed for something else */
    char *to_send;    /* bytes for the terminal that draw nothing; owned */
    size_t to_send_n;

    char looked_at[WISH_ID_BYTES]; /* what the last wish named */
    int64_t looked_at_ms;          /* monotonic, when */
};

/* False when a binding is wrong. Caller frees with console_free. */
bool console_open(struct console *console, const struct ui_options *options, struct store *store,
                  struct err *err);
void console_close(struct console *console);

/* Take what the store has now, and judge it; nothing new while paused. */
void console_update(struct console *console, int64_t now_ms);
void console_draw(struct console *console, struct canvas *canvas);
/* What time it is, monotonic: before keys, and at least once a second. */
void console_tick(struct console *console, int64_t mono_ms);
void console_key(struct console *console, int key);
/* Is there a field that a paste may fill? */
bool console_takes_paste(const struct console *console);
/* When the picture changes by itself before the second is over (monotonic); INT64_MAX. */
int64_t console_due_ms(const struct console *console);
/* The console ends: lock it. */
void console_leave(struct console *console);
/* Tell the writers which row is being read, a few times a second at most. Returns when to call
 * again (monotonic), INT64_MAX for no reason to. */
int64_t console_look_at(struct console *console, int64_t mono_ms);

/* One line for the operator, for some seconds. */
void console_say(struct console *console, enum role role, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The pane that a command is about: the overlay's or the focused one; NULL for the events. */
const struct pane *console_pane(const struct console *console);
struct pane_state *console_state(struct console *console); /* of console_pane; NULL */
/* The selected row's id; "" when there is none. */
const char *console_selected(const struct console *console);
struct overlay *console_overlay(struct console *console); /* the topmost; NULL */
void console_open_overlay(struct console *console, enum overlay_kind kind, const char *id);

/* act.c: do what a command says; argument: what followed it on the command line. */
void console_act(struct console *console, enum command_id command, const char *argument);
/* Why it can do nothing now, in words; NULL when it can. */
const char *console_refusal(struct console *console, enum command_id command);

/* typing.c: a key while the filter or the command line is open. */
void console_type(struct console *console, int key);
void console_complete(struct console *console); /* set the ghost text */

/* header.c, footer.c */
void header_draw(struct console *console, struct canvas *canvas);
void footer_draw(struct console *console, struct canvas *canvas);

/* overlay.c */
void overlay_draw(struct console *console, struct canvas *canvas);
/* A key that means something to the overlay itself; false: it is a command's. */
bool overlay_key(struct console *console, int key);
bool overlay_move(struct console *console, int by);              /* INT_MIN, INT_MAX: the ends */
int sort_menu_column(const struct console *console, int choice); /* -1: the pane's own order */

/* copy.c */
void copy_selected(struct console *console);
void copy_all(struct console *console);

#endif
