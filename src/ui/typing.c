#include "ui/console.h"

#include <string.h>

#include "core/text.h"
#include "ui/keys.h"
#include "ui/list.h"

/* The words that may follow a command, one after the other; NULL at the end. */
static const char *
word_at(const struct console *console, enum command_id command, size_t i)
{
    const struct pane *pane = console_pane(console);

    if (command == COMMAND_theme)
        return i < console->options->n_themes ? console->options->themes[i].name : NULL;
    if (command == COMMAND_sort && pane && pane->list)
        return i < pane->list->n_columns ? pane->list->columns[i].name : NULL;
    return NULL;
}

/* "the" becomes "me [NAME]": what Tab would add, and what may follow. */
void
console_complete(struct console *console)
{
    struct prompt *prompt = &console->prompt;
    const char *typed = prompt->text, *space = strchr(typed, ' ');
    struct text ghost = {.bytes = prompt->ghost, .size = sizeof(prompt->ghost)};
    TEXT(name, PROMPT_BYTES);
    enum command_id command;

    text_clear(&ghost);
    if (prompt->kind != PROMPT_command || !*typed)
        return;
    text_addn(&name, typed, space ? (size_t)(space - typed) : strlen(typed));
    command = space ? command_find(name.bytes) : command_complete(typed, COMMAND_none);
    if (command == COMMAND_none)
        return;
    if (!space) {
        text_add(&ghost, command_infos[command].name + strlen(typed));
        return;
    }
    for (size_t i = 0; word_at(console, command, i); i++)
        if (strncmp(word_at(console, command, i), space + 1, strlen(space + 1)) == 0) {
            text_add(&ghost, word_at(console, command, i) + strlen(space + 1));
            return;
        }
    if (!space[1])
        text_add(&ghost, command_infos[command].argument);
}

static void
accept_ghost(struct console *console)
{
    struct prompt *prompt = &console->prompt;
    TEXT(whole, PROMPT_BYTES);

    if (!prompt->ghost[0] || prompt->ghost[0] == '[')
        return;
    text_add(&whole, prompt->text);
    text_add(&whole, prompt->ghost);
    prompt_set(prompt, whole.bytes);
}

static void
run_command(struct console *console)
{
    const char *typed = console->prompt.text;
    size_t n;
    enum command_id command;
    TEXT(name, PROMPT_BYTES);
    TEXT(argument, PROMPT_BYTES);

    typed += strspn(typed, " :");
    n = strcspn(typed, " ");
    text_addn(&name, typed, n);
    text_add(&argument, typed + n + strspn(typed + n, " "));
    prompt_close(&console->prompt);
    if (!name.n)
        return;
    command = command_find(name.bytes);
    if (command == COMMAND_none) { /* an unambiguous beginning will do */
        command = command_complete(name.bytes, COMMAND_none);
        if (command != COMMAND_none && command_complete(name.bytes, command) != COMMAND_none)
            command = COMMAND_none;
    }
    if (command == COMMAND_none)
        console_say(console, ROLE_warn, "no command is called \"%s\"; ? lists them", name.bytes);
    else
        console_act(console, command, argument.bytes);
}

static void
filter_set(struct console *console, const char *text)
{
    struct pane_state *state = console_state(console);

    if (state)
        text_clean(state->filter, sizeof(state->filter), text, strlen(text));
}

static void
finish(struct console *console)
{
    if (console->prompt.kind == PROMPT_command) {
        run_command(console);
        return;
    }
    filter_set(console, console->prompt.text);
    prompt_close(&console->prompt);
}

static void
cancel(struct console *console)
{
    if (console->prompt.kind == PROMPT_filter)
        filter_set(console, console->prompt.before);
    console->prompt.kind = PROMPT_none;
}

void
console_type(struct console *console, int key)
{
    struct prompt *prompt = &console->prompt;
    bool is_at_end = prompt->cursor == prompt->n;

    if (key == KEY_TAB || (key == KEY_right && is_at_end)) {
        accept_ghost(console);
    } else {
        switch (prompt_key(prompt, key)) {
        case PROMPT_DONE:
            finish(console);
            return;
        case PROMPT_CANCELLED:
            cancel(console);
            return;
        case PROMPT_EDITED:
            if (prompt->kind == PROMPT_filter)
                filter_set(console, prompt->text);
            break;
        default:
            break;
        }
    }
    console_complete(console);
}
