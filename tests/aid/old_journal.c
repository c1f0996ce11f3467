#include "aid/old_journal.h"

#include <sqlite3.h>

#include "core/die.h"

/* Never changed: it is what was written once. */
static const char version_1[] =
    "CREATE TABLE op ("
    " id TEXT PRIMARY KEY, verb TEXT NOT NULL, object TEXT NOT NULL, state TEXT NOT NULL,"
    " context TEXT NOT NULL, object_id TEXT NOT NULL, object_name TEXT NOT NULL,"
    " pool_id TEXT NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL, ssh_client TEXT NOT NULL,"
    " reason TEXT NOT NULL, choices TEXT NOT NULL, grace_ms INTEGER NOT NULL,"
    " must_type TEXT NOT NULL, is_headless INTEGER NOT NULL, planned_ms INTEGER NOT NULL,"
    " confirmed_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,"
    " summary TEXT NOT NULL, phase TEXT NOT NULL,"
    " owner_boot TEXT NOT NULL, owner_pid INTEGER NOT NULL, owner_started INTEGER NOT NULL,"
    " is_over INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX op_planned ON op (planned_ms);"
    "CREATE INDEX op_open ON op (is_over) WHERE is_over = 0;"
    "CREATE TABLE item ("
    " op_id TEXT NOT NULL REFERENCES op (id), id TEXT NOT NULL, name TEXT NOT NULL,"
    " pool_id TEXT NOT NULL, session_id TEXT NOT NULL,"
    " progress TEXT NOT NULL, note TEXT NOT NULL, asked_ms INTEGER NOT NULL,"
    " done_ms INTEGER NOT NULL, UNIQUE (op_id, id));"
    "CREATE TABLE step ("
    " op_id TEXT NOT NULL REFERENCES op (id), seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " answered_ms INTEGER NOT NULL, what TEXT NOT NULL, target TEXT NOT NULL,"
    " detail TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (op_id, seq)) WITHOUT ROWID;"
    "CREATE TABLE trial (bytes BLOB);"
    "PRAGMA user_version = 1;";

const char old_journal_statements[] =
    "INSERT INTO op (id, verb, object, state, context, object_id, object_name, pool_id, user,"
    " host, ssh_client, reason, choices, grace_ms, must_type, is_headless, planned_ms,"
    " confirmed_ms, started_ms, ended_ms, summary, phase, owner_boot, owner_pid,"
    " owner_started, is_over) VALUES ('op_older', 'stop', 'job', 'running', 'test', 'work_older',"
    " 'bump', '', 'alice', 'ops1', '', '', '', 60000, '', 0, 1, 2, 3, 0, '', 'stop', '', 0, 0, 0);"
    "INSERT INTO item (op_id, id, name, pool_id, session_id, progress, note, asked_ms, done_ms)"
    " VALUES ('op_older', 'work_older', 'bump', '', '', 'waiting', '', 0, 0)"
    " ON CONFLICT (op_id, id) DO UPDATE SET name = excluded.name, progress = excluded.progress,"
    " note = excluded.note, asked_ms = excluded.asked_ms, done_ms = excluded.done_ms;"
    "INSERT INTO step VALUES ('op_older', 1, 4, 0, 'stop', 'work_older', 'POST', '');";

void
old_journal_write(const char *path, const char *statements)
{
    sqlite3 *db;

    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, version_1, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, statements, NULL, NULL, NULL) != SQLITE_OK)
        die("%s: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
}
