#include "ui/command.h"

#include <string.h>

#include "core/text.h"
#include "ui/app.h"
#include "ui/keys.h"

const struct command_info command_infos[COMMAND_COUNT] = {
#define COMMAND(id, keys, needs, argument, help)                                                   \
    [COMMAND_##id] = {#id, keys, NEEDS_##needs, argument, help},
#include "ui/commands.def"
#undef COMMAND
};

enum command_id
command_find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_infos[i].name, name) == 0)
            return (enum command_id)i;
    return COMMAND_none;
}

enum command_id
command_complete(const char *prefix, enum command_id after)
{
    int first = after == COMMAND_none ? 0 : (int)after + 1;

    for (int i = first; i < COMMAND_COUNT; i++)
        if (strncmp(command_infos[i].name, prefix, strlen(prefix)) == 0)
            return (enum command_id)i;
    return COMMAND_none;
}

static void
bind_key(struct bindings *bindings, int key, enum command_id command)
{
    for (size_t i = 0; i < bindings->n; i++)
        if (bindings->row[i].key == key) {
            bindings->row[i].command = command;
            return;
        }
    if (bindings->n < BINDINGS_MOST) {
        bindings->row[bindings->n].key = key;
        bindings->row[bindings->n++].command = command;
    }
}

static void
bind_defaults(struct bindings *bindings)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *keys = command_infos[i].keys;

        while (*keys) {
            size_t n = strcspn(keys, " ");
            TEXT(name, 16);

            text_addn(&name, keys, n);
            bind_key(bindings, key_parse(name.bytes), (enum command_id)i);
            keys += n + (keys[n] == ' ');
        }
    }
}

static const char *
nearest_command(const char *name)
{
    size_t best = 0;

    for (size_t i = 1; i < COMMAND_COUNT; i++)
        if (text_distance(name, command_infos[i].name) <
            text_distance(name, command_infos[best].name))
            best = i;
    return command_infos[best].name;
}

bool
bindings_make(struct bindings *bindings, const struct ui_binding *changes, size_t n,
              struct err *err)
{
    *bindings = (struct bindings){0};
    bind_defaults(bindings);
    for (size_t i = 0; i < n; i++) {
        int key = key_parse(changes[i].key);
        enum command_id command = command_find(changes[i].command);

        if (key == KEY_NONE)
            return err_set(err, ERR_CONFIG,
                           "keys: no key is called \"%.20s\"; expected a character, ^R, F5, PgUp, "
                           "Space, Tab, S-Tab, Enter or Esc",
                           changes[i].key);
        if (command == COMMAND_none && strcmp(changes[i].command, "none") != 0)
            return err_set(err, ERR_CONFIG,
                           "keys: %s: unknown command \"%.40s\"; the nearest is \"%s\"",
                           changes[i].key, changes[i].command, nearest_command(changes[i].command));
        for (size_t j = 0; j < i; j++)
            if (key_parse(changes[j].key) == key)
                return err_set(err, ERR_CONFIG, "keys: %s is given twice: to %s and to %s",
                               changes[i].key, changes[j].command, changes[i].command);
        bind_key(bindings, key, command);
    }
    if (bindings_key(bindings, COMMAND_quit) == KEY_NONE)
        return err_set(err, ERR_CONFIG, "keys: no key is left that quits");
    return true;
}

enum command_id
bindings_find(const struct bindings *bindings, int key)
{
    for (size_t i = 0; i < bindings->n; i++)
        if (bindings->row[i].key == key)
            return bindings->row[i].command;
    return COMMAND_none;
}

void
bindings_add_keys(const struct bindings *bindings, struct text *out, enum command_id command)
{
    bool is_first = true;

    for (size_t i = 0; i < bindings->n; i++) {
        if (bindings->row[i].command != command)
            continue;
        text_add(out, is_first ? "" : " ");
        key_add(out, bindings->row[i].key);
        is_first = false;
    }
}

int
bindings_key(const struct bindings *bindings, enum command_id command)
{
    for (size_t i = 0; i < bindings->n; i++)
        if (bindings->row[i].command == command)
            return bindings->row[i].key;
    return KEY_NONE;
}
