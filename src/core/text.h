/* text.h — bounded strings, and the one door that bytes from outside pass through.
 *
 * Strings are UTF-8. Whatever comes from outside (API strings, host names, errno texts,
 * configuration) is made safe here before it reaches a row, a cell or a log line: malformed UTF-8,
 * C0, DEL, C1, bidirectional controls, line separators, invisible and tag characters become U+FFFD;
 * a newline or a tab becomes a space. So no byte below 0x20 and no 0x7f-0x9f can ever come out. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "core/base.h"

#include <stdarg.h>

#define TEXT_REPLACEMENT 0xFFFDu

/* A buffer that cuts on a whole character and remembers that it did. */
struct text {
    char *bytes; /* borrowed; always NUL-terminated */
    size_t size; /* of bytes, with the NUL */
    size_t n;
    bool is_cut;
};

/* TEXT(line, 80); declares a struct text with room for 80 bytes on the stack. */
#define TEXT(name, room)                                                                           \
    char name##_bytes[(room)] = "";                                                                \
    struct text name = {.bytes = name##_bytes, .size = (room)}

void text_clear(struct text *text);
/* Append; foreign bytes are made safe on the way. */
void text_add(struct text *text, const char *s);
void text_addn(struct text *text, const char *s, size_t n);
void text_addf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vaddf(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* Append one code point, made safe. */
void text_add_char(struct text *text, uint32_t c);
/* Append at most `cells` cells of s, ending in `ellipsis` when something was left out. */
void text_add_cells(struct text *text, const char *s, size_t cells, const char *ellipsis);
/* The same, cut in the middle: names of a fleet differ at their end. */
void text_add_ends(struct text *text, const char *s, size_t cells, const char *ellipsis);

/* Decode and make safe the next character of *s (which is *n bytes long), advancing both.
 * Call only while *n > 0. */
uint32_t text_next(const char **s, size_t *n);

/* Encode c; returns the bytes written (1 to 4). */
size_t text_encode(uint32_t c, char out[4]);

/* Cells that c takes on a terminal: 0 (combining), 1 or 2. */
int text_char_cells(uint32_t c);
/* Cells of a whole string. */
size_t text_cells(const char *s);

/* A safe copy of s[0..n) in out[0..size), cut on a whole character; returns its bytes. */
size_t text_clean(char *out, size_t size, const char *s, size_t n);

struct arena;
/* A safe copy owned by the arena, of at most max_bytes; a longer one ends in "…". NULL gives "". */
const char *text_clean_dup(struct arena *arena, const char *s, size_t max_bytes);

/* Read a whole decimal integer; false when s is anything else. */
bool int_parse(const char *s, int64_t *out) MUST_CHECK;

/* Damerau-Levenshtein distance, for "did you mean"; words longer than 63 bytes are far from
 * everything. */
size_t text_distance(const char *a, const char *b);

/* Case-insensitive search of an ASCII or UTF-8 needle (folded with utf8proc); "" is found
 * everywhere. */
bool text_contains(const char *haystack, const char *needle);

#endif
