/* command.h — the commands by name, and which key says which. */
#ifndef UI_COMMAND_H
#define UI_COMMAND_H

#include "core/err.h"

enum command_id {
#define COMMAND(id, keys, needs, argument, help) COMMAND_##id,
#include "ui/commands.def"
#undef COMMAND
    COMMAND_COUNT,
    COMMAND_none = COMMAND_COUNT,
};

enum command_needs { NEEDS_nothing, NEEDS_list, NEEDS_selection };

struct command_info {
    const char *name, *keys; /* keys: the default ones, separated by spaces */
    enum command_needs needs;
    const char *argument, *help;
};

extern const struct command_info command_infos[COMMAND_COUNT];

/* COMMAND_none when there is none of that name. */
enum command_id command_find(const char *name);
/* The command whose name begins with prefix, after `after` (COMMAND_none: the first);
 * COMMAND_none when no more. */
enum command_id command_complete(const char *prefix, enum command_id after);

enum { BINDINGS_MOST = 128 };

struct ui_binding;

struct bindings {
    struct {
        int key;
        enum command_id command;
    } row[BINDINGS_MOST];
    size_t n;
};

/* The default keys, then the operator's changes: a key moves to another command, or to "none".
 * Unknown keys or commands, and a key that is given twice, are errors that name them. */
bool bindings_make(struct bindings *bindings, const struct ui_binding *changes, size_t n,
                   struct err *err);
enum command_id bindings_find(const struct bindings *bindings, int key);

struct text;
/* "Up, k"; nothing when no key says it. */
void bindings_add_keys(const struct bindings *bindings, struct text *out, enum command_id command);
/* The first key of a command, as hints show it; KEY_NONE. */
int bindings_key(const struct bindings *bindings, enum command_id command);

#endif
