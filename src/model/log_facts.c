#include "model/log_facts.h"

#include <string.h>

static const struct {
    const char *name, *string, *with, *meaning, *cause, *next;
    enum log_mood mood;
} signals[] = {
#define LOG_SIGNAL(id, mood, string, with, meaning, cause, next)                                   \
    [LOG_SIGNAL_##id] = {#id, string, with, meaning, cause, next, LOG_MOOD_##mood},
#include "model/log_signals.def"
#undef LOG_SIGNAL
};

/* Is one of the words, separated by "|", in the line? None at all is always there. */
static bool
has_one_of(const char *line, const char *words)
{
    while (*words) {
        size_t n = strcspn(words, "|");

        if (memmem(line, strlen(line), words, n))
            return true;
        words += n;
        if (*words == '\0')
            return false;
        words++;
    }
    return true;
}

enum log_signal
log_signal_of(const char *line)
{
    for (int i = 0; i < LOG_SIGNALS; i++)
        if (has_one_of(line, signals[i].string) && has_one_of(line, signals[i].with))
            return (enum log_signal)i;
    return LOG_SIGNALS;
}

enum log_mood
log_signal_mood(enum log_signal signal)
{
    return signals[signal].mood;
}

const char *
log_signal_meaning(enum log_signal signal)
{
    return signals[signal].meaning;
}

const char *
log_signal_cause(enum log_signal signal)
{
    return signals[signal].cause;
}

const char *
log_signal_next(enum log_signal signal)
{
    return signals[signal].next;
}

const char *
log_signal_name(enum log_signal signal)
{
    return signals[signal].name;
}

const struct log_sighting *
log_sighting_of(const struct log_facts *log, enum log_signal signal)
{
    for (size_t i = 0; i < log->n_seen; i++)
        if (log->seen[i].signal == signal)
            return &log->seen[i];
    return NULL;
}

static bool
is_worse(enum log_signal a, enum log_signal b)
{
    return signals[a].mood != signals[b].mood ? signals[a].mood > signals[b].mood : a < b;
}

const struct log_sighting *
log_complaint(const struct log_facts *log)
{
    const struct log_sighting *worst = NULL;

    for (size_t i = 0; i < log->n_seen; i++) {
        const struct log_sighting *seen = &log->seen[i];

        if (seen->recent > 0 && signals[seen->signal].mood >= LOG_MOOD_bad &&
            (!worst || is_worse(seen->signal, worst->signal)))
            worst = seen;
    }
    return worst;
}
