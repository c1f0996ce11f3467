#include "sim/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

static void
reserve(struct buffer *buffer, size_t more)
{
    size_t room = buffer->room ? buffer->room : 256;

    while (room < buffer->n + more + 1)
        room *= 2;
    if (room == buffer->room)
        return;
    buffer->bytes = realloc(buffer->bytes, room);
    if (!buffer->bytes)
        die("out of memory");
    buffer->room = room;
}

void
buffer_addn(struct buffer *buffer, const char *bytes, size_t n)
{
    reserve(buffer, n);
    memcpy(buffer->bytes + buffer->n, bytes, n);
    buffer->n += n;
    buffer->bytes[buffer->n] = '\0';
}

void
buffer_add(struct buffer *buffer, const char *s)
{
    buffer_addn(buffer, s, strlen(s));
}

void
buffer_addf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        reserve(buffer, (size_t)n);
        vsnprintf(buffer->bytes + buffer->n, (size_t)n + 1, format, again);
        buffer->n += (size_t)n;
    }
    va_end(again);
}

void
buffer_drop(struct buffer *buffer, size_t n)
{
    memmove(buffer->bytes, buffer->bytes + n, buffer->n - n + 1);
    buffer->n -= n;
}

char *
buffer_take(struct buffer *buffer, size_t *n)
{
    char *bytes;

    reserve(buffer, 0);
    buffer->bytes[buffer->n] = '\0';
    bytes = buffer->bytes;
    *n = buffer->n;
    *buffer = (struct buffer){0};
    return bytes;
}

void
buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

char *
copy_string(const char *s)
{
    char *copy = s ? strdup(s) : NULL;

    if (s && !copy)
        die("out of memory");
    return copy;
}

char *
copy_printf(const char *format, ...)
{
    va_list args;
    char *s = NULL;

    va_start(args, format);
    if (vasprintf(&s, format, args) < 0)
        die("out of memory");
    va_end(args);
    return s;
}

void *
zeroed(size_t bytes)
{
    void *p = calloc(1, bytes);

    if (!p)
        die("out of memory");
    return p;
}
