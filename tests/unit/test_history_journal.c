/* The journal: what it keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>

#include "aid/home.h"

static void
an_op_is_read_as_it_was_written(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    const struct journal_op *op;

    home_begin_op(journal, "op_1");
    op = home_read_op(home, journal, "op_1");
    assert_non_null(op);
    assert_int_equal(op->kind, OP_drain_pool);
    assert_int_equal(op->state, OP_STATE_undo);
    assert_string_equal(op->context, "production");
    assert_string_equal(op->object_name, "eu-west");
    assert_string_equal(op->user, "alice");
    assert_string_equal(op->ssh_client, "192.0.2.7");
    assert_string_equal(op->reason, "OPS-12");
    assert_string_equal(op->must_type, "eu-west");
    assert_int_equal(op->choices, 1u << OP_CHOICE_stop_running | 1u << OP_CHOICE_keep);
    assert_int_equal(op->grace_ms, 60000);
    assert_int_equal(op->confirmed_ms, 2000);
    assert_true(op->is_headless && op->is_mine && op->is_alive);
    assert_int_equal(op->n_items, 2);
    assert_string_equal(op->items[1].name, "triage");
    assert_int_equal(op->items[1].progress, OP_ITEM_left);
    assert_string_equal(op->items[1].note, "not chosen");
    assert_string_equal(op->items[1].pool_id, "env_1");
    assert_string_equal(op->items[1].session_id, "sesn_2");
    assert_string_equal(op->items[0].session_id, "");
    journal_close(journal);
}

static void
an_update_replaces_what_changes_and_keeps_the_rest(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_1");
    const struct journal_item another = {
        .id = "work_2", .progress = OP_ITEM_failed, .note = "403", .expected = -1};
    const struct journal_op *is;

    home_begin_op(journal, "op_1");
    op.state = OP_STATE_done;
    op.summary = "drained";
    op.ended_ms = 9000;
    op.user = "mallory"; /* who it was is not a thing that changes */
    op.choices = 0;
    op.expected = 7;
    op.items = &another;
    op.n_items = 1;
    assert_true(journal_update(journal, &op, NULL));
    assert_true(journal_items(journal, "op_1", &home_nightly_is_done, 1, NULL));
    is = home_read_op(home, journal, "op_1");
    assert_int_equal(is->state, OP_STATE_done);
    assert_string_equal(is->summary, "drained");
    assert_string_equal(is->user, "alice");
    assert_int_equal(is->ended_ms, 9000);
    assert_int_equal(is->choices, 0);
    assert_int_equal(is->n_items, 2);
    assert_string_equal(is->items[0].id, "work_1"); /* in the order of the plan */
    assert_int_equal(is->items[0].done_ms, 4500);
    assert_string_equal(is->items[1].note, "403"); /* with the op itself */
    journal_close(journal);
}

static void
what_a_resumed_op_goes_by_is_kept(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_1");
    const struct journal_item *item;

    op.expected = 7;
    assert_true(journal_begin(journal, &op, NULL));
    assert_true(journal_items(journal, "op_1", &home_nightly_is_done, 1, NULL));
    assert_int_equal(home_read_op(home, journal, "op_1")->expected, 7);
    item = &home_read_op(home, journal, "op_1")->items[0];
    assert_int_equal(item->expected, 3);
    assert_string_equal(item->former_id, "conn_1");
    assert_true(item->was_down && item->is_forced && item->is_foreign && item->is_told);
    assert_true(item->is_late);
    item = &home_read_op(home, journal, "op_1")->items[1];
    assert_false(item->was_down || item->is_forced || item->is_foreign || item->is_told);
    op.expected = 8;
    assert_true(journal_update(journal, &op, NULL));
    assert_int_equal(home_read_op(home, journal, "op_1")->expected, 8);
    journal_close(journal);
}

static void
steps_are_numbered_and_get_their_result_later(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    const struct journal_step step = {.at_ms = 5, .what = "stop", .target = "work_1"};
    const struct journal_step *steps;
    struct err err = {0};
    int64_t seq;
    size_t n;

    home_begin_op(journal, "op_1");
    home_begin_op(journal, "op_2");
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 1);
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 2);
    assert_true(journal_step(journal, "op_2", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 1);
    assert_true(journal_result(journal, "op_1", 2, "204", 7, NULL));
    assert_false(journal_result(journal, "op_1", 3, "204", 7, &err));
    assert_true(journal_read_steps(journal, "op_1", home->arena, &steps, &n, NULL));
    assert_int_equal(n, 2);
    assert_string_equal(steps[0].result, "");
    assert_string_equal(steps[1].result, "204");
    assert_int_equal(steps[1].answered_ms, 7);
    assert_false(journal_step(journal, "op_none", &step, NULL, &seq, &err)); /* a step of no op */
    journal_close(journal);
}

static void
what_was_written_outlives_the_process(void **state)
{
    struct home *home = *state;
    struct journal *journal;

    home_leave_op(home, "op_1");
    journal = home_open(home);
    assert_non_null(home_read_op(home, journal, "op_1"));
    journal_close(journal);
}

static void
the_newest_come_first_and_a_query_narrows(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_a");
    const struct journal_op *ops;
    size_t n;

    assert_true(journal_begin(journal, &op, NULL));
    op.id = "op_b", op.planned_ms = 3000, op.state = OP_STATE_refused;
    assert_true(journal_begin(journal, &op, NULL));
    op.id = "op_c", op.planned_ms = 2000;
    assert_true(journal_begin(journal, &op, NULL));
    assert_true(journal_read(journal, &(struct journal_query){0}, home->arena, &ops, &n, NULL));
    assert_int_equal(n, 3);
    assert_string_equal(ops[0].id, "op_b");
    assert_string_equal(ops[2].id, "op_a");
    assert_true(journal_read(journal, &(struct journal_query){.since_ms = 2000}, home->arena, &ops,
                             &n, NULL));
    assert_int_equal(n, 2);
    assert_true(journal_read(journal, &(struct journal_query){.is_open_only = true}, home->arena,
                             &ops, &n, NULL));
    assert_int_equal(n, 1);
    assert_string_equal(ops[0].id, "op_a");
    assert_true(
        journal_read(journal, &(struct journal_query){.most = 1}, home->arena, &ops, &n, NULL));
    assert_int_equal(n, 1);
    journal_close(journal);
}

static void
stop_times_come_from_finished_items_of_the_pool(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_1");
    const struct journal_item items[] = {
        {.id = "a",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 5000},
        {.id = "b",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 9000},
        {.id = "c",
         .pool_id = "env_1",
         .progress = OP_ITEM_failed,
         .asked_ms = 1000,
         .done_ms = 2000},
        {.id = "d",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 0,
         .done_ms = 2000}, /* by others */
        {.id = "e",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 7000,
         .is_late = true},
        {.id = "sesn_f", /* a session that was interrupted */
         .pool_id = "env_1",
         .session_id = "sesn_f",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 1010},
    };
    struct journal_op restart = home_drain("op_2");
    const int64_t *times;
    size_t n;

    op.items = items;
    op.n_items = COUNT_OF(items);
    assert_true(journal_begin(journal, &op, NULL));
    restart.kind = OP_restart_job; /* its items are done when they are queued again */
    restart.items = items;
    restart.n_items = COUNT_OF(items);
    assert_true(journal_begin(journal, &restart, NULL));
    assert_true(journal_stop_times(journal, "env_1", 10, home->arena, &times, &n, NULL));
    assert_int_equal(n, 2);
    assert_int_equal(times[0], 8000); /* the newest first */
    assert_int_equal(times[1], 4000);
    assert_true(journal_stop_times(journal, "env_2", 10, home->arena, &times, &n, NULL));
    assert_int_equal(n, 0);
    journal_close(journal);
}

static void
no_column_could_hold_a_secret(void **state)
{
    static const char *const words[] = {"token", "key", "secret", "password", "credential"};
    struct home *home = *state;
    sqlite3_stmt *rows;
    sqlite3 *db;
    int n = 0;

    journal_close(home_open(home));
    assert_int_equal(sqlite3_open(home->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT lower(p.name) FROM sqlite_schema s,"
                                        " pragma_table_info(s.name) p WHERE s.type = 'table'",
                                        -1, &rows, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; n++)
        for (size_t i = 0; i < COUNT_OF(words); i++)
            assert_null(strstr((const char *)sqlite3_column_text(rows, 0), words[i]));
    assert_true(n > 30); /* the columns were seen */
    sqlite3_finalize(rows);
    sqlite3_close(db);
}

#define T(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_op_is_read_as_it_was_written),
        T(an_update_replaces_what_changes_and_keeps_the_rest),
        T(what_a_resumed_op_goes_by_is_kept),
        T(steps_are_numbered_and_get_their_result_later),
        T(what_was_written_outlives_the_process),
        T(the_newest_come_first_and_a_query_narrows),
        T(stop_times_come_from_finished_items_of_the_pool),
        T(no_column_could_hold_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
