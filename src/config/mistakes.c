#include "config/mistakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/text.h"

enum { FIRST_ROOM = 8, LONGEST_LINE = 1024 };

static const char **
append(struct arena *arena, const char **rows, size_t n, size_t *room, const char *row)
{
    if (n == *room) {
        const char **larger;

        *room = *room ? *room * 2 : FIRST_ROOM;
        larger = arena_array(arena, *room, sizeof(*larger));
        if (n > 0)
            memcpy(larger, rows, n * sizeof(*rows));
        rows = larger;
    }
    rows[n] = row;
    return rows;
}

void
mistakes_add(struct mistakes *mistakes, const char *file, unsigned line, unsigned column,
             const char *format, ...)
{
    TEXT(text, LONGEST_LINE);
    char *row;
    va_list args;

    if (*file)
        text_addf(&text, line ? "%s:%u:%u: " : "%s: ", file, line, column);
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    row = arena_strdup(mistakes->arena, text.bytes);
    log_mask(row);
    mistakes->rows = append(mistakes->arena, mistakes->rows, mistakes->n, &mistakes->room, row);
    mistakes->n++;
}

void
mistakes_append(struct mistakes *to, const struct mistakes *from)
{
    for (size_t i = 0; i < from->n; i++)
        mistakes_add(to, "", 0, 0, "%s", from->rows[i]);
}

bool
words_have(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->rows[i], word) == 0)
            return true;
    return false;
}

void
words_add(struct words *words, struct arena *arena, const char *word)
{
    if (words_have(words, word))
        return;
    words->rows = append(arena, words->rows, words->n, &words->room, word);
    words->n++;
}

static const char *
nearest(const struct words *words, const char *wrong)
{
    const char *best = NULL;
    size_t best_distance = strlen(wrong) / 2; /* as far as half the word is no slip of the hand */

    if (best_distance > 3)
        best_distance = 3;
    for (size_t i = 0; i < words->n; i++) {
        size_t distance = text_distance(words->rows[i], wrong);

        if (distance < best_distance || (!best && distance == best_distance)) {
            best = words->rows[i];
            best_distance = distance;
        }
    }
    return best;
}

const char *
words_advice(const struct words *words, struct arena *arena, const char *wrong)
{
    const char *best = nearest(words, wrong);
    TEXT(list, LONGEST_LINE / 2);

    if (best)
        return arena_printf(arena, "; did you mean \"%s\"?", best);
    for (size_t i = 0; i < words->n; i++)
        text_addf(&list, "%s%s", i ? ", " : "; valid here: ", words->rows[i]);
    return arena_strdup(arena, list.bytes);
}
