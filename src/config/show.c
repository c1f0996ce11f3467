/* What is in force, what is wrong, and what can be said on the command line. */
#include "config/config.h"

#include <string.h>

#include "config/options.h"
#include "config/value.h"
#include "core/text.h"

enum { NAME_CELLS = 38, VALUE_CELLS = 44, FLAG_CELLS = 26, LONGEST = 4096 };

static void
add_name(const struct config_setting *setting, struct text *out)
{
    if (*setting->list)
        text_addf(out, "%s[%zu].", setting->list, setting->index);
    text_add(out, setting->option->name);
}

static void
add_origin(const struct config *config, const struct config_setting *setting, struct text *out)
{
    const struct option *option = setting->option;

    switch (setting->origin) {
    case ORIGIN_default:
        text_add(out, "default");
        break;
    case ORIGIN_ambient:
        text_addf(out, "environment %s", option->ambient);
        break;
    case ORIGIN_file:
        text_addf(out, "%s:%u:%u", config->path, setting->line, setting->column);
        break;
    case ORIGIN_environment:
        text_addf(out, "environment %s", option->environment.name);
        break;
    case ORIGIN_flag:
        text_addf(out, "flag %s", option->flag.name);
        break;
    }
}

void
config_show(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->n_settings; i++) {
        const struct config_setting *setting = &config->settings[i];
        TEXT(name, LONGEST);
        TEXT(value, LONGEST);
        TEXT(origin, LONGEST);

        add_name(setting, &name);
        value_show(setting->option, setting->target, &value);
        add_origin(config, setting, &origin);
        fprintf(out, "%-*s  %-*s  %s\n", NAME_CELLS, name.bytes, VALUE_CELLS, value.bytes,
                origin.bytes);
    }
    for (size_t i = 0; i < config->n_official; i++)
        fprintf(out, "%-*s  %-*s  environment %s\n", NAME_CELLS, "(where no credential is named)",
                VALUE_CELLS, "set", config->official[i]);
    for (size_t i = 0; i < config->n_bindings; i++)
        fprintf(out, "keys.%-*s  %-*s  %s\n", NAME_CELLS - (int)strlen("keys."),
                config->bindings[i].key, VALUE_CELLS, config->bindings[i].command, config->path);
}

int
config_check(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->n_mistakes; i++)
        fprintf(out, "%s\n", config->mistakes[i]);
    if (config->n_mistakes > 0)
        return 1;
    fprintf(out, "%s%sno mistakes (context %s)\n", config->path, *config->path ? ": " : "",
            config->context);
    return 0;
}

static void
help_table(const struct option *rows, size_t n, FILE *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct option_place *flag = &rows[i].flag;
        TEXT(left, LONGEST);

        if (!flag->name)
            continue;
        text_addf(&left, "%s %s", flag->name, flag->value ? flag->value : "");
        fprintf(out, "  %-*s %s\n", FLAG_CELLS, left.bytes, flag->help ? flag->help : rows[i].help);
    }
}

void
config_help(FILE *out)
{
    help_table(start_options, start_options_n, out);
    help_table(file_options, file_options_n, out);
    help_table(context_options, context_options_n, out);
}

static void
help_key(const char *prefix, const struct option *option, FILE *out)
{
    TEXT(takes, LONGEST);

    value_expected(option, &takes);
    if (option->fallback)
        text_addf(&takes, "; default %s", option->fallback);
    if (option->is_required)
        text_add(&takes, "; required");
    fprintf(out, "  %s%s\n      %s [%s]\n", prefix, option->name, option->help, takes.bytes);
}

void
config_help_keys(const struct option_table *tables, size_t n_tables, FILE *out)
{
    for (size_t i = 0; i < file_options_n; i++)
        help_key("", &file_options[i], out);
    for (size_t i = 0; i < context_options_n; i++)
        help_key("contexts.NAME.", &context_options[i], out);
    for (size_t i = 0; i < context_lists_n; i++)
        for (size_t j = 0; j < context_lists[i].n; j++) {
            TEXT(prefix, LONGEST);

            text_addf(&prefix, "contexts.NAME.%s[].", context_lists[i].name);
            help_key(prefix.bytes, &context_lists[i].rows[j], out);
        }
    for (size_t i = 0; i < control_options_n; i++)
        help_key("contexts.NAME.pools[].control.", &control_options[i], out);
    for (size_t i = 0; i < n_tables; i++)
        for (size_t j = 0; j < tables[i].n; j++)
            help_key("", &tables[i].rows[j], out);
    fprintf(out, "  %s\n      %s\n", "keys.KEY",
            "what that key does in the console [the name of a command, or none]");
}
