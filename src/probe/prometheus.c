#include "probe/prometheus.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

struct cursor {
    const char *at, *end;
};

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
}

static void
skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
        c->at++;
}

static bool
take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool
take_word(struct cursor *c, char out[PROMETHEUS_WORD_BYTES])
{
    size_t n = 0;

    while (c->at < c->end && is_word(*c->at)) {
        if (n + 1 < PROMETHEUS_WORD_BYTES)
            out[n++] = *c->at;
        c->at++;
    }
    out[n] = '\0';
    return n > 0;
}

/* A quoted string; out may be NULL. */
static bool
take_quoted(struct cursor *c, char *out)
{
    size_t n = 0;

    if (!take(c, '"'))
        return false;
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        char byte = *c->at;

        if (byte == '\\') {
            if (++c->at == c->end)
                return false;
            byte = *c->at == 'n' ? '\n' : *c->at;
        }
        if (out && n + 1 < PROMETHEUS_WORD_BYTES)
            out[n++] = byte;
    }
    if (out)
        out[n] = '\0';
    return take(c, '"');
}

/* name="value" and the comma behind it; value may be NULL. */
static bool
take_label(struct cursor *c, char name[PROMETHEUS_WORD_BYTES], char *value)
{
    skip_blanks(c);
    if (!take_word(c, name))
        return false;
    skip_blanks(c);
    if (!take(c, '='))
        return false;
    skip_blanks(c);
    if (!take_quoted(c, value))
        return false;
    skip_blanks(c);
    (void)take(c, ',');
    return true;
}

static bool
take_labels(struct cursor *c, struct prometheus_sample *sample)
{
    char name[PROMETHEUS_WORD_BYTES];

    sample->labels = c->at;
    sample->labels_bytes = 0;
    if (!take(c, '{'))
        return true;
    sample->labels = c->at;
    for (;;) {
        skip_blanks(c);
        sample->labels_bytes = (size_t)(c->at - sample->labels);
        if (take(c, '}'))
            return true;
        if (!take_label(c, name, NULL))
            return false;
    }
}

static bool
take_value(struct cursor *c, locale_t plain, double *out)
{
    char number[64], *end;
    size_t n = 0;

    skip_blanks(c);
    while (c->at < c->end && *c->at != ' ' && *c->at != '\t' && *c->at != '\r') {
        if (n + 1 >= sizeof(number))
            return false;
        number[n++] = *c->at++;
    }
    number[n] = '\0';
    *out = strtod_l(number, &end, plain);
    return n > 0 && *end == '\0';
}

/* A time stamp may follow the value; we do not need it. */
static bool
read_sample(struct cursor line, locale_t plain, struct prometheus_sample *out)
{
    skip_blanks(&line);
    if (!take_word(&line, out->name))
        return false;
    skip_blanks(&line);
    return take_labels(&line, out) && take_value(&line, plain, &out->value);
}

size_t
prometheus_read(const char *text, size_t n,
                void (*visit)(void *context, const struct prometheus_sample *sample), void *context)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0); /* 1.5, never 1,5 */
    const char *end = text + n;
    size_t count = 0;

    if (!plain)
        die("out of memory");
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        struct cursor line = {text, newline ? newline : end};
        struct prometheus_sample sample = {.name = ""};

        if (read_sample(line, plain, &sample)) {
            visit(context, &sample);
            count++;
        }
        text = newline ? newline + 1 : end;
    }
    freelocale(plain);
    return count;
}

bool
prometheus_label(const struct prometheus_sample *sample, const char *label,
                 char out[PROMETHEUS_WORD_BYTES])
{
    struct cursor c = {sample->labels, sample->labels + sample->labels_bytes};
    char name[PROMETHEUS_WORD_BYTES];

    while (take_label(&c, name, out))
        if (strcmp(name, label) == 0)
            return true;
    out[0] = '\0';
    return false;
}
