/* The journal of programs that are older or newer than this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "aid/home.h"
#include "aid/old_journal.h"

static void
a_journal_of_a_newer_program_is_refused(void **state)
{
    struct home *home = *state;
    struct err err = {0};
    sqlite3 *db;

    journal_close(home_open(home));
    assert_int_equal(sqlite3_open(home->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_null(journal_open(home->folder, &err));
    assert_non_null(strstr(err.message, "newer"));
    assert_null(journal_open_to_read(home->folder, &err));
    assert_non_null(strstr(err.message, "newer"));
}

static const char an_old_op[] =
    "INSERT INTO op VALUES ('op_old', 'restart', 'pool', 'running', 'test', 'env_1', 'eu', 'env_1',"
    " 'alice', 'ops1', '', '', 'stop-running', 60000, '', 0, 1, 2, 3, 0, '', 'up', '', 0, 0, 0);"
    "INSERT INTO item VALUES ('op_old', 'work_1', 'bump', 'env_1', 'sesn_1', 'taken', '', 4, 0);"
    "INSERT INTO step VALUES ('op_old', 1, 4, 0, 'stop', 'work_1', 'POST', '');";

static void
assert_old_op_is_there(struct home *home, struct journal *journal)
{
    const struct journal_op *op = home_read_op(home, journal, "op_old");

    assert_non_null(op);
    assert_int_equal(op->state, OP_STATE_running);
    assert_false(op->is_alive);
    assert_int_equal(op->choices, 1u << OP_CHOICE_stop_running);
    assert_int_equal(op->expected, -1);
    assert_int_equal(op->n_items, 1);
    assert_int_equal(op->items[0].progress, OP_ITEM_taken);
    assert_int_equal(op->items[0].expected, -1);
    assert_string_equal(op->items[0].former_id, "");
    assert_false(op->items[0].is_forced || op->items[0].is_told);
    assert_int_equal(home_count_steps(home, journal, "op_old"), 1);
}

static void
a_journal_of_an_older_program_is_brought_up(void **state)
{
    struct home *home = *state;
    struct journal *journal;

    assert_int_equal(mkdir(home->folder, 0700), 0);
    old_journal_write(home->file, an_old_op);
    journal = home_open(home);
    assert_old_op_is_there(home, journal);
    assert_true(journal_claim(journal, "op_old", NULL));
    assert_true(journal_items(journal, "op_old", &home_nightly_is_done, 1, NULL));
    assert_string_equal(home_read_op(home, journal, "op_old")->items[0].former_id, "conn_1");
    journal_close(journal);
}

static void
a_journal_of_an_older_program_is_brought_up_by_whoever_reads_it_first(void **state)
{
    struct home *home = *state;
    struct err err = {0};
    struct journal *journal;

    assert_int_equal(mkdir(home->folder, 0700), 0);
    old_journal_write(home->file, an_old_op);
    journal = journal_open_to_read(home->folder, &err);
    if (!journal)
        fail_msg("%s", err.message);
    assert_old_op_is_there(home, journal);
    journal_close(journal);
}

static void
an_older_program_that_is_still_open_goes_on_writing(void **state)
{
    struct home *home = *state;
    struct journal *journal;
    sqlite3 *old;

    assert_int_equal(mkdir(home->folder, 0700), 0);
    old_journal_write(home->file, "");
    assert_int_equal(sqlite3_open(home->file, &old), SQLITE_OK);
    journal = home_open(home);
    assert_int_equal(sqlite3_exec(old, old_journal_statements, NULL, NULL, NULL), SQLITE_OK);
    assert_non_null(home_read_op(home, journal, "op_older"));
    assert_int_equal(home_read_op(home, journal, "op_older")->n_items, 1);
    sqlite3_close(old);
    journal_close(journal);
}

#define T(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_journal_of_a_newer_program_is_refused),
        T(a_journal_of_an_older_program_is_brought_up),
        T(a_journal_of_an_older_program_is_brought_up_by_whoever_reads_it_first),
        T(an_older_program_that_is_still_open_goes_on_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
