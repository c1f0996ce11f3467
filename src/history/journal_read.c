/* journal_read.c — ops, steps and times out of the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/die.h"
#include "history/handle.h"
#include "history/journal.h"

/* A choice that this program does not know is not in force here. */
static unsigned
choices_parse(const char *list)
{
    unsigned choices = 0;

    while (*list) {
        size_t n = strcspn(list, ",");

        for (int i = 0; i < OP_CHOICE_COUNT; i++) {
            const char *name = op_choice_name((enum op_choice)i);

            if (strlen(name) == n && strncmp(name, list, n) == 0)
                choices |= 1u << i;
        }
        list += n + (list[n] == ',');
    }
    return choices;
}

/* ---- rows that grow ---- */

/* Rows as they come; they move to the arena when their number is known. */
struct pile {
    char *bytes;
    size_t n, room, each;
};

static void *
pile_add(struct pile *pile)
{
    if (pile->n == pile->room) {
        pile->room = pile->room ? 2 * pile->room : 16;
        pile->bytes = realloc(pile->bytes, pile->room * pile->each);
        if (!pile->bytes)
            die("out of memory");
    }
    memset(pile->bytes + pile->n * pile->each, 0, pile->each);
    return pile->bytes + pile->n++ * pile->each;
}

static void *
pile_move(struct pile *pile, struct arena *arena)
{
    void *rows = arena_array(arena, pile->n, pile->each);

    if (pile->n)
        memcpy(rows, pile->bytes, pile->n * pile->each);
    free(pile->bytes);
    return rows;
}

/* ---- items ---- */

static bool
read_items(struct journal *journal, struct journal_op *op, struct arena *arena, struct err *err)
{
    struct query *query =
        query_open(journal->db,
                   "SELECT id, name, progress, note, asked_ms, done_ms, pool_id, session_id,"
                   " expected, former_id, was_down, is_forced, is_foreign, is_told,"
                   " is_late FROM item"
                   " WHERE op_id = ? ORDER BY rowid",
                   CELLS(cell_text(op->id)));
    struct pile pile = {.each = sizeof(struct journal_item)};
    bool is_known = true;

    while (query_next(query)) {
        struct journal_item *item = pile_add(&pile);
        const char *progress = query_text(query, 2, arena);
        enum op_progress found = op_progress_find(progress);

        item->id = query_text(query, 0, arena);
        item->name = query_text(query, 1, arena);
        item->note = query_text(query, 3, arena);
        item->asked_ms = query_number(query, 4);
        item->done_ms = query_number(query, 5);
        item->pool_id = query_text(query, 6, arena);
        item->session_id = query_text(query, 7, arena);
        item->expected = query_number(query, 8);
        item->former_id = query_text(query, 9, arena);
        item->was_down = query_number(query, 10) != 0;
        item->is_forced = query_number(query, 11) != 0;
        item->is_foreign = query_number(query, 12) != 0;
        item->is_told = query_number(query, 13) != 0;
        item->is_late = query_number(query, 14) != 0;
        item->progress = found;
        if (found == OP_PROGRESS_COUNT && is_known)
            is_known = err_set(err, ERR_IO, "%s: %s: the journal says \"%.20s\" of %s",
                               journal->place.file, op->id, progress, item->id);
    }
    op->n_items = pile.n;
    op->items = pile_move(&pile, arena);
    return query_close(query, is_known ? err : NULL) && is_known;
}

/* ---- ops ---- */

static const char select_ops[] =
    "SELECT id, verb, object, state, context, object_id, object_name, pool_id, user, host,"
    " ssh_client, reason, choices, grace_ms, must_type, is_headless, planned_ms, confirmed_ms,"
    " started_ms, ended_ms, summary, phase, owner_boot, owner_pid, owner_started, expected"
    " FROM op"
    " WHERE (?1 = '' OR id = ?1) AND planned_ms >= ?2 AND (?3 = 0 OR is_over = 0)"
    " ORDER BY planned_ms DESC, id DESC LIMIT ?4";

static void
read_owner(const struct journal *journal, const struct query *query, struct arena *arena,
           struct journal_op *op)
{
    struct owner owner = {.pid = query_number(query, 23), .started = query_number(query, 24)};

    snprintf(owner.boot, sizeof(owner.boot), "%s", query_text(query, 22, arena));
    op->is_mine = owner_is(&owner, &journal->self);
    op->is_alive = op_state_is_over(op->state) || op->is_mine || owner_is_alive(&owner);
}

static bool
read_kind(const struct journal *journal, const struct query *query, struct arena *arena,
          struct journal_op *op, struct err *err)
{
    const char *verb = query_text(query, 1, arena), *object = query_text(query, 2, arena);
    const char *state = query_text(query, 3, arena);

    op->kind = op_kind_find(verb, object);
    op->state = op_state_find(state);
    if (op->kind != OP_KIND_COUNT && op->state != OP_STATE_COUNT)
        return true;
    return err_set(err, ERR_IO,
                   "%s: %s: the journal says \"%.20s %.20s, %.20s\", which means nothing",
                   journal->place.file, op->id, verb, object, state);
}

static bool
read_op(const struct journal *journal, const struct query *query, struct arena *arena,
        struct journal_op *op, struct err *err)
{
    op->id = query_text(query, 0, arena);
    op->context = query_text(query, 4, arena);
    op->object_id = query_text(query, 5, arena);
    op->object_name = query_text(query, 6, arena);
    op->pool_id = query_text(query, 7, arena);
    op->user = query_text(query, 8, arena);
    op->host = query_text(query, 9, arena);
    op->ssh_client = query_text(query, 10, arena);
    op->reason = query_text(query, 11, arena);
    op->choices = choices_parse(query_text(query, 12, arena));
    op->grace_ms = query_number(query, 13);
    op->must_type = query_text(query, 14, arena);
    op->is_headless = query_number(query, 15) != 0;
    op->planned_ms = query_number(query, 16);
    op->confirmed_ms = query_number(query, 17);
    op->started_ms = query_number(query, 18);
    op->ended_ms = query_number(query, 19);
    op->summary = query_text(query, 20, arena);
    op->phase = query_text(query, 21, arena);
    op->expected = query_number(query, 25);
    if (!read_kind(journal, query, arena, op, err))
        return false;
    read_owner(journal, query, arena, op);
    return true;
}

static bool
read_ops(struct journal *journal, const struct journal_query *ask, struct arena *arena,
         struct pile *pile, struct err *err)
{
    struct query *query = query_open(journal->db, select_ops,
                                     CELLS(cell_text(ask->op_id), cell_number(ask->since_ms),
                                           cell_number(ask->is_open_only),
                                           cell_number(ask->most ? (int64_t)ask->most : -1)));
    bool is_known = true;

    while (is_known && query_next(query))
        is_known = read_op(journal, query, arena, pile_add(pile), err);
    return query_close(query, is_known ? err : NULL) && is_known;
}

bool
journal_read_inside(struct journal *journal, const struct journal_query *query, struct arena *arena,
                    const struct journal_op **out, size_t *n, struct err *err)
{
    struct pile pile = {.each = sizeof(struct journal_op)};
    bool is_good = read_ops(journal, query, arena, &pile, err);
    struct journal_op *ops;

    *n = pile.n;
    *out = ops = pile_move(&pile, arena);
    for (size_t i = 0; i < *n && is_good; i++)
        is_good = read_items(journal, &ops[i], arena, err);
    return is_good;
}

bool
journal_read(struct journal *journal, const struct journal_query *query, struct arena *arena,
             const struct journal_op **out, size_t *n, struct err *err)
{
    bool is_good;

    *out = NULL;
    *n = 0;
    if (!journal->db)
        return true;
    /* one transaction, so that items belong to the ops that were read */
    if (!database_run(journal->db, "BEGIN", NO_CELLS, err))
        return false;
    is_good = journal_read_inside(journal, query, arena, out, n, err);
    if (!database_end(journal->db, is_good, err)) {
        *n = 0;
        return false;
    }
    return true;
}

/* ---- steps and times ---- */

bool
journal_read_steps(struct journal *journal, const char *op_id, struct arena *arena,
                   const struct journal_step **out, size_t *n, struct err *err)
{
    struct pile pile = {.each = sizeof(struct journal_step)};
    struct query *query;

    *out = NULL;
    *n = 0;
    if (!journal->db)
        return true;
    query = query_open(journal->db,
                       "SELECT seq, at_ms, answered_ms, what, target, detail, result FROM step"
                       " WHERE op_id = ? ORDER BY seq",
                       CELLS(cell_text(op_id)));
    while (query_next(query)) {
        struct journal_step *step = pile_add(&pile);

        step->seq = query_number(query, 0);
        step->at_ms = query_number(query, 1);
        step->answered_ms = query_number(query, 2);
        step->what = query_text(query, 3, arena);
        step->target = query_text(query, 4, arena);
        step->detail = query_text(query, 5, arena);
        step->result = query_text(query, 6, arena);
    }
    *n = pile.n;
    *out = pile_move(&pile, arena);
    return query_close(query, err);
}

bool
journal_stop_times(struct journal *journal, const char *pool_id, size_t most, struct arena *arena,
                   const int64_t **out, size_t *n, struct err *err)
{
    struct pile pile = {.each = sizeof(int64_t)};
    struct query *query;

    *out = NULL;
    *n = 0;
    if (!journal->db)
        return true;
    query = query_open(journal->db,
                       "SELECT item.done_ms - item.asked_ms FROM item JOIN op ON op.id = op_id"
                       " WHERE item.pool_id = ? AND progress = 'done' AND item.asked_ms > 0"
                       " AND is_late = 0 AND item.id <> item.session_id"
                       " AND NOT (op.verb = 'restart' AND op.object = 'job')"
                       " AND item.done_ms >= item.asked_ms ORDER BY item.done_ms DESC LIMIT ?",
                       CELLS(cell_text(pool_id), cell_number((int64_t)most)));
    while (query_next(query))
        *(int64_t *)pile_add(&pile) = query_number(query, 0);
    *n = pile.n;
    *out = pile_move(&pile, arena);
    return query_close(query, err);
}
