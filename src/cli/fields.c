#include "cli/fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/text.h"

enum { TIME_BYTES = 32 };

void
field_time(struct json *object, const char *key, int64_t wall_ms)
{
    TEXT(time, TIME_BYTES);

    if (wall_ms <= 0) {
        json_add_null(object, key);
        return;
    }
    rfc3339_add(&time, wall_ms);
    json_add_string(object, key, time.bytes);
}

void
field_word(struct json *object, const char *key, const char *word)
{
    json_add_string(object, key, word && word[0] ? word : NULL);
}

void
field_count(struct json *object, const char *key, int64_t n)
{
    if (n < 0)
        json_add_null(object, key);
    else
        json_add_int(object, key, n);
}

void
field_seconds(struct json *object, const char *key, int64_t ms)
{
    field_count(object, key, ms < 0 ? -1 : ms / 1000);
}

void
field_lines(struct json *object, const char *key, const char *const *lines, size_t n)
{
    struct json *array = json_add_array(object, key);

    for (size_t i = 0; i < n; i++)
        json_add(array, NULL, json_new_string(lines[i]));
}

void
fields_print(FILE *out, struct json *document, bool is_pretty)
{
    char *text = json_print(document, is_pretty);

    fprintf(out, "%s\n", text);
    free(text);
    json_free(document);
}
