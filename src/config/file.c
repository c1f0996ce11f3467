/* The top level of the file: options, keys and contexts. */
#include <string.h>

#include "config/walk.h"
#include "core/arena.h"
#include "core/text.h"

enum { LONGEST_COMMAND = 64 };

static const char *const elsewhere[] = {"contexts", "keys", NULL};

static struct words
command_words(struct loader *loader)
{
    struct words words = {0};

    for (size_t i = 0; loader->request->commands && loader->request->commands[i]; i++)
        words_add(&words, loader->context.arena, loader->request->commands[i]);
    if (words.n > 0)
        words_add(&words, loader->context.arena, "none");
    return words;
}

static bool
read_binding(struct loader *loader, const struct words *commands, const struct yaml *key,
             struct config_binding *out)
{
    const char *where = arena_printf(loader->context.arena, "keys.%s", key->key);

    if (key->kind != YAML_scalar) {
        walk_mistake(loader, key, where, "expected the name of a command, or none");
        return false;
    }
    if (loader->request->is_key && !loader->request->is_key(key->key)) {
        mistakes_add(&loader->fatal, loader->config->path, key->key_line, key->key_column,
                     "%s: there is no such key; write g, G, F5, ^R, Space, PgUp", where);
        return false;
    }
    out->key = text_clean_dup(loader->context.arena, key->key, LONGEST_COMMAND);
    out->command = text_clean_dup(loader->context.arena, key->value, LONGEST_COMMAND);
    if (commands->n == 0 || words_have(commands, out->command))
        return true;
    mistakes_add(&loader->fatal, loader->config->path, key->line, key->column,
                 "%s: unknown command \"%s\"%s", where, out->command,
                 words_advice(commands, loader->context.arena, out->command));
    return false;
}

static void
read_keys(struct loader *loader, const struct yaml *keys)
{
    struct words commands = command_words(loader);
    struct config_binding *bindings;
    size_t n = 0;

    if (yaml_is_null(keys))
        return;
    if (keys->kind != YAML_map) {
        walk_mistake(loader, keys, "keys", "expected a map of keys and commands");
        return;
    }
    for (const struct yaml *key = keys->first; key; key = key->next)
        n++;
    bindings = arena_array(loader->context.arena, n, sizeof(*bindings));
    n = 0;
    for (const struct yaml *key = keys->first; key; key = key->next)
        if (read_binding(loader, &commands, key, &bindings[n]))
            n++;
    loader->config->bindings = bindings;
    loader->config->n_bindings = n;
}

void
loader_read_top(struct loader *loader)
{
    struct scope scope = {.tables = &loader->tables[TOP_TABLES],
                          .n_tables = loader->n_tables - TOP_TABLES,
                          .config = loader->config,
                          .others = elsewhere,
                          .is_in_force = true};

    walk_map(loader, &scope, loader->root, "", "");
    read_keys(loader, yaml_get(loader->root, "keys"));
}

static struct words
context_names(struct loader *loader, const struct yaml *contexts)
{
    struct words names = {0};

    for (const struct yaml *context = contexts ? contexts->first : NULL; context;
         context = context->next)
        words_add(&names, loader->context.arena, context->key);
    return names;
}

static void
unknown_context(struct loader *loader, const struct words *names, bool is_flag)
{
    const struct yaml *written = yaml_get(loader->root, "context");
    const char *name = loader->config->context;
    const char *advice = words_advice(names, loader->context.arena, name);

    if (is_flag) {
        loader->code = ERR_USAGE;
        mistakes_add(&loader->fatal, "", 0, 0, "--context: there is no context \"%.60s\"%s%s%s",
                     name, loader->root ? " in " : ", for there is no configuration",
                     loader->root ? loader->config->path : "", advice);
    } else if (written) {
        mistakes_add(&loader->fatal, loader->config->path, written->line, written->column,
                     "context: there is no context \"%.60s\"%s", name, advice);
    }
}

/* The one in force; NULL when there is none to read. */
static const struct yaml *
choose_context(struct loader *loader, const struct yaml *contexts, bool is_flag)
{
    struct words names = context_names(loader, contexts);
    const char *name = loader->config->context;

    if (name) {
        if (!words_have(&names, name))
            unknown_context(loader, &names, is_flag);
    } else if (names.n == 1) {
        name = names.rows[0];
    } else if (names.n > 1) {
        mistakes_add(&loader->fatal, loader->config->path, contexts->line, contexts->column,
                     "contexts: say which is in force: context: NAME, or --context NAME%s",
                     words_advice(&names, loader->context.arena, ""));
    }
    loader->config->context = name ? name : "default";
    return yaml_get(contexts, loader->config->context);
}

void
loader_read_contexts(struct loader *loader, bool is_flag)
{
    const struct yaml *contexts = yaml_get(loader->root, "contexts");
    const struct yaml *chosen;

    if (!yaml_is_null(contexts) && contexts->kind != YAML_map) {
        walk_mistake(loader, contexts, "contexts", "expected a map of names and contexts");
        contexts = NULL;
    }
    chosen = choose_context(loader, contexts, is_flag);
    for (const struct yaml *context = contexts ? contexts->first : NULL; context;
         context = context->next) {
        struct config scratch = {0};
        struct config *config = context == chosen ? loader->config : &scratch;
        struct option_table table = {
            .rows = context_options, .n = context_options_n, .target = config};
        struct scope scope = {.tables = &table,
                              .n_tables = 1,
                              .lists = context_lists,
                              .n_lists = context_lists_n,
                              .config = config,
                              .is_in_force = context == chosen};

        walk_map(loader, &scope, context, "",
                 arena_printf(loader->context.arena, "contexts.%s", context->key));
    }
}
