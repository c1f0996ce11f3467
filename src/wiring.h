/* wiring.h — from what is configured to the running threads: the one place that knows all rooms. */
#ifndef WIRING_H
#define WIRING_H

#include "cli/cli.h"
#include "config/config.h"
#include "model/thresholds.h"
#include "ui/app.h"

struct api;
struct ops;
struct probe;

/* Everything that one run of the program owns. */
struct program {
    struct arena *arena;       /* the configuration's */
    struct arena *world_arena; /* the demo's configuration, or NULL */
    struct config config;
    struct thresholds thresholds;
    struct store *store;
    struct api *api;
    struct probe *probe;
    struct ops *ops;
};

/* Read the command line's global options, the environment and the file. Takes them out of argv. */
bool program_load(struct program *program, int *argc, char **argv, struct err *err);

/* What can stand in the configuration, from all rooms. */
void program_help_keys(FILE *out);
/* The control drivers and their fields. */
void program_help_drivers(FILE *out);

/* Start api and probe on the store. What was started stays until program_stop, also after a
 * failure. */
bool program_start(struct program *program, struct err *err);

/* Start the thread that acts, after program_start. */
bool program_start_ops(struct program *program, struct err *err);
/* Where ops are recorded; NULL when there is no place. Owned by the program's arena. */
const char *program_journal(const struct program *program);

/* The same for `check`: only what was asked for, whatever the configuration says of checks. */
bool program_start_checks(struct program *program, const struct check_only *only, struct err *err);

/* For an action of the command line: the API, this host's connectors without any checks, and the
 * thread that acts. */
bool program_start_action(struct program *program, struct err *err);

/* Stop the threads in reverse order; the store and the configuration stay. */
void program_quiet(struct program *program);

/* program_quiet, then free everything; for a program that never started too. */
void program_stop(struct program *program);

/* What the screen needs of the configuration; borrows from program. */
struct ui_options program_ui_options(const struct program *program);

/* Of this program itself, owned by the arena; NULL when the system does not say. */
const char *program_path(struct arena *arena);

/* Folders that hold `kind` ("themes", "scenarios"): beside the program, in the build tree,
 * installed, the user's. Owned by the arena, NULL-terminated; later ones override. */
const char *const *program_folders(struct arena *arena, const char *kind);

#endif
