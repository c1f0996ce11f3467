#include "history/schema.h"

#include "core/text.h"
#include "history/database.h"

/* The nth entry makes version n + 1. Entries are never changed, only added: files of every version
 * exist. Kinds, states and choices are kept by name, so that their lists may change. */
static const char *const migrations[] = {
    /* 1: ops, what they act on, and what they did */
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
    "CREATE TABLE trial (bytes BLOB);",
    /* 2: by which measure a resumed op goes on */
    "ALTER TABLE op ADD COLUMN expected INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE item ADD COLUMN expected INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE item ADD COLUMN former_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE item ADD COLUMN was_down INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE item ADD COLUMN is_forced INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE item ADD COLUMN is_foreign INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE item ADD COLUMN is_told INTEGER NOT NULL DEFAULT 0;",
    /* 3: whose end nobody watched */
    "ALTER TABLE item ADD COLUMN is_late INTEGER NOT NULL DEFAULT 0;",
};

bool
schema_version(struct database *db, int64_t *out, struct err *err)
{
    struct query *query = query_open(db, "PRAGMA user_version", NO_CELLS);

    *out = query_next(query) ? query_number(query, 0) : 0;
    return query_close(query, err);
}

static bool
refuse(int64_t version, struct err *err)
{
    return err_set(err, ERR_IO,
                   "the journal was written by a newer sandwatch (its version is %" PRId64
                   ", this program knows %zu)",
                   version, COUNT_OF(migrations));
}

static bool
take_step(struct database *db, int64_t from, struct err *err)
{
    TEXT(set, 64);
    bool is_good;

    text_addf(&set, "PRAGMA user_version = %" PRId64, from + 1);
    if (!database_begin(db, err))
        return false;
    is_good = database_run(db, migrations[from], NO_CELLS, err) &&
              database_run(db, set.bytes, NO_CELLS, err);
    return database_end(db, is_good, err);
}

bool
schema_upgrade(struct database *db, struct err *err)
{
    int64_t version;

    if (!schema_version(db, &version, err))
        return false;
    if (version < 0 || version > (int64_t)COUNT_OF(migrations))
        return refuse(version, err);
    for (; version < (int64_t)COUNT_OF(migrations); version++)
        if (!take_step(db, version, err))
            return false;
    return true;
}

bool
schema_is_older(struct database *db)
{
    int64_t version;

    return schema_version(db, &version, NULL) && version > 0 &&
           version < (int64_t)COUNT_OF(migrations);
}

bool
schema_check(struct database *db, bool *is_empty, struct err *err)
{
    int64_t version;

    if (!schema_version(db, &version, err))
        return false;
    *is_empty = version == 0;
    if (version == 0 || version == (int64_t)COUNT_OF(migrations))
        return true;
    if (version < 0 || version > (int64_t)COUNT_OF(migrations))
        return refuse(version, err);
    return err_set(err, ERR_IO,
                   "the journal is of an older sandwatch, and whoever reads it cannot bring it up");
}
