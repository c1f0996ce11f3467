/* database.h — one SQLite file: statements with values, rows, transactions, and its failures in
 * words. The only door to SQLite.
 *
 * Errors are ERR_IO, name the file and say in one line what to do. One thread at a time. */
#ifndef HISTORY_DATABASE_H
#define HISTORY_DATABASE_H

#include "core/err.h"

struct arena;
struct database;
struct query;

/* The file must be there. Writing: WAL, and each transaction is on disk when it returns
 * (synchronous=FULL). Caller frees with database_close. */
struct database *database_open(const char *path, bool is_to_write, struct err *err) MUST_CHECK;
void database_close(struct database *db); /* NULL is allowed */

/* Switch to WAL, which stays in the file. Nobody else may open it meanwhile. */
bool database_make_wal(struct database *db, struct err *err) MUST_CHECK;
/* False and err when what is in the file contradicts itself. Reads all of it. */
bool database_check(struct database *db, struct err *err) MUST_CHECK;

/* One value of a statement. */
struct cell {
    const char *text; /* NULL: it is the number */
    int64_t number;
};

static inline struct cell
cell_text(const char *text)
{
    return (struct cell){.text = text ? text : ""};
}

static inline struct cell
cell_number(int64_t number)
{
    return (struct cell){.number = number};
}

/* database_run(db, sql, CELLS(cell_text(id), cell_number(n)), &err) */
#define CELLS(...)                                                                                 \
    (const struct cell[]){__VA_ARGS__},                                                            \
        sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell)
#define NO_CELLS NULL, 0

/* Statements without results, several when there are no values. */
bool database_run(struct database *db, const char *sql, const struct cell *cells, size_t n,
                  struct err *err) MUST_CHECK;
/* Rows that the last statement changed. */
int database_changed(const struct database *db);

/* A transaction that has the pen from its begin; with is_good false database_end takes all of it
 * back and returns false, keeping err. */
bool database_begin(struct database *db, struct err *err) MUST_CHECK;
bool database_end(struct database *db, bool is_good, struct err *err) MUST_CHECK;

/* Rows: query_open, query_next until false, query_close, which says whether it came to the end.
 * query_open never returns NULL; its failures are told by query_close. */
struct query *query_open(struct database *db, const char *sql, const struct cell *cells, size_t n);
bool query_next(struct query *query);
int64_t query_number(const struct query *query, int column);
const char *query_text(const struct query *query, int column, struct arena *arena); /* never NULL */
bool query_close(struct query *query, struct err *err) MUST_CHECK;

#endif
