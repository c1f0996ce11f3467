#include "history/database.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/die.h"
#include "core/text.h"

enum { BUSY_MS = 5000, LONGEST_PATH = 4096, LONGEST_TEXT = 64 * 1024 };

struct database {
    sqlite3 *handle;
    char path[LONGEST_PATH];
};

struct query {
    struct database *db;
    sqlite3_stmt *statement; /* NULL: it could not be made */
    int code;                /* SQLITE_ROW, SQLITE_DONE, or why not */
};

/* ---- failures ---- */

/* What the operator can do about it; the code's primary part decides. */
static bool
explain(const struct database *db, int code, const char *said, int number, struct err *err)
{
    const char *reason = number ? strerror(number) : said;

    switch (code & 0xff) {
    case SQLITE_FULL:
        return err_set(err, ERR_IO, "%s: the disk is full (or this file's quota is used up)",
                       db->path);
    case SQLITE_READONLY:
        return err_set(err, ERR_IO, "%s: it is read-only here", db->path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(err, ERR_IO,
                       "%s: it or a file beside it cannot be opened: %s; is the folder writable?",
                       db->path, reason);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_IO, "%s: another process has held it for more than %d s", db->path,
                       BUSY_MS / 1000);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return err_set(err, ERR_IO,
                       "%s: damaged (%s); nothing was changed: move it away, and a new one begins",
                       db->path, said);
    default:
        return err_set(err, ERR_IO, "%s: it cannot be read or written: %s", db->path, reason);
    }
}

static bool
fail(const struct database *db, struct err *err)
{
    int code = sqlite3_extended_errcode(db->handle);
    bool is_of_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

    return explain(db, code, sqlite3_errmsg(db->handle),
                   is_of_system ? sqlite3_system_errno(db->handle) : 0, err);
}

/* ---- the file ---- */

/* SQLite takes an empty file for a new one, and would throw away the log of a file that was cut to
 * nothing: what it holds may be all that is left. */
static bool
has_orphaned_log(const char *path)
{
    char log[LONGEST_PATH + 8];
    struct stat file, wal;

    snprintf(log, sizeof(log), "%s-wal", path);
    return stat(path, &file) == 0 && file.st_size == 0 && stat(log, &wal) == 0 && wal.st_size > 0;
}

/* A file that nobody can write, such as on read-only media: SQLite would want to make its log's
 * index beside it. A log that is there needs that index, so then it has to fail. */
static bool
is_frozen(const char *path)
{
    char log[LONGEST_PATH + 8], folder[LONGEST_PATH];
    char *slash;

    snprintf(log, sizeof(log), "%s-wal", path);
    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash && access(folder, W_OK) != 0 && access(log, F_OK) != 0;
}

/* "file:PATH?immutable=1", escaped as URIs want it. */
static void
frozen_name(const char *path, char *out, size_t size)
{
    struct text name = {.bytes = out, .size = size};

    text_add(&name, "file:");
    for (; *path; path++)
        if (isalnum((unsigned char)*path) || strchr("/._-", *path))
            text_addn(&name, path, 1);
        else
            text_addf(&name, "%%%02x", (unsigned char)*path);
    text_add(&name, "?immutable=1");
}

static int
open_file(struct database *db, bool is_to_write)
{
    char name[3 * LONGEST_PATH + 32];
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                (is_to_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);

    if (is_to_write || !is_frozen(db->path))
        return sqlite3_open_v2(db->path, &db->handle, flags, NULL);
    frozen_name(db->path, name, sizeof(name));
    return sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_URI, NULL);
}

static bool
open_handle(struct database *db, bool is_to_write, struct err *err)
{
    if (has_orphaned_log(db->path))
        return explain(db, SQLITE_CORRUPT, "it is empty, but its log is not", 0, err);
    if (open_file(db, is_to_write) != SQLITE_OK) {
        if (!db->handle)
            die("out of memory");
        return fail(db, err);
    }
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (is_to_write && sqlite3_db_readonly(db->handle, "main") != 0)
        return explain(db, SQLITE_READONLY, "", 0, err);
    return database_run(db,
                        "PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; "
                        "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON",
                        NO_CELLS, err);
}

struct database *
database_open(const char *path, bool is_to_write, struct err *err)
{
    struct database *db = calloc(1, sizeof(*db));

    if (!db)
        die("out of memory");
    snprintf(db->path, sizeof(db->path), "%s", path);
    if (open_handle(db, is_to_write, err))
        return db;
    database_close(db);
    return NULL;
}

void
database_close(struct database *db)
{
    if (!db)
        return;
    sqlite3_close(db->handle);
    free(db);
}

bool
database_make_wal(struct database *db, struct err *err)
{
    return database_run(db, "PRAGMA journal_mode=WAL", NO_CELLS, err);
}

bool
database_check(struct database *db, struct err *err)
{
    struct query *query = query_open(db, "PRAGMA quick_check(1)", NO_CELLS);
    struct arena *arena = arena_new();
    const char *said = query_next(query) ? query_text(query, 0, arena) : "";
    bool is_good = query_close(query, err);

    if (is_good && strcmp(said, "ok") != 0)
        is_good = explain(db, SQLITE_CORRUPT, said, 0, err);
    arena_free(arena);
    return is_good;
}

/* ---- statements ---- */

static void
bind(sqlite3_stmt *statement, const struct cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i].text)
            sqlite3_bind_text(statement, (int)i + 1, cells[i].text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, (int)i + 1, cells[i].number);
}

bool
database_run(struct database *db, const char *sql, const struct cell *cells, size_t n,
             struct err *err)
{
    sqlite3_stmt *statement;
    int code;

    if (n == 0)
        return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db, err);
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(db, err);
    bind(statement, cells, n);
    do
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW);
    if (code != SQLITE_DONE)
        fail(db, err);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

int
database_changed(const struct database *db)
{
    return sqlite3_changes(db->handle);
}

bool
database_begin(struct database *db, struct err *err)
{
    return database_run(db, "BEGIN IMMEDIATE", NO_CELLS, err);
}

bool
database_end(struct database *db, bool is_good, struct err *err)
{
    if (is_good && database_run(db, "COMMIT", NO_CELLS, err))
        return true;
    (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* why is in err already */
    return false;
}

/* ---- rows ---- */

struct query *
query_open(struct database *db, const char *sql, const struct cell *cells, size_t n)
{
    struct query *query = calloc(1, sizeof(*query));

    if (!query)
        die("out of memory");
    query->db = db;
    query->code = sqlite3_prepare_v2(db->handle, sql, -1, &query->statement, NULL);
    if (query->code == SQLITE_OK)
        bind(query->statement, cells, n);
    return query;
}

bool
query_next(struct query *query)
{
    if (query->code == SQLITE_OK || query->code == SQLITE_ROW)
        query->code = sqlite3_step(query->statement);
    return query->code == SQLITE_ROW;
}

int64_t
query_number(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

const char *
query_text(const struct query *query, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(query->statement, column);

    return text_clean_dup(arena, text, LONGEST_TEXT); /* others may write this file, too */
}

bool
query_close(struct query *query, struct err *err)
{
    bool is_good = query->code == SQLITE_DONE || query->code == SQLITE_ROW ||
                   query->code == SQLITE_OK || fail(query->db, err);

    sqlite3_finalize(query->statement);
    free(query);
    return is_good;
}
