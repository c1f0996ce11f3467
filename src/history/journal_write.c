/* journal_write.c — ops, items and steps into the journal, by their owner; and how an op gets
 * another one. */
#include <stdio.h>

#include "core/arena.h"
#include "core/text.h"
#include "history/handle.h"
#include "history/journal.h"

enum { CHOICES_BYTES = 256 };

/* More than what an op writes at once, so that a journal that passes the trial has room for its
 * first step. */
#define TRIAL_BYTES "65536"

bool
journal_try(struct journal *journal, struct err *err)
{
    return database_run(journal->db,
                        "INSERT INTO trial VALUES (zeroblob(" TRIAL_BYTES ")); DELETE FROM trial",
                        NO_CELLS, err);
}

/* ---- rows ---- */

static void
choices_add(struct text *out, unsigned choices)
{
    for (int i = 0; i < OP_CHOICE_COUNT; i++)
        if (choices & 1u << i)
            text_addf(out, "%s%s", out->n ? "," : "", op_choice_name((enum op_choice)i));
}

static bool
is_not_ours(const char *op_id, struct err *err)
{
    return err_set(err, ERR_REFUSED, "%s: this console does not work on it", op_id);
}

static bool
write_item(struct journal *journal, const char *op_id, const struct journal_item *item,
           struct err *err)
{
    return database_run(
        journal->db,
        "INSERT INTO item (op_id, id, name, pool_id, session_id, progress, note, asked_ms, done_ms,"
        " expected, former_id, was_down, is_forced, is_foreign, is_told, is_late)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (op_id, id) DO UPDATE"
        " SET name = excluded.name, progress = excluded.progress, note = excluded.note,"
        " asked_ms = excluded.asked_ms, done_ms = excluded.done_ms, expected = excluded.expected,"
        " former_id = excluded.former_id, was_down = excluded.was_down,"
        " is_forced = excluded.is_forced, is_foreign = excluded.is_foreign,"
        " is_told = excluded.is_told, is_late = excluded.is_late",
        CELLS(cell_text(op_id), cell_text(item->id), cell_text(item->name),
              cell_text(item->pool_id), cell_text(item->session_id),
              cell_text(op_progress_name(item->progress)), cell_text(item->note),
              cell_number(item->asked_ms), cell_number(item->done_ms), cell_number(item->expected),
              cell_text(item->former_id), cell_number(item->was_down), cell_number(item->is_forced),
              cell_number(item->is_foreign), cell_number(item->is_told),
              cell_number(item->is_late)),
        err);
}

static bool
write_items(struct journal *journal, const char *op_id, const struct journal_item *items, size_t n,
            struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!write_item(journal, op_id, &items[i], err))
            return false;
    return true;
}

static bool
insert_op(struct journal *journal, const struct journal_op *op, struct err *err)
{
    TEXT(choices, CHOICES_BYTES);

    choices_add(&choices, op->choices);
    return database_run(
        journal->db,
        "INSERT INTO op (id, verb, object, state, context, object_id, object_name, pool_id, user,"
        " host, ssh_client, reason, choices, grace_ms, must_type, is_headless, planned_ms,"
        " confirmed_ms, started_ms, ended_ms, summary, phase, owner_boot, owner_pid,"
        " owner_started, is_over, expected) VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        CELLS(cell_text(op->id), cell_text(op_verb(op->kind)), cell_text(op_object(op->kind)),
              cell_text(op_state_name(op->state)), cell_text(op->context), cell_text(op->object_id),
              cell_text(op->object_name), cell_text(op->pool_id), cell_text(op->user),
              cell_text(op->host), cell_text(op->ssh_client), cell_text(op->reason),
              cell_text(choices.bytes), cell_number(op->grace_ms), cell_text(op->must_type),
              cell_number(op->is_headless), cell_number(op->planned_ms),
              cell_number(op->confirmed_ms), cell_number(op->started_ms), cell_number(op->ended_ms),
              cell_text(op->summary), cell_text(op->phase), cell_text(journal->self.boot),
              cell_number(journal->self.pid), cell_number(journal->self.started),
              cell_number(op_state_is_over(op->state)), cell_number(op->expected)),
        err);
}

/* Who leaves an op to the journal is its owner no longer. */
static struct owner
next_owner(const struct journal *journal, enum op_state state)
{
    static const struct owner nobody;

    return state == OP_STATE_interrupted ? nobody : journal->self;
}

static bool
update_op(struct journal *journal, const struct journal_op *op, struct err *err)
{
    struct owner next = next_owner(journal, op->state);
    TEXT(choices, CHOICES_BYTES);

    choices_add(&choices, op->choices);
    return database_run(
               journal->db,
               "UPDATE op SET state = ?, phase = ?, summary = ?, reason = ?, choices = ?,"
               " grace_ms = ?, confirmed_ms = ?, started_ms = ?, ended_ms = ?, expected = ?,"
               " is_over = ?, owner_boot = ?, owner_pid = ?, owner_started = ?"
               " WHERE id = ? AND owner_boot = ? AND owner_pid = ? AND owner_started = ?",
               CELLS(cell_text(op_state_name(op->state)), cell_text(op->phase),
                     cell_text(op->summary), cell_text(op->reason), cell_text(choices.bytes),
                     cell_number(op->grace_ms), cell_number(op->confirmed_ms),
                     cell_number(op->started_ms), cell_number(op->ended_ms),
                     cell_number(op->expected), cell_number(op_state_is_over(op->state)),
                     cell_text(next.boot), cell_number(next.pid), cell_number(next.started),
                     cell_text(op->id), cell_text(journal->self.boot),
                     cell_number(journal->self.pid), cell_number(journal->self.started)),
               err) &&
           (database_changed(journal->db) > 0 || is_not_ours(op->id, err));
}

/* ---- ops and items ---- */

bool
journal_insert(struct journal *journal, const struct journal_op *op, struct err *err)
{
    return insert_op(journal, op, err) && write_items(journal, op->id, op->items, op->n_items, err);
}

bool
journal_begin(struct journal *journal, const struct journal_op *op, struct err *err)
{
    return database_begin(journal->db, err) &&
           database_end(journal->db, journal_insert(journal, op, err), err);
}

bool
journal_update(struct journal *journal, const struct journal_op *op, struct err *err)
{
    bool is_good;

    if (!database_begin(journal->db, err))
        return false;
    is_good =
        update_op(journal, op, err) && write_items(journal, op->id, op->items, op->n_items, err);
    return database_end(journal->db, is_good, err);
}

/* Inside the transaction that writes, so that nobody takes it over in between. */
static bool
is_ours(struct journal *journal, const char *op_id, struct err *err)
{
    struct query *query =
        query_open(journal->db,
                   "SELECT 1 FROM op WHERE id = ? AND owner_boot = ?"
                   " AND owner_pid = ? AND owner_started = ?",
                   CELLS(cell_text(op_id), cell_text(journal->self.boot),
                         cell_number(journal->self.pid), cell_number(journal->self.started)));
    bool is = query_next(query);

    return query_close(query, err) && (is || is_not_ours(op_id, err));
}

bool
journal_items(struct journal *journal, const char *op_id, const struct journal_item *items,
              size_t n, struct err *err)
{
    bool is_good;

    if (!database_begin(journal->db, err))
        return false;
    is_good = is_ours(journal, op_id, err) && write_items(journal, op_id, items, n, err);
    return database_end(journal->db, is_good, err);
}

/* ---- steps ---- */

static bool
next_seq(struct journal *journal, const char *op_id, int64_t *seq, struct err *err)
{
    struct query *query =
        query_open(journal->db, "SELECT coalesce(max(seq), 0) + 1 FROM step WHERE op_id = ?",
                   CELLS(cell_text(op_id)));

    *seq = query_next(query) ? query_number(query, 0) : 0;
    return query_close(query, err);
}

static bool
insert_step(struct journal *journal, const char *op_id, const struct journal_step *step,
            int64_t seq, struct err *err)
{
    return database_run(journal->db, "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        CELLS(cell_text(op_id), cell_number(seq), cell_number(step->at_ms),
                              cell_number(step->answered_ms), cell_text(step->what),
                              cell_text(step->target), cell_text(step->detail),
                              cell_text(step->result)),
                        err);
}

bool
journal_step(struct journal *journal, const char *op_id, const struct journal_step *step,
             const struct journal_item *item, int64_t *seq, struct err *err)
{
    bool is_good;

    if (!database_begin(journal->db, err))
        return false;
    is_good = is_ours(journal, op_id, err) && (!item || write_item(journal, op_id, item, err)) &&
              next_seq(journal, op_id, seq, err) && insert_step(journal, op_id, step, *seq, err);
    return database_end(journal->db, is_good, err);
}

bool
journal_result(struct journal *journal, const char *op_id, int64_t seq, const char *result,
               int64_t at_ms, struct err *err)
{
    if (!database_run(
            journal->db, "UPDATE step SET result = ?, answered_ms = ? WHERE op_id = ? AND seq = ?",
            CELLS(cell_text(result), cell_number(at_ms), cell_text(op_id), cell_number(seq)), err))
        return false;
    return database_changed(journal->db) > 0 ||
           err_set(err, ERR_IO, "%s: the journal has no step %" PRId64, op_id, seq);
}

/* ---- taking over ---- */

/* Who holds it now; inside the transaction that may change it. */
struct holder {
    struct owner owner;
    bool is_there, is_over;
    const char *user, *state;
};

static bool
read_holder(struct journal *journal, const char *op_id, struct arena *arena, struct holder *out,
            struct err *err)
{
    struct query *query = query_open(
        journal->db,
        "SELECT owner_boot, owner_pid, owner_started, is_over, user, state FROM op WHERE id = ?",
        CELLS(cell_text(op_id)));

    *out = (struct holder){0};
    if (query_next(query)) {
        out->is_there = true;
        snprintf(out->owner.boot, sizeof(out->owner.boot), "%s", query_text(query, 0, arena));
        out->owner.pid = query_number(query, 1);
        out->owner.started = query_number(query, 2);
        out->is_over = query_number(query, 3) != 0;
        out->user = query_text(query, 4, arena);
        out->state = query_text(query, 5, arena);
    }
    return query_close(query, err);
}

static bool
may_take(const struct journal *journal, const char *op_id, const struct holder *holder,
         struct err *err)
{
    if (!holder->is_there)
        return err_set(err, ERR_REFUSED, "%s: the journal knows no such op", op_id);
    if (holder->is_over)
        return err_set(err, ERR_REFUSED, "%s: it is over: %s", op_id, holder->state);
    if (owner_is(&holder->owner, &journal->self) || !owner_is_alive(&holder->owner))
        return true;
    return err_set(err, ERR_REFUSED, "%s: process %" PRId64 " works on it (it was begun by %s)",
                   op_id, holder->owner.pid, *holder->user ? holder->user : "somebody");
}

bool
journal_claim(struct journal *journal, const char *op_id, struct err *err)
{
    struct arena *arena = arena_new();
    struct holder holder;
    bool is_good = database_begin(journal->db, err);

    if (is_good) {
        is_good = read_holder(journal, op_id, arena, &holder, err) &&
                  may_take(journal, op_id, &holder, err) &&
                  database_run(journal->db,
                               "UPDATE op SET owner_boot = ?, owner_pid = ?, owner_started = ?"
                               " WHERE id = ?",
                               CELLS(cell_text(journal->self.boot), cell_number(journal->self.pid),
                                     cell_number(journal->self.started), cell_text(op_id)),
                               err);
        is_good = database_end(journal->db, is_good, err);
    }
    arena_free(arena);
    return is_good;
}
