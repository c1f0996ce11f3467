/* sqlite3.c — SQLite, loaded when the journal is first opened. */
#include <sqlite3.h>

#include "core/lazy.h"

static struct lazy_library sqlite = {.file = SONAME_sqlite3, .package = "libsqlite3-0"};

LAZY(sqlite, int, sqlite3_open_v2,
     (const char *name, sqlite3 **out, int flags, const char *filesystem),
     (name, out, flags, filesystem))
LAZY(sqlite, int, sqlite3_close, (sqlite3 * db), (db))
LAZY(sqlite, int, sqlite3_busy_timeout, (sqlite3 * db, int ms), (db, ms))
LAZY(sqlite, int, sqlite3_changes, (sqlite3 * db), (db))
LAZY(sqlite, int, sqlite3_db_readonly, (sqlite3 * db, const char *name), (db, name))
LAZY(sqlite, int, sqlite3_system_errno, (sqlite3 * db), (db))
LAZY(sqlite, int, sqlite3_extended_errcode, (sqlite3 * db), (db))
LAZY(sqlite, const char *, sqlite3_errmsg, (sqlite3 * db), (db))
LAZY(sqlite, int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *context,
      char **message),
     (db, sql, row, context, message))
LAZY(sqlite, int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int n, sqlite3_stmt **out, const char **rest),
     (db, sql, n, out, rest))
LAZY(sqlite, int, sqlite3_bind_int64, (sqlite3_stmt * statement, int column, sqlite3_int64 value),
     (statement, column, value))
LAZY(sqlite, int, sqlite3_bind_text,
     (sqlite3_stmt * statement, int column, const char *value, int n, void (*done)(void *)),
     (statement, column, value, n, done))
LAZY(sqlite, int, sqlite3_step, (sqlite3_stmt * statement), (statement))
LAZY(sqlite, int, sqlite3_finalize, (sqlite3_stmt * statement), (statement))
LAZY(sqlite, sqlite3_int64, sqlite3_column_int64, (sqlite3_stmt * statement, int column),
     (statement, column))
LAZY(sqlite, const unsigned char *, sqlite3_column_text, (sqlite3_stmt * statement, int column),
     (statement, column))
LAZY(sqlite, int, sqlite3_column_bytes, (sqlite3_stmt * statement, int column), (statement, column))
