/* handle.h — what is behind a struct journal; for the files of this room. */
#ifndef HISTORY_HANDLE_H
#define HISTORY_HANDLE_H

#include "history/database.h"
#include "history/journal.h"
#include "history/owner.h"
#include "history/place.h"

struct journal {
    struct place place;
    struct database *db; /* NULL: opened to read, and nobody has written yet */
    struct owner self;
    int inotify_fd;       /* -1: none */
    int64_t seen_version; /* of the data, as others changed it */
};

/* journal_read, inside a transaction that the caller began. */
bool journal_read_inside(struct journal *journal, const struct journal_query *query,
                         struct arena *arena, const struct journal_op **out, size_t *n,
                         struct err *err) MUST_CHECK;
/* journal_begin, the same. */
bool journal_insert(struct journal *journal, const struct journal_op *op,
                    struct err *err) MUST_CHECK;

#endif
