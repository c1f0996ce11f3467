/* log_watch.h — keep reading one log, from a file or from a command's output, and know what of it
 * means something. */
#ifndef PROBE_LOG_WATCH_H
#define PROBE_LOG_WATCH_H

#include "core/base.h"
#include "model/log_facts.h"

struct arena;
struct log_watch;
struct loop;

/* Where the log is; neither: it is not read. */
struct log_place {
    const char *file;           /* NULL: there is none */
    const char *const *command; /* NULL-terminated, run without a shell; NULL: there is none */
};

struct log_plan {
    struct log_place place;      /* borrowed until log_watch_close */
    void (*news)(void *context); /* something was recognised, or reading began to fail or to work;
                                    from the loop, never from within */
    void *context;
};

/* NULL when there is no place. Nothing is read before the loop turns. */
struct log_watch *log_watch_open(const struct log_plan *plan, struct loop *loop);
void log_watch_close(struct log_watch *watch); /* NULL is allowed */
/* Read what a file has got since the last time, without telling news: for whoever is about to show
 * it. A command tells by itself; NULL is allowed. */
void log_watch_look(struct log_watch *watch);

/* What is known, its strings owned by the arena; nothing for NULL. */
void log_watch_show(const struct log_watch *watch, struct arena *arena, struct log_facts *out);

/* From now on, was this word in a line? For a request that should leave no trace. NULL is allowed:
 * nobody reads. */
void log_watch_expect(struct log_watch *watch, const char *word);
bool log_watch_met(const struct log_watch *watch);

#endif
