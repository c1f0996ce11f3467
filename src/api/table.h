/* table.h — records by id that keep the order in which they came. Borrows the records. */
#ifndef API_TABLE_H
#define API_TABLE_H

#include "core/base.h"

struct map;

struct table {
    struct map *by_id;
    void **rows;
    size_t n, room;
};

void table_init(struct table *table);
void table_clear(struct table *table); /* the records stay the caller's */

void *table_get(const struct table *table, const char *id); /* NULL when absent */
void table_add(struct table *table, const char *id, void *row);

/* Forget every row for which keep says false; it frees what it refuses, and gets the id's removal
 * done before it is called. */
void table_sweep(struct table *table, const char *(*id)(const void *row),
                 bool (*keep)(void *row, void *context), void *context);

#endif
