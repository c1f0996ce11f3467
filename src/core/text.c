#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/arena.h"

/* Printable ASCII: safe as it is, one byte, one cell. */
static bool
is_plain(uint32_t c)
{
    return c >= 0x20 && c < 0x7F;
}

static bool
is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F)      /* C0, DEL, C1 */
           || c == 0xAD || c == 0x61C || c == 0x180E /* soft hyphen, Arabic letter mark */
           || (c >= 0x200B && c <= 0x200F)           /* zero width, left-to-right marks */
           || (c >= 0x2028 && c <= 0x202E)           /* line separators, embeddings, overrides */
           || (c >= 0x2060 && c <= 0x206F)           /* word joiner, isolates */
           || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) /* byte order mark, annotations */
           || (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) /* non-characters */
           || (c >= 0xE000 && c <= 0xF8FF) /* private use: no known width or glyph */
           || (c >= 0xD800 && c <= 0xDFFF) || c >= 0xE0000; /* surrogates, tags, planes 14-16 */
}

uint32_t
text_next(const char **s, size_t *n)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t used;

    if (is_plain((unsigned char)**s)) { /* nearly all text is */
        *n -= 1;
        return (unsigned char)*(*s)++;
    }
    used = utf8proc_iterate((const utf8proc_uint8_t *)*s, (utf8proc_ssize_t)*n, &c);
    if (used <= 0) {
        *s += 1;
        *n -= 1;
        return TEXT_REPLACEMENT;
    }
    *s += used;
    *n -= (size_t)used;
    if (c == '\n' || c == '\t' || c == '\r')
        return ' ';
    return is_unsafe((uint32_t)c) ? TEXT_REPLACEMENT : (uint32_t)c;
}

size_t
text_encode(uint32_t c, char out[4])
{
    if (is_plain(c)) {
        out[0] = (char)c;
        return 1;
    }
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

int
text_char_cells(uint32_t c)
{
    if (is_plain(c))
        return 1;
    return utf8proc_charwidth((utf8proc_int32_t)c);
}

size_t
text_cells(const char *s)
{
    size_t n = strlen(s), cells = 0;

    while (n > 0)
        cells += (size_t)text_char_cells(text_next(&s, &n));
    return cells;
}

void
text_clear(struct text *text)
{
    text->n = 0;
    text->is_cut = false;
    text->bytes[0] = '\0';
}

void
text_add_char(struct text *text, uint32_t c)
{
    char encoded[4];
    size_t n = text_encode(c, encoded);

    if (text->is_cut || text->n + n >= text->size) {
        text->is_cut = true;
        return;
    }
    memcpy(text->bytes + text->n, encoded, n);
    text->n += n;
    text->bytes[text->n] = '\0';
}

void
text_addn(struct text *text, const char *s, size_t n)
{
    while (n > 0 && !text->is_cut)
        text_add_char(text, text_next(&s, &n));
}

void
text_add(struct text *text, const char *s)
{
    text_addn(text, s, strlen(s));
}

void
text_vaddf(struct text *text, const char *format, va_list args)
{
    char raw[2048]; /* longer than any line we show; cut like everything else */
    int n = vsnprintf(raw, sizeof(raw), format, args);

    if (n > 0)
        text_addn(text, raw, strlen(raw));
}

void
text_addf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vaddf(text, format, args);
    va_end(args);
}

void
text_add_cells(struct text *text, const char *s, size_t cells, const char *ellipsis)
{
    size_t n = strlen(s), used = 0, mark;
    bool fits = text_cells(s) <= cells;

    mark = fits ? 0 : text_cells(ellipsis);
    if (mark > cells)
        return;
    while (n > 0) {
        uint32_t c = text_next(&s, &n);
        size_t width = (size_t)text_char_cells(c);

        if (used + width + mark > cells)
            break;
        text_add_char(text, c);
        used += width;
    }
    if (!fits)
        text_add(text, ellipsis);
}

void
text_add_ends(struct text *text, const char *s, size_t cells, const char *ellipsis)
{
    size_t mark = text_cells(ellipsis), n = strlen(s), tail;

    if (text_cells(s) <= cells || cells <= mark) {
        text_add_cells(text, s, cells, ellipsis);
        return;
    }
    tail = (cells - mark) / 2;
    text_add_cells(text, s, cells - mark - tail, "");
    text_add(text, ellipsis);
    while (text_cells(s) > tail)
        (void)text_next(&s, &n);
    text_add(text, s);
}

size_t
text_clean(char *out, size_t size, const char *s, size_t n)
{
    struct text text = {.bytes = out, .size = size};

    text_clear(&text);
    text_addn(&text, s, n);
    return text.n;
}

const char *
text_clean_dup(struct arena *arena, const char *s, size_t max_bytes)
{
    size_t n = s ? strlen(s) : 0, read = 0, needed = 0;
    const char *p = s;
    char *copy;
    char encoded[4];
    bool is_long = false;

    while (read < n) {
        size_t left = n - read, bytes = text_encode(text_next(&p, &left), encoded);

        if (needed + bytes > max_bytes) {
            is_long = true;
            break;
        }
        needed += bytes;
        read = n - left;
    }
    copy = arena_alloc(arena, needed + (is_long ? strlen("…") : 0) + 1);
    text_clean(copy, needed + 1, s ? s : "", read);
    if (is_long)
        memcpy(copy + needed, "…", strlen("…"));
    return copy;
}

bool
int_parse(const char *s, int64_t *out)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(s, &end, 10);
    if (end == s || *end || errno || *s == ' ' || *s == '+')
        return false;
    *out = n;
    return true;
}

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

size_t
text_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t rows[3][LONGEST];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t na = strlen(a), nb = strlen(b);

    if (na >= LONGEST || nb >= LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

static uint32_t
next_folded(const char **s, size_t *n)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)text_next(s, n));
}

bool
text_contains(const char *haystack, const char *needle)
{
    size_t left = strlen(haystack);

    do {
        const char *h = haystack, *w = needle;
        size_t nh = left, nw = strlen(needle);

        while (nh > 0 && nw > 0) {
            const char *h2 = h, *w2 = w;
            size_t nh2 = nh, nw2 = nw;

            if (next_folded(&h2, &nh2) != next_folded(&w2, &nw2))
                break;
            h = h2;
            w = w2;
            nh = nh2;
            nw = nw2;
        }
        if (nw == 0)
            return true;
        if (left > 0)
            text_next(&haystack, &left);
    } while (left > 0);
    return false;
}
