#include "probe/logbook.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"

enum { MINUTE_MS = 60000 };

/* A clock ahead of ours does not make a line newer than now. */
static int64_t
time_of(const struct logbook *book, const struct log_line *line, bool is_old, int64_t now_ms)
{
    if (line->at_ms > 0)
        return line->at_ms < now_ms ? line->at_ms : now_ms;
    return is_old ? book->line_ms : now_ms;
}

static void
count(struct logbook_page *page, int64_t at_ms)
{
    int64_t minute = at_ms / MINUTE_MS;
    size_t place = (size_t)(minute % LOGBOOK_MINUTES);

    if (page->minute[place] > minute) /* older than what stands there */
        return;
    if (page->minute[place] < minute)
        page->count[place] = 0;
    page->minute[place] = minute;
    page->count[place]++;
}

bool
logbook_add(struct logbook *book, const struct log_line *line, bool is_old, int64_t now_ms)
{
    enum log_signal signal = log_signal_of(line->text);
    int64_t at_ms = time_of(book, line, is_old, now_ms);
    struct logbook_page *page;

    if (at_ms > book->line_ms)
        book->line_ms = at_ms;
    if (at_ms > 0 && (book->from_ms == 0 || at_ms < book->from_ms))
        book->from_ms = at_ms;
    if (signal == LOG_SIGNALS)
        return false;
    page = &book->page[signal];
    page->is_seen = true;
    if (at_ms >= page->last_ms) {
        page->last_ms = at_ms;
        text_clean(page->line, sizeof(page->line), line->text, strlen(line->text));
    }
    if (at_ms > 0)
        count(page, at_ms);
    return true;
}

static int64_t
recent(const struct logbook_page *page, int64_t now_ms)
{
    int64_t oldest = now_ms / MINUTE_MS - LOGBOOK_MINUTES + 1, n = 0;

    for (size_t i = 0; i < LOGBOOK_MINUTES; i++)
        if (page->minute[i] >= oldest)
            n += page->count[i];
    return n;
}

static int
newest_first(const void *a, const void *b)
{
    const struct log_sighting *x = a, *y = b;

    if (x->last_ms != y->last_ms)
        return x->last_ms < y->last_ms ? 1 : -1;
    return (int)x->signal - (int)y->signal;
}

void
logbook_show(const struct logbook *book, int64_t now_ms, struct arena *arena, struct log_facts *out)
{
    struct log_sighting *rows = arena_array(arena, LOG_SIGNALS, sizeof(*rows));
    size_t n = 0;

    for (int i = 0; i < LOG_SIGNALS; i++)
        if (book->page[i].is_seen)
            rows[n++] = (struct log_sighting){
                .signal = (enum log_signal)i,
                .last_ms = book->page[i].last_ms,
                .recent = recent(&book->page[i], now_ms),
                .line = arena_strdup(arena, book->page[i].line),
            };
    qsort(rows, n, sizeof(*rows), newest_first);
    out->seen = rows;
    out->n_seen = n;
    out->line_ms = book->line_ms;
    out->from_ms = book->from_ms;
}
