/* mistakes.h — everything that is wrong with the configuration, each with its place; and what the
 * writer may have meant. */
#ifndef CONFIG_MISTAKES_H
#define CONFIG_MISTAKES_H

#include "core/base.h"

struct arena;

struct mistakes {
    struct arena *arena;
    const char **rows; /* "FILE:LINE:COLUMN: what" */
    size_t n, room;
};

/* Whatever looks like a token is masked. line 0: no place in the file; file "": no file. */
void mistakes_add(struct mistakes *mistakes, const char *file, unsigned line, unsigned column,
                  const char *format, ...) PRINTF_LIKE(5, 6);

/* All of them, as they are. */
void mistakes_append(struct mistakes *to, const struct mistakes *from);

/* Valid words, to choose the nearest from. */
struct words {
    const char **rows;
    size_t n, room;
};

/* Append what is not among them yet; borrows word. */
void words_add(struct words *words, struct arena *arena, const char *word);

bool words_have(const struct words *words, const char *word);

/* "; did you mean \"context\"?", or when nothing is near, "; valid here: a, b, c". Owned by the
 * arena. */
const char *words_advice(const struct words *words, struct arena *arena, const char *wrong);

#endif
