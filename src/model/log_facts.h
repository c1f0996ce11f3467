/* log_facts.h — what the log of a connector or of the proxy said lately. Unknown as in pool.h. */
#ifndef MODEL_LOG_FACTS_H
#define MODEL_LOG_FACTS_H

#include "core/base.h"

enum log_signal {
#define LOG_SIGNAL(id, mood, string, with, meaning, cause, next) LOG_SIGNAL_##id,
#include "model/log_signals.def"
#undef LOG_SIGNAL
    LOG_SIGNALS
};

enum log_mood { LOG_MOOD_good, LOG_MOOD_note, LOG_MOOD_bad, LOG_MOOD_fatal };

enum { LOG_WINDOW_MS = 10 * 60 * 1000 }; /* what "recent" means: the last ten minutes */

/* One kind of line, seen at least once. */
struct log_sighting {
    enum log_signal signal;
    int64_t last_ms;  /* wall: as the line says, else when it was read; 0: it does not say */
    int64_t recent;   /* how many in the last ten minutes */
    const char *line; /* the last of them, as it stands in the log */
};

struct log_facts {
    const char *origin; /* the file, or the command's words; NULL or "": no log is configured */
    const char *error;  /* why it cannot be read; "" */
    int64_t read_ms;    /* when it was last looked at; 0: never */
    int64_t line_ms;    /* when its newest line was written; 0: it has none */
    int64_t from_ms;    /* the oldest line that was read; 0 */
    const struct log_sighting *seen; /* the newest first */
    size_t n_seen;
};

/* Which kind of line it is; LOG_SIGNALS: none that we know. Console format: fields as key=value. */
enum log_signal log_signal_of(const char *line);

enum log_mood log_signal_mood(enum log_signal signal);
/* In words, without a subject's name; cause and next are "" when there is nothing to do. */
const char *log_signal_meaning(enum log_signal signal);
const char *log_signal_cause(enum log_signal signal);
const char *log_signal_next(enum log_signal signal);
/* "dial_silent", as in JSON. */
const char *log_signal_name(enum log_signal signal);

/* What was seen of one kind; NULL: never. */
const struct log_sighting *log_sighting_of(const struct log_facts *log, enum log_signal signal);
/* The worst that it complained of in the last ten minutes, causes before what follows from them;
 * NULL: nothing. */
const struct log_sighting *log_complaint(const struct log_facts *log);

#endif
