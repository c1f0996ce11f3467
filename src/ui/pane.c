#include "ui/pane.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/detail.h"
#include "ui/panes/rows.h"

const struct pane *const panes[PANE_COUNT] = {
#define PANE(id, digit, title) [PANE_##id] = &pane_##id,
#include "ui/panes.def"
#undef PANE
};

enum { ROOM_FOR_ADVICE = 30 }; /* cells */

static bool
is_troubled(const struct source_status *status, int64_t now_ms)
{
    if (status->state == SOURCE_STATE_disabled || status->state == SOURCE_STATE_waiting)
        return false;
    return status->state == SOURCE_STATE_error || source_is_stale(status, now_ms);
}

enum source
pane_stale_source(const struct pane *pane, const struct frame *frame)
{
    enum source oldest = SOURCE_COUNT;

    for (size_t i = 0; i < pane->n_sources; i++) {
        const struct source_status *status = &frame->snapshot->source[pane->sources[i]];

        if (is_troubled(status, frame->now_ms) &&
            (oldest == SOURCE_COUNT || status->ok_at_ms < frame->snapshot->source[oldest].ok_at_ms))
            oldest = pane->sources[i];
    }
    return oldest;
}

/* How much a badge says; a narrow title gets the next shorter one. */
enum badge {
    BADGE_whole, /* "X sessions unreachable, last seen 13:20:06 (42m10s)" */
    BADGE_why,   /* "X unreachable, last seen 13:20:06 (42m10s)" */
    BADGE_when,  /* "X last seen 13:20:06 (42m10s)" */
    BADGE_age,   /* "X 42m10s" */
    BADGE_COUNT
};

static void
reason_add(struct text *out, enum badge badge, const struct pane *pane, enum source source,
           enum err_code code)
{
    if (badge == BADGE_whole && pane->n_sources > 1)
        text_addf(out, " %s", source_name(source));
    text_addf(out, " %s", err_word(code));
}

static enum role
badge_add(struct text *out, enum badge badge, const struct pane *pane, const struct frame *frame)
{
    enum source source = pane_stale_source(pane, frame);
    const struct source_status *status = &frame->snapshot->source[source];
    bool is_error = status->state == SOURCE_STATE_error;
    bool is_stale = source_is_stale(status, frame->now_ms);
    bool has_reason = is_error && (badge <= BADGE_why || !is_stale);
    enum role role = is_error ? ROLE_fail : ROLE_stale;

    text_add(out, glyph(frame->theme, frame->is_ascii, role));
    if (has_reason)
        reason_add(out, badge, pane, source, status->code);
    if (!is_stale)
        return role;
    if (badge == BADGE_age) {
        text_add(out, " ");
        age_add(out, frame, status->ok_at_ms);
        return role;
    }
    text_add(out, has_reason ? ", last seen " : " last seen ");
    time_of_day_add(out, status->ok_at_ms);
    text_add(out, " (");
    age_add(out, frame, status->ok_at_ms);
    text_add(out, ")");
    return role;
}

int
pane_draw_age(const struct pane *pane, struct canvas *canvas, struct rect r,
              const struct frame *frame)
{
    enum source source = pane_stale_source(pane, frame);
    const struct source_status *status = &frame->snapshot->source[source];
    enum role role = ROLE_stale;
    TEXT(line, 64);

    if (source == SOURCE_COUNT || r.h < 2)
        return 0;
    if (status->state == SOURCE_STATE_error)
        role = ROLE_fail;
    text_addf(&line, "%s ", glyph(frame->theme, frame->is_ascii, role));
    if (source_is_stale(status, frame->now_ms)) {
        age_add(&line, frame, status->ok_at_ms);
        text_add(&line, " old");
    } else {
        text_add(&line, err_word(status->code));
    }
    canvas_text(canvas, r.x, r.y + r.h - 1, r.w, role, line.bytes);
    return 1;
}

static void
counts_add(struct text *out, const struct pane_state *state)
{
    if (state->n_shown != state->n_all)
        text_addf(out, "%d of %d", state->n_shown, state->n_all);
    else if (state->n_all > 0)
        text_addf(out, "%d", state->n_all);
}

static void
sort_add(struct text *out, const struct pane *pane, const struct frame *frame,
         const struct pane_state *state)
{
    const char *down = frame->is_ascii ? "v" : "▾", *up = frame->is_ascii ? "^" : "▴";
    const struct column *column;

    if (!pane->list || state->sort_column < 0 ||
        (size_t)state->sort_column >= pane->list->n_columns) {
        if (state->is_inverted)
            text_addf(out, "order %s", up);
        return;
    }
    column = &pane->list->columns[state->sort_column];
    text_addf(out, "sort:%s %s", column->name,
              (column->value != NULL) != state->is_inverted ? down : up);
}

struct span {
    int x, y, room;
};

/* One part of the title, when there is room for it; a space on each side. */
static void
title_part(struct canvas *canvas, struct span *at, enum role role, const char *s)
{
    int cells = (int)text_cells(s);

    if (!*s || cells + 2 > at->room)
        return;
    canvas_text(canvas, at->x, at->y, 1, role, " ");
    canvas_text(canvas, at->x + 1, at->y, cells, role, s);
    canvas_text(canvas, at->x + 1 + cells, at->y, 1, role, " ");
    at->x += cells + 1;
    at->room -= cells + 1;
}

/* At the right end, as long as there is room for. */
static void
draw_badge(struct canvas *canvas, struct span *at, const struct pane *pane,
           const struct frame *frame)
{
    if (pane_stale_source(pane, frame) == SOURCE_COUNT)
        return;
    for (int badge = BADGE_whole; badge < BADGE_COUNT; badge++) {
        TEXT(line, 160);
        enum role role = badge_add(&line, (enum badge)badge, pane, frame);
        int cells = (int)text_cells(line.bytes) + 2;
        struct span right = {at->x + at->room - cells, at->y, cells};

        if (cells > at->room)
            continue;
        title_part(canvas, &right, role, line.bytes);
        at->room -= cells;
        return;
    }
}

void
pane_draw_title(struct canvas *canvas, struct rect r, const struct pane *pane,
                const struct frame *frame, const struct pane_state *state, bool is_focused)
{
    struct span at = {r.x + 2, r.y, r.w - 4};
    char digit[2] = {pane->digit, '\0'};
    TEXT(counts, 32);
    TEXT(marked, 48);
    TEXT(filter, FILTER_BYTES + 8);
    TEXT(sort, 64);

    title_part(canvas, &at, ROLE_key, digit);
    title_part(canvas, &at, is_focused ? ROLE_title_focused : ROLE_title, pane->title);
    draw_badge(canvas, &at, pane, frame);
    counts_add(&counts, state);
    title_part(canvas, &at, ROLE_dim, counts.bytes);
    if (state->marks.n > 0)
        text_addf(&marked, "%zu marked", state->marks.n);
    title_part(canvas, &at, ROLE_marked, marked.bytes);
    if (state->filter[0])
        text_addf(&filter, "/%s", state->filter);
    title_part(canvas, &at, ROLE_match, filter.bytes);
    sort_add(&sort, pane, frame, state);
    title_part(canvas, &at, ROLE_dim, sort.bytes);
    if (state->is_following)
        title_part(canvas, &at, ROLE_dim, "follow");
}

static void
say_source(struct page *page, enum source source)
{
    const struct source_status *status = &page->frame->snapshot->source[source];
    TEXT(line, 700);

    if (status->state == SOURCE_STATE_waiting) {
        text_addf(&line, "waiting for %s", source_what(source));
        page_sentence(page, ROLE_stale, ROLE_dim, line.bytes);
    } else if (status->state == SOURCE_STATE_disabled) {
        text_addf(&line, "%s: off", source_name(source));
        if (status->error[0] && page->r.w < ROOM_FOR_ADVICE)
            text_addf(&line, ", %.*s", (int)strcspn(status->error, ":"), status->error);
        else if (status->error[0])
            text_addf(&line, ": %s", status->error);
        page_sentence(page, ROLE_info, ROLE_dim, line.bytes);
    } else if (status->state == SOURCE_STATE_error && status->ok_at_ms == 0) {
        text_addf(&line, "cannot read %s: %s (failing for ", source_what(source), status->error);
        age_add(&line, page->frame, status->failing_since_ms);
        text_add(&line, ", asked every ");
        duration_add(&line, status->interval_ms);
        if (status->request_id[0])
            text_addf(&line, ", request %s", status->request_id);
        text_add(&line, ")");
        page_sentence(page, ROLE_fail, ROLE_text, line.bytes);
    }
}

int
pane_draw_nothing(const struct pane *pane, struct canvas *canvas, struct rect r,
                  const struct frame *frame)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame};
    const struct source_status *first = &frame->snapshot->source[pane->sources[0]];

    if (first->ok_at_ms > 0 && pane->list)
        page_sentence(&page, ROLE_text, ROLE_dim, pane->list->empty);
    for (size_t i = 0; i < pane->n_sources; i++)
        say_source(&page, pane->sources[i]);
    return page.lines;
}

static int
draw_no_match(struct canvas *canvas, struct rect r, const struct frame *frame,
              const struct pane_state *state)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame};
    TEXT(line, FILTER_BYTES + 80);

    text_addf(&line, "none of %d rows matches \"%s\"; Esc clears the filter", state->n_all,
              state->filter);
    page_sentence(&page, ROLE_text, ROLE_dim, line.bytes);
    return page.lines;
}

int
pane_draw_rows(const struct pane *pane, struct canvas *canvas, struct rect r,
               const struct frame *frame, struct pane_state *state, bool is_focused)
{
    int used;

    if (list_count(pane->list, frame) == 0) {
        state->n_all = state->n_shown = 0;
        return pane_draw_nothing(pane, canvas, r, frame);
    }
    used = list_draw(pane->list, canvas, r, frame, state, is_focused);
    if (state->n_shown > 0)
        return used;
    r.y += 1;
    r.h -= 1;
    return 1 + (r.h > 0 ? draw_no_match(canvas, r, frame, state) : 0);
}

void
pane_draw_worst(const struct pane *pane, struct canvas *canvas, struct rect r,
                const struct frame *frame,
                void (*draw_line)(struct canvas *canvas, struct rect line, const struct row *row))
{
    struct worst worst = {.most = r.h > 0 ? (size_t)r.h : 0};
    size_t n;

    list_worst(pane->list, frame, &worst);
    if (worst.n == 0) {
        pane_draw_nothing(pane, canvas, r, frame);
        return;
    }
    n = worst.n_wanted > worst.n ? worst.n - 1 : worst.n;
    for (size_t i = 0; i < n; i++)
        list_draw_line(pane->list, canvas, (struct rect){r.x, r.y + (int)i, r.w, 1}, &worst.row[i],
                       draw_line);
    if (n < worst.n)
        canvas_textf(canvas, r.x + 2, r.y + (int)n, r.w - 2, ROLE_dim, "+%zu more",
                     worst.n_wanted - n);
}
