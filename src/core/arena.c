#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

enum { FIRST_CHUNK_BYTES = 4096, LARGEST_CHUNK_BYTES = 1 << 20 };

struct chunk {
    struct chunk *older;
    size_t used, size;
    max_align_t bytes[];
};

struct arena {
    struct chunk *newest;
    size_t handed_out;
};

static struct chunk *
chunk_new(struct chunk *older, size_t at_least)
{
    size_t size = older ? older->size * 2 : FIRST_CHUNK_BYTES;
    struct chunk *chunk;

    if (size > LARGEST_CHUNK_BYTES)
        size = LARGEST_CHUNK_BYTES;
    if (size < at_least)
        size = at_least;
    chunk = calloc(1, sizeof(*chunk) + size);
    if (!chunk)
        die("out of memory (%zu bytes)", size);
    chunk->older = older;
    chunk->size = size;
    return chunk;
}

struct arena *
arena_new(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (!arena)
        die("out of memory");
    arena->newest = chunk_new(NULL, 0);
    return arena;
}

void
arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct chunk *chunk = arena->newest; chunk;) {
        struct chunk *older = chunk->older;

        free(chunk);
        chunk = older;
    }
    free(arena);
}

void *
arena_alloc(struct arena *arena, size_t bytes)
{
    size_t align = _Alignof(max_align_t);
    size_t rounded;
    void *p;

    if (bytes > SIZE_MAX / 2)
        die("out of memory (%zu bytes)", bytes);
    rounded = (bytes + align - 1) / align * align;
    if (arena->newest->size - arena->newest->used < rounded)
        arena->newest = chunk_new(arena->newest, rounded);
    p = (char *)arena->newest->bytes + arena->newest->used;
    arena->newest->used += rounded;
    arena->handed_out += rounded;
    return p;
}

void *
arena_array(struct arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        die("out of memory (%zu times %zu bytes)", count, bytes_each);
    return arena_alloc(arena, bytes);
}

char *
arena_strndup(struct arena *arena, const char *s, size_t n)
{
    char *copy = arena_alloc(arena, n + 1);

    memcpy(copy, s, n);
    return copy;
}

char *
arena_strdup(struct arena *arena, const char *s)
{
    return arena_strndup(arena, s, strlen(s));
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    int n;
    char *s;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        die("cannot format \"%s\"", format);
    s = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}

size_t
arena_bytes(const struct arena *arena)
{
    return arena->handed_out;
}
