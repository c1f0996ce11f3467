/* events.h — what changed, and when: findings that came and went, checks with another verdict,
 * sources lost and back, jobs started and ended, and what was done. UI thread only. */
#ifndef UI_EVENTS_H
#define UI_EVENTS_H

#include "ui/pane.h"

struct events;

struct event {
    int64_t at_ms; /* wall */
    enum role role;
    char what[28]; /* a rule, a source, "jobs", "cleared" */
    char text[200];
};

struct events *events_new(void); /* caller frees with events_free */
void events_free(struct events *events);

/* Compare with what was seen before and note the differences. */
void events_watch(struct events *events, const struct snapshot *snapshot,
                  const struct assessment *assessment, int64_t now_ms);

/* One thing that happened: what is in short who or what it is about. */
void events_note(struct events *events, int64_t at_ms, enum role role, const char *what,
                 const char *text);

size_t events_count(const struct events *events);
/* The event `back` before the newest (0); NULL when there is none. */
const struct event *events_at(const struct events *events, size_t back);

/* The newest on top, without the first `scroll`. */
void events_draw(const struct events *events, struct canvas *canvas, struct rect r,
                 const struct frame *frame, int scroll);

#endif
