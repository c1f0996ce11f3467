/* schema.h — the tables of the journal, and how an older file becomes today's.
 *
 * The version is SQLite's user_version. There is no column for a credential, and none may come. */
#ifndef HISTORY_SCHEMA_H
#define HISTORY_SCHEMA_H

#include "core/err.h"

struct database;

/* Each step is one transaction. ERR_IO when the file is of a newer program. */
bool schema_upgrade(struct database *db, struct err *err) MUST_CHECK;

/* The version in the file; false and err when it cannot be read. */
bool schema_version(struct database *db, int64_t *out, struct err *err) MUST_CHECK;
bool schema_is_older(struct database *db);
/* Can it be read by this program as it is? *is_empty: nobody has written to it yet. */
bool schema_check(struct database *db, bool *is_empty, struct err *err) MUST_CHECK;

#endif
