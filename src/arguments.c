#include "arguments.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* Take n arguments out, from the ith on. */
static void
drop(struct arguments *arguments, int i, int n)
{
    memmove(&arguments->v[i], &arguments->v[i + n],
            (size_t)(arguments->n - i - n + 1) * sizeof(*arguments->v)); /* with the NULL */
    arguments->n -= n;
}

/* Where the options end: at "--", after which everything is a name. */
static int
options_end(const struct arguments *arguments)
{
    int i = 0;

    while (i < arguments->n && strcmp(arguments->v[i], "--") != 0)
        i++;
    return i;
}

bool
take_flag(struct arguments *arguments, const char *name)
{
    for (int i = 0, end = options_end(arguments); i < end; i++)
        if (strcmp(arguments->v[i], name) == 0) {
            drop(arguments, i, 1);
            return true;
        }
    return false;
}

bool
take_value(struct arguments *arguments, const char *name, const char **value)
{
    size_t length = strlen(name);

    for (int i = 0, end = options_end(arguments); i < end; i++) {
        const char *argument = arguments->v[i];

        if (strncmp(argument, name, length) == 0 && argument[length] == '=') {
            *value = argument + length + 1;
            drop(arguments, i, 1);
            return true;
        }
        if (strcmp(argument, name) != 0)
            continue;
        if (i + 1 >= arguments->n || strncmp(arguments->v[i + 1], "--", 2) == 0) {
            fprintf(stderr, "sandwatch: %s: expected a value after it\n", name);
            return false;
        }
        *value = arguments->v[i + 1];
        drop(arguments, i, 2);
        return true;
    }
    return true;
}

bool
take_number(struct arguments *arguments, const struct number *number, int64_t *value)
{
    const char *text = NULL;
    int64_t n;

    if (!take_value(arguments, number->name, &text))
        return false;
    if (!text)
        return true;
    if (!int_parse(text, &n) || n < number->least || n > number->most) {
        fprintf(stderr, "sandwatch: %s: expected %" PRId64 " to %" PRId64 "%s%s, found \"%.40s\"\n",
                number->name, number->least, number->most, number->unit[0] ? " " : "", number->unit,
                text);
        return false;
    }
    *value = n;
    return true;
}

const char *
take_names(struct arguments *arguments)
{
    int end = options_end(arguments);

    for (int i = 0; i < end; i++)
        if (strncmp(arguments->v[i], "--", 2) == 0)
            return arguments->v[i];
    if (end < arguments->n)
        drop(arguments, end, 1);
    return NULL;
}

int
usage_error(const char *command, const char *argument)
{
    fprintf(stderr, "sandwatch: %s: unknown argument \"%.60s\"; try: sandwatch %s --help\n",
            command, argument, command);
    return EXIT_USAGE;
}
