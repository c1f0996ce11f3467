#include "probe/lines.h"

#include <string.h>

void
lines_restart(struct lines *lines, bool is_within)
{
    lines->n = 0;
    lines->is_skipping = is_within;
}

static void
end_line(struct lines *lines)
{
    if (!lines->is_skipping)
        lines->line(lines->context, lines->bytes, lines->n);
    lines->n = 0;
    lines->is_skipping = false;
}

static void
keep(struct lines *lines, const char *bytes, size_t n)
{
    size_t room = sizeof(lines->bytes) - lines->n;

    if (lines->is_skipping)
        return;
    memcpy(lines->bytes + lines->n, bytes, n < room ? n : room);
    lines->n += n < room ? n : room;
    if (n <= room)
        return;
    lines->line(lines->context, lines->bytes, lines->n);
    lines->is_skipping = true;
}

void
lines_add(struct lines *lines, const char *bytes, size_t n)
{
    while (n > 0) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;

        keep(lines, bytes, part);
        if (end)
            end_line(lines);
        part += end != NULL;
        bytes += part;
        n -= part;
    }
}
