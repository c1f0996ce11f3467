/* app.h — the console: draws snapshots, turns keys into commands and wishes. */
#ifndef UI_APP_H
#define UI_APP_H

#include "core/err.h"
#include "core/style.h"
#include "model/thresholds.h"

struct store;

struct ui_binding {
    const char *key;     /* "F5", "^R", "g" */
    const char *command; /* a name of ui/commands.def, or "none" */
};

struct ui_options {
    const char *context; /* shown in the status bar */
    bool is_production;
    bool is_read_only;
    const char *theme;          /* the name to start with */
    const struct theme *themes; /* all that were found; the built-in one when none */
    size_t n_themes;
    bool is_ascii, is_monochrome, is_wall;
    const struct ui_binding *bindings;
    size_t n_bindings;
    struct thresholds thresholds;
    const char
        *copy_file; /* where y also writes; NULL: $XDG_RUNTIME_DIR/sandwatch-copy.txt or /tmp */
    bool (*started)(void *context,
                    struct err *err); /* called once, after the first frame was sent:
                                       * start the writers here; false ends the console */
    void *started_context;
};

/* Is standard output a terminal that a console can be drawn on? Otherwise err says why not. */
bool term_is_usable(struct err *err);

/* Run until the operator quits; the terminal is always given back. Returns the exit status. Signals
 * are taken over for the time it runs. Call on the main thread, before other threads exist: it
 * blocks the signals that it wants before calling started. */
int ui_run(const struct ui_options *options, struct store *store, struct err *err);

#endif
