/* Foreign bytes on their way to the terminal: nothing that could move a cursor comes out. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"

/* Also proves that the result is UTF-8: what is safe stays as it is. */
static void
insist_on_safety(const char *s)
{
    size_t n = strlen(s);

    while (n > 0) {
        const char *before = s;
        uint32_t c = text_next(&s, &n);
        char encoded[4];

        INSIST(c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0));
        INSIST(text_encode(c, encoded) == (size_t)(s - before));
        INSIST(memcmp(encoded, before, (size_t)(s - before)) == 0);
    }
}

FUZZ(text)
{
    struct arena *arena = arena_new();
    char *s = arena_strndup(arena, (const char *)bytes, n);
    char small[17];
    TEXT(cells, 64);

    insist_on_safety(text_clean_dup(arena, s, 256));
    text_clean(small, sizeof(small), (const char *)bytes, n);
    insist_on_safety(small);
    text_add_cells(&cells, s, 12, "…");
    insist_on_safety(cells.bytes);
    INSIST(text_cells(cells.bytes) <= 12);
    INSIST(strlen(text_clean_dup(arena, s, 40)) <= 40 + strlen("…"));
    arena_free(arena);
    return 0;
}
