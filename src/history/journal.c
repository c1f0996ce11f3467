/* journal.c — where the journal is, opened and closed; and what others write into it. */
#include "history/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/die.h"
#include "history/handle.h"
#include "history/schema.h"

/* ---- where ---- */

const char *
journal_folder(struct arena *arena, const char *(*get)(const char *name))
{
    const char *state = get("XDG_STATE_HOME"), *home = get("HOME");

    if (state && *state == '/') /* the XDG specification: a relative one is ignored */
        return arena_printf(arena, "%s/sandwatch", state);
    if (home && *home)
        return arena_printf(arena, "%s/.local/state/sandwatch", home);
    return NULL;
}

/* ---- open and close ---- */

static struct journal *
journal_new(void)
{
    struct journal *journal = calloc(1, sizeof(*journal));

    if (!journal)
        die("out of memory");
    journal->self = owner_self();
    journal->inotify_fd = -1;
    return journal;
}

/* Without it changes of others are seen when somebody looks. */
static void
watch_folder(struct journal *journal)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd >= 0 && inotify_add_watch(fd, journal->place.folder, IN_MODIFY) < 0) {
        close(fd);
        fd = -1;
    }
    journal->inotify_fd = fd;
}

static int64_t
data_version(struct journal *journal)
{
    struct query *query = query_open(journal->db, "PRAGMA data_version", NO_CELLS);
    int64_t version = query_next(query) ? query_number(query, 0) : -1;

    return query_close(query, NULL) ? version : -1;
}

static bool
prepare(struct journal *journal, struct err *err)
{
    return database_make_wal(journal->db, err) && schema_upgrade(journal->db, err) &&
           database_check(journal->db, err);
}

struct journal *
journal_open(const char *folder, struct err *err)
{
    struct journal *journal = journal_new();
    bool is_good = place_make(folder, &journal->place, err);
    int lock = is_good ? place_lock(&journal->place, err) : -1;

    if (lock >= 0)
        journal->db = database_open(journal->place.file, true, err);
    is_good = journal->db && prepare(journal, err);
    if (lock >= 0)
        close(lock);
    if (!is_good) {
        journal_close(journal);
        return NULL;
    }
    watch_folder(journal);
    journal->seen_version = data_version(journal);
    return journal;
}

/* What an older program wrote is brought up first, where that can be done. */
static struct database *
open_to_read(const struct place *place, struct err *err)
{
    struct database *db = database_open(place->file, false, err);

    if (!db || !schema_is_older(db))
        return db;
    database_close(db);
    journal_close(journal_open(place->folder, NULL));
    return database_open(place->file, false, err);
}

struct journal *
journal_open_to_read(const char *folder, struct err *err)
{
    struct journal *journal = journal_new();
    bool is_there, is_empty = false, is_good;

    is_good = place_find(folder, &journal->place, &is_there, err);
    if (is_good && is_there) {
        journal->db = open_to_read(&journal->place, err);
        is_good = journal->db && schema_check(journal->db, &is_empty, err);
    }
    if (!is_good) {
        journal_close(journal);
        return NULL;
    }
    if (is_empty) {
        database_close(journal->db);
        journal->db = NULL;
    }
    if (journal->db) {
        watch_folder(journal);
        journal->seen_version = data_version(journal);
    }
    return journal;
}

void
journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->inotify_fd >= 0)
        close(journal->inotify_fd);
    database_close(journal->db);
    free(journal);
}

/* ---- what others do ---- */

int
journal_fd(const struct journal *journal)
{
    return journal->inotify_fd;
}

bool
journal_noticed(struct journal *journal)
{
    char events[4096];
    int64_t version;

    while (journal->inotify_fd >= 0 && read(journal->inotify_fd, events, sizeof(events)) > 0)
        ;
    if (!journal->db)
        return false;
    version = data_version(journal);
    if (version == journal->seen_version)
        return false;
    journal->seen_version = version;
    return true;
}
