#include "ui/detail.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/spark.h"

enum {
    MARGIN_FROM_CELLS = 40,
    LABEL_CELLS = 13,
    LINE_BYTES = 1024,
    FIELD_LINES = 4,
    SENTENCE_LINES = 8
};

/* Where the next line goes on the canvas, or false when it is not seen. */
static bool
next_line(struct page *page, int *y)
{
    int line = page->lines++ - page->scroll;

    *y = page->r.y + line;
    return line >= 0 && line < page->r.h;
}

void
page_blank(struct page *page)
{
    page->lines++;
}

/* "30 s" stays together. */
static bool
is_before_unit(const char *s, const char *blank)
{
    return blank > s && isdigit((unsigned char)blank[-1]) && blank[1] == 's' &&
           !isalnum((unsigned char)blank[2]);
}

/* Does the word that starts there need more than a line? A path or an address is then cut itself.
 */
static bool
is_too_long(const char *word, int cells)
{
    size_t n = strcspn(word, " ");
    TEXT(copy, LINE_BYTES);

    text_addf(&copy, "%.*s", (int)n, word);
    return text_cells(copy.bytes) > (size_t)cells;
}

/* The bytes of s that fit in `cells`, cut at a blank where there is one; behind a slash, when what
 * follows the blank is a path that fits in no line. */
static size_t
fitting(const char *s, int cells)
{
    const char *p = s;
    size_t n = strlen(s), blank = 0, slash = 0;
    int used = 0;

    while (n > 0) {
        const char *start = p;

        used += text_char_cells(text_next(&p, &n));
        if (*start == ' ' && !is_before_unit(s, start))
            blank = (size_t)(start - s);
        if (used > cells) {
            if (slash > blank && is_too_long(blank > 0 ? s + blank + 1 : s, cells))
                return slash;
            return blank > 0 ? blank : start > s ? (size_t)(start - s) : (size_t)(p - s);
        }
        if (*start == '/' && *p != '/')
            slash = (size_t)(p - s);
    }
    return (size_t)(p - s);
}

struct wrapping {
    int indent; /* of every line */
    int most;   /* lines; what is longer ends in an ellipsis */
    enum role role;
};

static void
wrap(struct page *page, const struct wrapping *how, const char *s)
{
    int cells = page->r.w - how->indent - (page->r.w >= MARGIN_FROM_CELLS), y;
    char line[LINE_BYTES];

    if (cells < 1)
        cells = 1;
    for (int i = 1; i == 1 || *s; i++) {
        bool is_last =
            i == how->most || (page->is_cut && page->lines - page->scroll == page->r.h - 1);
        size_t n = is_last ? strlen(s) : fitting(s, cells);

        if (next_line(page, &y)) {
            snprintf(line, sizeof(line), "%.*s", (int)n, s);
            canvas_text(page->canvas, page->r.x + how->indent, y, cells, how->role, line);
        }
        s += n;
        while (*s == ' ')
            s++;
    }
}

static void
draw_mark(struct page *page, int y, enum role mark)
{
    if (mark != ROLE_text)
        canvas_text(page->canvas, page->r.x, y, 1, mark,
                    glyph(page->frame->theme, page->frame->is_ascii, mark));
}

void
page_title(struct page *page, enum role mark, const char *name, const char *word)
{
    int y, used;

    if (!next_line(page, &y))
        return;
    draw_mark(page, y, mark);
    used = canvas_text(page->canvas, page->r.x + 2, y, page->r.w - 2, ROLE_title_focused, name);
    canvas_text(page->canvas, page->r.x + 4 + used, y, page->r.w - 4 - used,
                mark == ROLE_text ? ROLE_dim : mark, word);
}

void
page_section(struct page *page, const char *heading)
{
    int y;

    page_blank(page);
    if (next_line(page, &y))
        canvas_text(page->canvas, page->r.x, y, page->r.w, ROLE_heading, heading);
}

void
page_field(struct page *page, const char *label, enum role role, const char *value)
{
    int y = page->r.y + page->lines - page->scroll;

    if (!*value)
        return;
    if (page->lines >= page->scroll && y < page->r.y + page->r.h)
        canvas_text(page->canvas, page->r.x, y, LABEL_CELLS - 1, ROLE_dim, label);
    wrap(page, &(struct wrapping){LABEL_CELLS, FIELD_LINES, role}, value);
}

void
page_point(struct page *page, enum role mark, const char *label, enum role role, const char *text)
{
    int y = page->r.y + page->lines - page->scroll;

    if (page->lines >= page->scroll && y < page->r.y + page->r.h) {
        draw_mark(page, y, mark);
        canvas_text(page->canvas, page->r.x + 2, y, LABEL_CELLS - 3, ROLE_title, label);
    }
    wrap(page, &(struct wrapping){LABEL_CELLS, SENTENCE_LINES, role}, text);
}

void
page_trend(struct page *page, const char *label, const struct series *series)
{
    int cells = page->r.w - LABEL_CELLS - 1, y;
    TEXT(trend, SERIES_POINTS * 4);

    if (cells < 1 || !next_line(page, &y))
        return;
    spark_add(&trend, page->frame, series, cells < SERIES_POINTS ? (size_t)cells : SERIES_POINTS);
    canvas_text(page->canvas, page->r.x, y, LABEL_CELLS - 1, ROLE_dim, label);
    canvas_text(page->canvas, page->r.x + LABEL_CELLS, y, cells, ROLE_graph, trend.bytes);
}

void
page_fieldf(struct page *page, const char *label, enum role role, const char *format, ...)
{
    TEXT(value, LINE_BYTES);
    va_list args;

    va_start(args, format);
    text_vaddf(&value, format, args);
    va_end(args);
    page_field(page, label, role, value.bytes);
}

void
page_moment(struct page *page, const char *label, int64_t at_ms)
{
    TEXT(value, 64);

    if (at_ms <= 0)
        return;
    moment_add(&value, page->frame, at_ms);
    page_field(page, label, ROLE_text, value.bytes);
}

void
page_sentence(struct page *page, enum role mark, enum role role, const char *text)
{
    int y = page->r.y + page->lines - page->scroll;

    if (page->lines >= page->scroll && y < page->r.y + page->r.h)
        draw_mark(page, y, mark);
    wrap(page, &(struct wrapping){mark == ROLE_text ? 0 : 2, SENTENCE_LINES, role}, text);
}

void
page_line(struct page *page, enum role mark, enum role role, const char *text)
{
    int y, indent = mark == ROLE_text ? 0 : 2;

    if (!next_line(page, &y))
        return;
    draw_mark(page, y, mark);
    canvas_text(page->canvas, page->r.x + indent, y, page->r.w - indent, role, text);
}

/* A label in its own colour, where the eye goes for what to do. */
void
page_next_step(struct page *page, const char *next_step)
{
    int y = page->r.y + page->lines - page->scroll;

    if (page->lines >= page->scroll && y < page->r.y + page->r.h)
        canvas_text(page->canvas, page->r.x + 2, y, LABEL_CELLS - 3, ROLE_key, "next step");
    wrap(page, &(struct wrapping){LABEL_CELLS, SENTENCE_LINES, ROLE_text}, next_step);
}

void
page_evidence(struct page *page, const char *const *evidence, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int y = page->r.y + page->lines - page->scroll;

        if (page->lines >= page->scroll && y < page->r.y + page->r.h) {
            canvas_text(page->canvas, page->r.x + 2, y, LABEL_CELLS - 3, ROLE_dim,
                        i == 0 ? "evidence" : "");
            canvas_text(page->canvas, page->r.x + LABEL_CELLS, y, 1, ROLE_dim, dot(page->frame));
        }
        wrap(page, &(struct wrapping){LABEL_CELLS + 2, FIELD_LINES, ROLE_text}, evidence[i]);
    }
}

void
page_finding(struct page *page, const struct finding *finding)
{
    enum severity severity = finding->severity;

    page_sentence(page, severity == SEVERITY_info ? ROLE_info : severity_role(severity), ROLE_title,
                  finding->summary);
    page_moment(page, "  since", finding->since_ms);
    page_evidence(page, finding->evidence, finding->n_evidence);
    if (finding->next_step && finding->next_step[0])
        page_next_step(page, finding->next_step);
    page_field(page, "  rule", ROLE_dim, finding->rule);
}

static bool
is_connector_of(const struct frame *frame, const char *name, const char *tunnel_id)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(connectors[i].name, name) == 0 &&
            strcmp(connectors[i].tunnel_id, tunnel_id) == 0)
            return true;
    return false;
}

bool
finding_is_about(const struct frame *frame, const struct finding *finding, const char *id)
{
    size_t n = strlen(finding->subject_id);

    if (n == 0 || strcmp(finding->subject_id, id) == 0)
        return n > 0;
    if (strncmp(finding->subject_id, id, n) == 0 && id[n] == ' ')
        return true; /* "edge region1" of the check "edge region1 udp/7844 v4" */
    return is_connector_of(frame, finding->subject_id, id);
}

size_t
page_findings(struct page *page, const char *id)
{
    const struct assessment *assessment = page->frame->assessment;
    size_t n = 0;

    for (size_t i = 0; i < assessment->n_findings; i++) {
        if (!finding_is_about(page->frame, &assessment->findings[i], id))
            continue;
        page_blank(page);
        page_finding(page, &assessment->findings[i]);
        n++;
    }
    return n;
}
