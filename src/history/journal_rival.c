/* journal_rival.c — who else is at the same objects, and how to begin only when nobody is. */
#include <string.h>

#include "core/arena.h"
#include "history/handle.h"
#include "history/journal.h"

/* ---- what an op is about ---- */

static bool
has_item(const struct journal_op *op, const char *id)
{
    for (size_t i = 0; i < op->n_items; i++)
        if (strcmp(op->items[i].id, id) == 0)
            return true;
    return false;
}

static bool
is_about(const struct journal_op *op, const char *id, const char *pool_id)
{
    bool is_of_pool = strcmp(op_object(op->kind), "pool") == 0;

    return strcmp(op->object_id, id) == 0 || has_item(op, id) ||
           (is_of_pool && *pool_id && strcmp(op->pool_id, pool_id) == 0);
}

static bool
share(const struct journal_op *op, const struct journal_op *other)
{
    if (is_about(other, op->object_id, op->pool_id))
        return true;
    for (size_t i = 0; i < op->n_items; i++)
        if (is_about(other, op->items[i].id, op->items[i].pool_id))
            return true;
    return false;
}

const struct journal_op *
journal_rival(const struct journal_op *op, const struct journal_op *others, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!op_state_is_over(others[i].state) && others[i].is_alive && !others[i].is_mine &&
            share(op, &others[i]))
            return &others[i];
    return NULL;
}

/* ---- beginning ---- */

static bool
has_no_rival(struct journal *journal, const struct journal_op *op, struct arena *arena,
             const struct journal_op **rival, struct err *err)
{
    const struct journal_query open = {.is_open_only = true};
    const struct journal_op *others;
    size_t n;

    if (!journal_read_inside(journal, &open, arena, &others, &n, err))
        return false;
    *rival = journal_rival(op, others, n);
    return !*rival || err_set(err, ERR_REFUSED, "%s: %s@%s is at it", op->object_name,
                              (*rival)->user, (*rival)->host);
}

bool
journal_begin_alone(struct journal *journal, const struct journal_op *op, struct arena *arena,
                    const struct journal_op **rival, struct err *err)
{
    *rival = NULL;
    if (!database_begin(journal->db, err))
        return false;
    return database_end(
        journal->db,
        has_no_rival(journal, op, arena, rival, err) && journal_insert(journal, op, err), err);
}
