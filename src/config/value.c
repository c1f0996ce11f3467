#include "config/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/mistakes.h"
#include "core/arena.h"
#include "core/driver.h"
#include "core/environment.h"
#include "core/text.h"

enum { LONGEST_VALUE = 4096 };

static void *
at(const struct option *option, void *target)
{
    return (char *)target + option->offset;
}

static const void *
at_const(const struct option *option, const void *target)
{
    return (const char *)target + option->offset;
}

bool
value_is_secret(const char *written)
{
    static const char *const looks[] = {"sk-ant-", "-----BEGIN", "Bearer ", "eyJ"};

    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (strstr(written, looks[i]) == written)
            return true;
    return strstr(written, "sk-ant-") != NULL;
}

void
value_expected(const struct option *option, struct text *out)
{
    switch (option->type) {
    case OPTION_BOOL:
        text_add(out, "true or false");
        break;
    case OPTION_INT:
        text_addf(out, "a whole number from %" PRId64 " to %" PRId64 "%s%s%s", option->min,
                  option->max, option->unit ? " (" : "", option->unit ? option->unit : "",
                  option->unit ? ")" : "");
        break;
    case OPTION_STRING:
        text_add(out, "text");
        break;
    case OPTION_FILE:
        text_add(out, "a path");
        break;
    case OPTION_URL:
        text_add(out, "https://…, or http:// to this host");
        break;
    case OPTION_HOST:
        text_add(out, "a name or an address, without scheme, port and path");
        break;
    case OPTION_ADDRESS:
        text_add(out, "ADDRESS:PORT, both of digits");
        break;
    case OPTION_ENV:
        text_add(out, "the name of a variable");
        break;
    case OPTION_CHOICE:
        for (size_t i = 0; option->choices[i]; i++)
            text_addf(out, "%s%s", i ? " or " : "", option->choices[i]);
        break;
    case OPTION_WORDS:
        text_addf(out, "a list: %s", option->unit ? option->unit : "the program and its arguments");
        break;
    case OPTION_CONTROL:
        text_add(out, "a map: {driver: NAME, and the driver's fields}");
        break;
    }
}

static bool
fail(const struct option *option, const char *found, struct err *err)
{
    TEXT(expected, 256);

    value_expected(option, &expected);
    if (value_is_secret(found))
        return err_set(err, ERR_CONFIG, "expected %s, found what looks like a secret",
                       expected.bytes);
    return err_set(err, ERR_CONFIG, "expected %s, found %s%.60s%s", expected.bytes,
                   *found ? "\"" : "nothing", found, *found ? "\"" : "");
}

static bool
read_bool(const struct option *option, const char *written, void *target, struct err *err)
{
    bool *out = at(option, target);

    if (strcmp(written, "true") != 0 && strcmp(written, "false") != 0)
        return fail(option, written, err);
    *out = written[0] == 't';
    return true;
}

static bool
read_int(const struct option *option, const char *written, void *target, struct err *err)
{
    int64_t *out = at(option, target), n;

    if (!int_parse(written, &n) || n < option->min || n > option->max)
        return fail(option, written, err);
    *out = n * (option->scale ? option->scale : 1);
    return true;
}

static bool
read_choice(const struct option *option, const char *written, void *target, struct err *err)
{
    int *out = at(option, target);

    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], written) == 0) {
            *out = i;
            return true;
        }
    return fail(option, written, err);
}

static bool
starts_with(const char *s, const char *start)
{
    return strncmp(s, start, strlen(start)) == 0;
}

static bool
is_loopback(const char *host, size_t n)
{
    static const char *const names[] = {"localhost", "[::1]"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (n == strlen(names[i]) && strncmp(host, names[i], n) == 0)
            return true;
    return n > strlen("127.") && starts_with(host, "127.") && strspn(host, "0123456789.") >= n;
}

static bool
is_url(const char *written)
{
    bool is_plain = starts_with(written, "http://");
    const char *host = strstr(written, "://");
    size_t n;

    if (!host || (!is_plain && !starts_with(written, "https://")))
        return false;
    host += strlen("://");
    n = host[0] == '[' ? strcspn(host, "]/") + 1 : strcspn(host, ":/");
    if (n == 0 || strpbrk(host, "@?# \\"))
        return false;
    return !is_plain || is_loopback(host, n);
}

static bool
is_numeric(const char *host, size_t n)
{
    char bare[INET6_ADDRSTRLEN + 1];
    unsigned char bytes[sizeof(struct in6_addr)];
    bool is_bracketed = n > 2 && host[0] == '[' && host[n - 1] == ']';

    if (is_bracketed) {
        host++;
        n -= 2;
    }
    if (n >= sizeof(bare))
        return false;
    memcpy(bare, host, n);
    bare[n] = '\0';
    return inet_pton(AF_INET6, bare, bytes) == 1 ||
           (!is_bracketed && inet_pton(AF_INET, bare, bytes) == 1);
}

static bool
is_host(const char *written)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

    return written[strspn(written, name)] == '\0' || is_numeric(written, strlen(written));
}

static bool
is_address(const char *written)
{
    const char *colon = strrchr(written, ':');
    int64_t port;

    if (!*written)
        return true;
    return colon && (written[0] == '[' || strchr(written, ':') == colon) &&
           is_numeric(written, (size_t)(colon - written)) && int_parse(colon + 1, &port) &&
           port > 0 && port <= UINT16_MAX;
}

bool
value_is_variable(const char *written)
{
    if (!isalpha((unsigned char)written[0]) && written[0] != '_')
        return false;
    for (const char *c = written; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return true;
}

static const char *
path_of(const char *written, const struct value_context *context)
{
    if (starts_with(written, "~/") && *context->home)
        return arena_printf(context->arena, "%s%s", context->home, written + 1);
    if (written[0] != '/' && *context->folder)
        return arena_printf(context->arena, "%s/%s", context->folder, written);
    return arena_strdup(context->arena, written);
}

static bool
is_path(const char *written)
{
    return *written != '\0';
}

/* What a text must look like; NULL: anything goes. */
static bool (*const shapes[])(const char *written) = {
    [OPTION_STRING] = NULL,  [OPTION_FILE] = is_path,       [OPTION_URL] = is_url,
    [OPTION_HOST] = is_host, [OPTION_ADDRESS] = is_address, [OPTION_ENV] = value_is_variable,
};

static bool
read_string(const struct option *option, const char *written, void *target,
            const struct value_context *context, struct err *err)
{
    const char **out = at(option, target);
    bool (*is_right)(const char *) = shapes[option->type];
    bool is_good = !value_is_secret(written) && (!is_right || is_right(written));

    if (!is_good)
        return fail(option, written, err);
    if (option->type == OPTION_FILE) /* a path is bytes; whoever shows it makes it safe */
        *out = path_of(written, context);
    else
        *out = text_clean_dup(context->arena, written, LONGEST_VALUE);
    if (option->type == OPTION_ENV)
        environment_hide(*out); /* a credential is in it */
    return true;
}

bool
value_read(const struct option *option, const char *written, void *target,
           const struct value_context *context, struct err *err)
{
    switch (option->type) {
    case OPTION_BOOL:
        return read_bool(option, written, target, err);
    case OPTION_INT:
        return read_int(option, written, target, err);
    case OPTION_CHOICE:
        return read_choice(option, written, target, err);
    case OPTION_STRING:
    case OPTION_FILE:
    case OPTION_URL:
    case OPTION_HOST:
    case OPTION_ADDRESS:
    case OPTION_ENV:
        return read_string(option, written, target, context, err);
    case OPTION_WORDS:
    case OPTION_CONTROL:
        break;
    }
    return fail(option, written, err);
}

void
value_reset(const struct option *option, void *target, const struct value_context *context)
{
    if (option->fallback) {
        /* a default that its own row refuses would show in the first test that loads anything */
        if (!value_read(option, option->fallback, target, context, NULL))
            *(char *)at(option, target) = 0;
    } else if (option->type == OPTION_BOOL) {
        *(bool *)at(option, target) = false;
    } else if (option->type == OPTION_INT) {
        *(int64_t *)at(option, target) = option->unset;
    } else if (option->type == OPTION_CHOICE) {
        *(int *)at(option, target) = 0;
    } else if (option->type == OPTION_CONTROL) {
        *(struct driver_use *)at(option, target) = (struct driver_use){NULL, NULL};
    } else {
        memset(at(option, target), 0, sizeof(void *)); /* a NULL of whichever type */
    }
}

bool
value_is_set(const struct option *option, const void *target)
{
    if (option->type == OPTION_BOOL || option->type == OPTION_CHOICE)
        return true;
    if (option->type == OPTION_INT)
        return option->fallback || *(const int64_t *)at_const(option, target) != option->unset;
    if (option->type == OPTION_WORDS)
        return *(const char *const *const *)at_const(option, target) != NULL;
    if (option->type == OPTION_CONTROL)
        return ((const struct driver_use *)at_const(option, target))->driver != NULL;
    return *(const char *const *)at_const(option, target) != NULL;
}

static const char *
kind_of_secret(const struct option *option)
{
    switch (option->type) {
    case OPTION_FILE:
        return "file";
    case OPTION_ENV:
        return "environment";
    case OPTION_WORDS:
        return "command"; /* its arguments are not shown: some programs take secrets there */
    default:
        return "profile";
    }
}

static const char *
string_at(const struct option *option, const void *target)
{
    if (option->type == OPTION_WORDS)
        return **(const char *const *const *)at_const(option, target);
    if (option->type == OPTION_CONTROL)
        return ((const struct driver_use *)at_const(option, target))->driver->name;
    return *(const char *const *)at_const(option, target);
}

static void
show_words(const char *const *words, struct text *out)
{
    for (size_t i = 0; words[i]; i++) {
        const char *quote = *words[i] && !strpbrk(words[i], " \t\"'") ? "" : "\"";

        text_addf(out, "%s%s%s%s", i ? " " : "", quote, words[i], quote);
    }
}

void
value_show(const struct option *option, const void *target, struct text *out)
{
    int64_t scale = option->scale ? option->scale : 1;

    if (!value_is_set(option, target))
        text_add(out, "not set");
    else if (option->type == OPTION_BOOL)
        text_add(out, *(const bool *)at_const(option, target) ? "true" : "false");
    else if (option->type == OPTION_CHOICE)
        text_add(out, option->choices[*(const int *)at_const(option, target)]);
    else if (option->type == OPTION_INT)
        text_addf(out, "%" PRId64 "%s%s", *(const int64_t *)at_const(option, target) / scale,
                  option->unit ? " " : "", option->unit ? option->unit : "");
    else if (option->is_secret)
        text_addf(out, "set (%s %s)", kind_of_secret(option), string_at(option, target));
    else if (option->type == OPTION_WORDS)
        show_words(*(const char *const *const *)at_const(option, target), out);
    else if (!*string_at(option, target))
        text_add(out, "\"\"");
    else
        text_add(out, string_at(option, target));
}
