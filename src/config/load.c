/* The order in which the places are read: defaults, the file, the environment, the flags; the last
 * one counts. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/flags.h"
#include "config/loader.h"
#include "core/arena.h"
#include "core/secret.h"
#include "core/text.h"
#include "core/yaml.h"

enum { COLOUR_NEVER = 1, OFFICIAL_MOST = 16 };

static const char *
environment(const struct loader *loader, const char *name)
{
    const char *value = name ? loader->request->getenv(name) : NULL;

    return value && *value ? value : NULL; /* empty counts as unset, as in the official tools */
}

static const void *
address(const struct option *option, const void *target)
{
    return (const char *)target + option->offset;
}

static struct config_setting *
find_setting(struct loader *loader, const struct option *option, const void *target)
{
    for (size_t i = 0; i < loader->n_fixed; i++)
        if (address(loader->settings[i].option, loader->settings[i].target) ==
            address(option, target))
            return &loader->settings[i];
    for (size_t i = loader->n_settings; i > loader->n_fixed; i--) /* the newest element */
        if (loader->settings[i - 1].option == option && loader->settings[i - 1].target == target)
            return &loader->settings[i - 1];
    return NULL;
}

void
loader_add_setting(struct loader *loader, struct config_setting setting)
{
    if (loader->n_settings == loader->settings_room) {
        size_t room = loader->settings_room ? loader->settings_room * 2 : 64;
        struct config_setting *larger = arena_array(loader->context.arena, room, sizeof(*larger));

        if (loader->n_settings > 0)
            memcpy(larger, loader->settings, loader->n_settings * sizeof(*larger));
        loader->settings = larger;
        loader->settings_room = room;
    }
    loader->settings[loader->n_settings++] = setting;
}

void
loader_note(struct loader *loader, const struct option *option, const void *target,
            enum config_origin origin, const struct yaml *node)
{
    struct config_setting *setting = find_setting(loader, option, target);

    if (!setting)
        return;
    setting->origin = origin;
    setting->line = node ? node->line : 0;
    setting->column = node ? node->column : 0;
}

void
loader_add_element(struct loader *loader, const struct option_list *list, size_t index,
                   const void *target)
{
    for (size_t i = 0; i < list->n; i++)
        loader_add_setting(loader, (struct config_setting){.option = &list->rows[i],
                                                           .target = target,
                                                           .list = list->name,
                                                           .index = index});
}

/* All rows at their defaults. Two rows may share a target (ui.theme and a context's theme): it is
 * one setting, called as the row with the default calls it. */
static void
start_with_defaults(struct loader *loader)
{
    for (size_t i = 0; i < loader->n_tables; i++)
        for (size_t j = 0; j < loader->tables[i].n; j++) {
            const struct option *option = &loader->tables[i].rows[j];
            struct config_setting *same;

            value_reset(option, loader->tables[i].target, &loader->context);
            loader->n_fixed = loader->n_settings;
            same = find_setting(loader, option, loader->tables[i].target);
            if (same)
                same->option = option;
            else
                loader_add_setting(
                    loader, (struct config_setting){
                                .option = option, .target = loader->tables[i].target, .list = ""});
        }
    loader->n_fixed = loader->n_settings;
}

static void
list_tables(struct loader *loader)
{
    const struct config_request *request = loader->request;
    struct option_table *tables =
        arena_array(loader->context.arena, TOP_TABLES + 1 + request->n_tables, sizeof(*tables));

    tables[START_TABLE] = (struct option_table){start_options, start_options_n, loader->config};
    tables[CONTEXT_TABLE] =
        (struct option_table){context_options, context_options_n, loader->config};
    tables[TOP_TABLES] = (struct option_table){file_options, file_options_n, loader->config};
    for (size_t i = 0; i < request->n_tables; i++)
        tables[TOP_TABLES + 1 + i] = request->tables[i];
    loader->tables = tables;
    loader->n_tables = TOP_TABLES + 1 + request->n_tables;
}

/* One credential of a kind: the flag's replaces whatever the file names. */
static void
forget_other_secrets(struct loader *loader, const struct option *chosen, void *target)
{
    size_t group = strcspn(chosen->name, ".");

    for (size_t i = 0; chosen->is_secret && i < context_options_n; i++) {
        const struct option *other = &context_options[i];

        if (other == chosen || !other->is_secret ||
            strncmp(other->name, chosen->name, group + 1) != 0)
            continue;
        value_reset(other, target, &loader->context);
        loader_note(loader, other, target, ORIGIN_default, NULL);
    }
}

/* A path on the command line starts where the operator is, not at the file's folder. */
static bool
apply_flags(struct loader *loader, const struct flags *flags, struct err *err)
{
    const char *folder = loader->context.folder;
    bool is_good = true;

    loader->context.folder = "";
    for (size_t i = 0; i < flags->n && is_good; i++) {
        const struct flag *flag = &flags->rows[i];
        const struct option *option = flag->option;
        struct err why = {0};

        if (!value_read(option, flag->value, flag->target, &loader->context, &why)) {
            is_good = err_set(err, ERR_USAGE, "%s: %s", option->flag.name, why.message);
        } else {
            forget_other_secrets(loader, option, flag->target);
            loader_note(loader, option, flag->target, ORIGIN_flag, NULL);
        }
    }
    loader->context.folder = folder;
    return is_good;
}

static bool
has_flag(const struct flags *flags, const char *name)
{
    for (size_t i = 0; i < flags->n; i++)
        if (strcmp(flags->rows[i].option->flag.name, name) == 0)
            return true;
    return false;
}

static void
apply_variable(struct loader *loader, const struct option *option, void *target,
               const struct option_place *place, enum config_origin origin)
{
    const char *value = environment(loader, place->name);
    struct err why = {0};

    if (!value)
        return;
    if (value_read(option, place->implies ? place->implies : value, target, &loader->context, &why))
        loader_note(loader, option, target, origin, NULL);
    else
        mistakes_add(&loader->fatal, "", 0, 0, "environment %s: %s", place->name, why.message);
}

static void
apply_environment(struct loader *loader, const struct option_table *tables, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < tables[i].n; j++) {
            const struct option *option = &tables[i].rows[j];
            const struct option_place ambient = {.name = option->ambient};
            const struct config_setting *now = find_setting(loader, option, tables[i].target);

            apply_variable(loader, option, tables[i].target, &option->environment,
                           ORIGIN_environment);
            if (now && now->origin == ORIGIN_default)
                apply_variable(loader, option, tables[i].target, &ambient, ORIGIN_ambient);
        }
}

/* The default place, when there is a file. */
static const char *
default_path(struct loader *loader)
{
    const char *config_home = environment(loader, "XDG_CONFIG_HOME");
    const char *path;

    if (config_home)
        path = arena_printf(loader->context.arena, "%s/sandwatch/config.yaml", config_home);
    else if (*loader->context.home)
        path = arena_printf(loader->context.arena, "%s/.config/sandwatch/config.yaml",
                            loader->context.home);
    else
        return "";
    return access(path, F_OK) == 0 ? path : "";
}

static void
read_file(struct loader *loader)
{
    struct err err = {0};
    const char *path = loader->config->path;
    const char *slash = strrchr(path, '/');

    loader->root = yaml_load(loader->context.arena, path, &err);
    if (!loader->root) {
        mistakes_add(&loader->fatal, "", 0, 0, "%s", err.message);
        return;
    }
    if (slash)
        loader->context.folder = arena_strndup(loader->context.arena, path, (size_t)(slash - path));
    loader_read_top(loader);
}

static bool
read_places(struct loader *loader, const struct flags *flags, struct err *err)
{
    struct config *config = loader->config;

    apply_environment(loader, &loader->tables[START_TABLE], 1);
    if (!apply_flags(loader, flags, err)) /* --config and --context must be known first */
        return false;
    if (!config->path)
        config->path = default_path(loader);
    if (*config->path)
        read_file(loader);
    if (!apply_flags(loader, flags, err))
        return false;
    loader_read_contexts(loader, has_flag(flags, "--context"));
    loader->context.folder = "";
    apply_environment(loader, &loader->tables[CONTEXT_TABLE], loader->n_tables - CONTEXT_TABLE);
    return apply_flags(loader, flags, err);
}

static void
check_readable_file(struct loader *loader, const struct config_setting *setting, const char *path)
{
    const char *name = setting->option->name;
    struct err why = {0};
    struct stat st;

    if (access(path, R_OK) != 0)
        err_set(&why, ERR_CONFIG, "%s: cannot read %s", name, path);
    else if (setting->option->is_secret && stat(path, &st) == 0)
        (void)secret_is_private(&st, path, name, &why);
    if (why.code)
        mistakes_add(&loader->minor, loader->config->path, setting->line, setting->column, "%s",
                     why.message);
}

static void
check_readable(struct loader *loader)
{
    for (size_t i = 0; i < loader->n_settings; i++) {
        const struct config_setting *setting = &loader->settings[i];

        if (setting->option->type == OPTION_FILE && !setting->option->is_written &&
            setting->origin == ORIGIN_file)
            check_readable_file(loader, setting,
                                *(const char *const *)address(setting->option, setting->target));
    }
}

static void
list_official(struct loader *loader)
{
    const char **set = arena_array(loader->context.arena, OFFICIAL_MOST, sizeof(*set));
    size_t n = 0;

    for (size_t i = 0; official_variables[i] && n < OFFICIAL_MOST; i++)
        if (environment(loader, official_variables[i]))
            set[n++] = official_variables[i];
    loader->config->official = set;
    loader->config->n_official = n;
}

void
loader_unknown_theme(struct loader *loader, const char *advice)
{
    const char *name = loader->config->theme;

    for (size_t i = 0; i < loader->n_fixed; i++) {
        const struct config_setting *setting = &loader->settings[i];

        if (address(setting->option, setting->target) != &loader->config->theme)
            continue;
        if (setting->origin == ORIGIN_flag)
            loader->code = ERR_USAGE;
        mistakes_add(&loader->fatal, setting->origin == ORIGIN_file ? loader->config->path : "",
                     setting->line, setting->column, "%s: there is no theme \"%.40s\"%s",
                     setting->origin == ORIGIN_flag          ? setting->option->flag.name
                     : setting->origin == ORIGIN_environment ? setting->option->environment.name
                                                             : setting->option->name,
                     name, advice);
    }
}

static bool
publish(struct loader *loader, struct err *err)
{
    struct config *config = loader->config;
    size_t n = loader->fatal.n + loader->minor.n;
    const char **mistakes = arena_array(loader->context.arena, n, sizeof(*mistakes));

    for (size_t i = 0; i < loader->fatal.n; i++)
        mistakes[i] = loader->fatal.rows[i];
    for (size_t i = 0; i < loader->minor.n; i++)
        mistakes[loader->fatal.n + i] = loader->minor.rows[i];
    config->mistakes = mistakes;
    config->n_mistakes = n;
    config->n_fatal = loader->fatal.n;
    config->settings = loader->settings;
    config->n_settings = loader->n_settings;
    config->is_monochrome = config->colour == COLOUR_NEVER;
    if (loader->fatal.n == 0)
        return true;
    if (n == 1)
        return err_set(err, loader->code, "%s", mistakes[0]);
    return err_set(err, loader->code, "%.240s (and %zu more: sandwatch config check)", mistakes[0],
                   n - 1);
}

bool
config_load(const struct config_request *request, int *argc, char **argv, struct arena *arena,
            struct config *out, struct err *err)
{
    struct loader loader = {
        .request = request,
        .config = out,
        .context = {.arena = arena, .folder = "", .home = ""},
        .code = ERR_CONFIG,
        .fatal = {.arena = arena},
        .minor = {.arena = arena},
    };
    struct flags flags;

    *out = (struct config){.path = ""};
    if (environment(&loader, "HOME"))
        loader.context.home = environment(&loader, "HOME");
    list_tables(&loader);
    if (!flags_take(loader.tables, loader.n_tables, argc, argv, arena, &flags, err))
        return false;
    start_with_defaults(&loader);
    loader_read_drivers(&loader);
    if (!read_places(&loader, &flags, err))
        return false;
    loader_judge_drivers(&loader);
    check_readable(&loader);
    list_official(&loader);
    loader_read_themes(&loader);
    return publish(&loader, err);
}
