#include "probe/challenge.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

struct reader {
    const char *at, *end;
};

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 9110 section 5.6.2 */
static bool
is_token(char c)
{
    return is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool
is_token68(char c)
{
    return is_alnum(c) || is_one_of(c, "-._~+/");
}

static void
skip(struct reader *reader, const char *set)
{
    while (reader->at < reader->end && is_one_of(*reader->at, set))
        reader->at++;
}

/* The run of characters that fit, which may be empty. */
static size_t
run(struct reader *reader, bool (*fits)(char c))
{
    const char *start = reader->at;

    while (reader->at < reader->end && fits(*reader->at))
        reader->at++;
    return (size_t)(reader->at - start);
}

static bool
is_at(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

/* After a scheme: credentials as one word instead of parameters, "Negotiate YII=". */
static void
skip_token68(struct reader *reader)
{
    struct reader ahead = *reader;

    skip(&ahead, " \t");
    if (run(&ahead, is_token68) == 0)
        return;
    skip(&ahead, "=");
    skip(&ahead, " \t");
    if (ahead.at == ahead.end || *ahead.at == ',')
        *reader = ahead;
}

/* A value, unquoted: token, or quoted-string with its escapes. */
static void
read_value(struct reader *reader, char *out, size_t size)
{
    char value[CHALLENGE_URL_BYTES];
    size_t n = 0;

    if (!is_at(reader, '"')) {
        const char *start = reader->at;

        while (reader->at < reader->end && !is_one_of(*reader->at, ", \t"))
            reader->at++; /* more than a token: real servers forget the quotes around URLs */
        text_clean(out, size, start, (size_t)(reader->at - start));
        return;
    }
    for (reader->at++; reader->at < reader->end && *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end)
            reader->at++;
        if (n < sizeof(value))
            value[n++] = *reader->at;
    }
    if (reader->at < reader->end)
        reader->at++; /* the closing quote */
    text_clean(out, size, value, n);
}

static void
read_parameter(struct reader *reader, const char *name, size_t n, struct challenge *out)
{
    char ignored[CHALLENGE_WORD_BYTES];
    const struct {
        const char *name;
        char *value;
        size_t size;
    } known[] = {
        {"error", out->error, sizeof(out->error)},
        {"realm", out->realm, sizeof(out->realm)},
        {"resource_metadata", out->resource_metadata, sizeof(out->resource_metadata)},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strlen(known[i].name) == n && strncasecmp(known[i].name, name, n) == 0) {
            read_value(reader, known[i].value, known[i].size);
            return;
        }
    read_value(reader, ignored, sizeof(ignored));
}

size_t
challenges_read(const char *header, size_t n, struct challenge out[CHALLENGES_MOST])
{
    struct reader reader = {header, header + n};
    size_t found = 0;

    for (;;) {
        const char *word;
        size_t length;

        skip(&reader, ", \t");
        if (reader.at == reader.end)
            return found;
        word = reader.at;
        length = run(&reader, is_token);
        if (length == 0) {
            reader.at++; /* no part of the grammar */
            continue;
        }
        skip(&reader, " \t");
        if (is_at(&reader, '=') && found > 0) {
            reader.at++;
            skip(&reader, " \t");
            read_parameter(&reader, word, length, &out[found - 1]);
        } else if (found == CHALLENGES_MOST) {
            return found;
        } else {
            memset(&out[found], 0, sizeof(out[found]));
            text_clean(out[found].scheme, sizeof(out[found].scheme), word, length);
            found++;
            skip_token68(&reader);
        }
    }
}

const struct challenge *
challenge_of(const struct challenge *challenges, size_t n, const char *scheme)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(challenges[i].scheme, scheme) == 0)
            return &challenges[i];
    return NULL;
}
