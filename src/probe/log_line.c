#include "probe/log_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"

enum {
    LONGEST_TIME = 40,
    SHORTEST_TIME = 20, /* 2026-08-20T10:00:00Z */
    TIME_WITHIN = 160,  /* what journald puts before a line is short */
};

#define LEAST_EPOCH_S 1e9
#define MOST_EPOCH_S 1e11

static const char *const time_keys[] = {"time", "ts", "timestamp"};
static const char *const message_keys[] = {"message", "msg"};

/* Colours: ESC [ … letter. Without them a line reads as it does in a file. */
static size_t
drop_colours(const char *from, size_t n, char *to)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (from[i] == '\033' && i + 1 < n && from[i + 1] == '[') {
            i += 2;
            while (i < n && (isdigit((unsigned char)from[i]) || from[i] == ';'))
                i++;
            continue; /* the letter goes as well */
        }
        to[kept++] = from[i];
    }
    return kept;
}

/* ---- when ---- */

static bool
looks_like_date(const char *s)
{
    for (int i = 0; i < 11; i++)
        if (i == 4 || i == 7 ? s[i] != '-' : i == 10 ? s[i] != 'T' : !isdigit((unsigned char)s[i]))
            return false;
    return true;
}

/* The last RFC 3339 time near the beginning: what docker and journald put before is the time at
 * which they were told. end: where it ends; 0 when there is none. */
static int64_t
find_time(const char *line, size_t n, size_t *end)
{
    int64_t found = 0, at;

    *end = 0;
    for (size_t i = 0; i + SHORTEST_TIME <= n && i < TIME_WITHIN; i++) {
        char word[LONGEST_TIME];
        size_t bytes = 0;

        if (!looks_like_date(line + i))
            continue;
        while (i + bytes < n && bytes + 1 < sizeof(word) &&
               (isalnum((unsigned char)line[i + bytes]) || strchr("-:.+", line[i + bytes]))) {
            word[bytes] = line[i + bytes];
            bytes++;
        }
        word[bytes] = '\0';
        if (!rfc3339_parse(word, &at))
            continue;
        found = at;
        *end = i + bytes;
    }
    return found;
}

static int64_t
time_of_json(const struct json *json)
{
    int64_t at_ms;

    for (size_t i = 0; i < COUNT_OF(time_keys); i++) {
        double seconds = json_double(json, time_keys[i], 0);

        if (rfc3339_parse(json_string(json, time_keys[i], ""), &at_ms))
            return at_ms;
        if (seconds >= LEAST_EPOCH_S && seconds <= MOST_EPOCH_S)
            return (int64_t)(seconds * 1000);
    }
    return 0;
}

/* ---- what ---- */

static bool
is_one_of(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* As zerolog's console writer has it: quoted when there is a blank in it. */
static void
add_field(struct text *out, const char *key, const struct json *value)
{
    const char *s = json_as_string(value, NULL);
    char *printed = s ? NULL : json_print(value, false);
    const char *quote = s && (*s == '\0' || strpbrk(s, " =")) ? "\"" : "";

    text_addf(out, " %s=%s%s%s", key, quote, s ? s : printed, quote);
    free(printed);
}

static bool
read_json(const char *bytes, size_t n, struct log_line *out)
{
    struct text text = {.bytes = out->text, .size = sizeof(out->text)};
    struct json *json = json_parse(bytes, n, NULL);

    if (!json_is_object(json)) {
        json_free(json);
        return false;
    }
    out->at_ms = time_of_json(json);
    for (size_t i = 0; i < COUNT_OF(message_keys); i++)
        text_add(&text, json_string(json, message_keys[i], ""));
    for (const struct json *field = json_first(json); field; field = json_next(field)) {
        const char *key = json_key(field);

        if (!is_one_of(key, time_keys, COUNT_OF(time_keys)) &&
            !is_one_of(key, message_keys, COUNT_OF(message_keys)))
            add_field(&text, key, field);
    }
    json_free(json);
    return true;
}

bool
log_line_read(const char *bytes, size_t n, struct log_line *out)
{
    char line[LOG_LINE_LONGEST + 1];
    const char *object;
    size_t end;

    *out = (struct log_line){0};
    n = drop_colours(bytes, n < LOG_LINE_LONGEST ? n : LOG_LINE_LONGEST, line);
    while (n > 0 && strchr(" \t\r\n", line[n - 1])) /* a NUL, too */
        n--;
    object = memchr(line, '{', n < TIME_WITHIN ? n : TIME_WITHIN);
    if (object && line[n - 1] == '}' && read_json(object, n - (size_t)(object - line), out))
        return true;
    out->at_ms = find_time(line, n, &end);
    while (end < n && strchr(" \t:\"", line[end]))
        end++;
    text_clean(out->text, sizeof(out->text), line + end, n - end);
    return n > 0;
}
