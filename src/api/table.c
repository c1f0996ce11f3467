#include "api/table.h"

#include <stdlib.h>

#include "core/die.h"
#include "core/map.h"

void
table_init(struct table *table)
{
    *table = (struct table){.by_id = map_new()};
}

void
table_clear(struct table *table)
{
    if (table->by_id)
        map_free(table->by_id);
    free(table->rows);
    *table = (struct table){0};
}

void *
table_get(const struct table *table, const char *id)
{
    return map_get(table->by_id, id);
}

void
table_add(struct table *table, const char *id, void *row)
{
    if (table->n == table->room) {
        size_t room = table->room ? table->room * 2 : 4;
        void **rows = realloc(table->rows, room * sizeof(*rows));

        if (!rows)
            die("out of memory");
        table->rows = rows;
        table->room = room;
    }
    table->rows[table->n++] = row;
    map_set(table->by_id, id, row);
}

void
table_sweep(struct table *table, const char *(*id)(const void *row),
            bool (*keep)(void *row, void *context), void *context)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->n; i++) {
        void *row = table->rows[i];

        map_remove(table->by_id, id(row));
        if (!keep(row, context))
            continue;
        map_set(table->by_id, id(row), row);
        table->rows[kept++] = row;
    }
    table->n = kept;
}
