/* logbook.h — what was recognised in one log, counted by the minute. */
#ifndef PROBE_LOGBOOK_H
#define PROBE_LOGBOOK_H

#include "model/log_facts.h"
#include "probe/log_line.h"

struct arena;

enum {
    LOGBOOK_MINUTES = LOG_WINDOW_MS / 60000,
    LOGBOOK_LINE_BYTES = 240,
};

struct logbook_page { /* of one signal */
    int64_t last_ms;
    int64_t minute[LOGBOOK_MINUTES]; /* of the newest line in each place; minutes since 1970 */
    int64_t count[LOGBOOK_MINUTES];
    bool is_seen;
    char line[LOGBOOK_LINE_BYTES];
};

struct logbook {
    struct logbook_page page[LOG_SIGNALS];
    int64_t line_ms, from_ms; /* the newest and the oldest line with a time; 0 */
};

/* Count one line. is_old: it was there before we looked, so that without a time of its own nobody
 * knows its age, and it stands with the line before it. True when the line means something. */
bool logbook_add(struct logbook *book, const struct log_line *line, bool is_old, int64_t now_ms);

/* Fill what was seen; its strings and rows are owned by the arena. */
void logbook_show(const struct logbook *book, int64_t now_ms, struct arena *arena,
                  struct log_facts *out);

#endif
