#include "sim/chronicle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/buffer.h"
#include "sim/stamp.h"

enum { LINES = 1000, LINE_BYTES = 200 };

struct line {
    char *of, *text;
};

static void
line_free(struct line *line)
{
    free(line->of);
    free(line->text);
    free(line);
}

void
chronicle_add(struct world *world, const char *of, const char *format, ...)
{
    struct line *line = zeroed(sizeof(*line));
    char text[LINE_BYTES], stamp[STAMP_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    line->of = copy_string(of);
    line->text = copy_printf("%s %s", stamp_s(world->now_ms, stamp), text);
    if (world->chronicle.n == LINES) {
        line_free(world->chronicle.items[0]);
        array_remove_at(&world->chronicle, 0);
    }
    array_add(&world->chronicle, line);
}

void
chronicle_show(const struct world *world, const char *of, struct json *list)
{
    for (size_t i = 0; i < world->chronicle.n; i++) {
        const struct line *line = world->chronicle.items[i];

        if (strcmp(line->of, of) == 0)
            json_add_string(list, NULL, line->text);
    }
}

void
chronicle_clear(struct world *world)
{
    for (size_t i = 0; i < world->chronicle.n; i++)
        line_free(world->chronicle.items[i]);
    array_free(&world->chronicle);
}
