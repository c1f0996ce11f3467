/* An op that was interrupted goes on by the measure that it had: workers that must be there, force
 * that was ordered, a message that was typed; it knows that a command failed, that somebody else
 * went on with it meanwhile, and that the clock was set back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/apart.h"
#include "aid/killed.h"
#include "aid/old_journal.h"
#include "api/api.h"

enum { WORKERS = 2, WINDOW_MS = 6500, PATIENCE_MS = 60000, LANES = 24, REQUEUE_MS = 1500 };
enum { LONG_GRACE_MS = 600000, BOTH_ARE_ASKED = 8 /* the point at which they are */ };

static struct acting run;

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

static void
start(void)
{
    acting_start(&run);
}

/* By a console that has just begun. */
static void
take_over(enum op_order_kind kind)
{
    const struct op *op = acting_until_interrupted(&run);

    acting_take_over(&run, kind, op->id, op->must_type);
}

static bool
says(const struct snapshot *snapshot, const void *part)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (ops[i].is_ours && strstr(ops[i].summary, part))
            return true;
    return false;
}

/* What another console, or another program, wrote. */
static void
write_journal(const char *sql)
{
    char path[512];
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/journal.db", run.folder);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* --- workers --- */

/* Nobody says how many workers there should be: what counts is how many there were. */
static int
begin_idle(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/idle.yaml");
    acting_use_controls(&run);
    ((struct api_pool *)(uintptr_t)run.watch.options.pools)[0].expected_workers = -1;
    run.options.window_ms = WINDOW_MS;
    run.options.settle_ms = PATIENCE_MS;
    return 0;
}

static void
act_on_pool(enum op_kind kind)
{
    const char *pool;

    acting_until_polling(&run, WORKERS);
    pool = snapshot_pools(&run.watch.snapshot, &(size_t){0})[0].id;
    acting_plan_with(&run, kind, (const char *const[]){pool, NULL},
                     1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
}

static void
restart_pool(void)
{
    act_on_pool(OP_restart_pool);
}

static const struct killed pool_restart = {
    .acting = &run, .start = start, .act = restart_pool, .ends = OP_STATE_done};

/* Both may have polled before one was gone. */
static bool
one_polls(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    (void)context;
    return n == 1 && pools[0].workers_polling == 1;
}

static void
a_restart_of_two_workers_that_is_resumed_ends_only_when_two_poll_again(void **state)
{
    (void)state;
    assert_true(killed_in_phase(&pool_restart, "up"));
    watch_post(&run.watch, "/sim/pools/two", "{\"workers\":1}");
    watch_start(&run.watch);
    assert_true(watch_until(&run.watch, one_polls, NULL));
    acting_start_ops(&run);
    take_over(ORDER_resume);
    if (!watch_until(&run.watch, says, "1 of 2 workers poll or work"))
        fail_msg("%s: %s", op_state_name(acting_op(&run)->state), acting_op(&run)->summary);
    watch_post(&run.watch, "/sim/pools/two", "{\"workers\":2}");
    acting_expect(&run, OP_STATE_done, "there again");
}

static void
a_command_that_is_known_to_have_failed_ends_the_resumed_op_as_it_would_have(void **state)
{
    size_t most;

    (void)state;
    acting_wrap_verb(&run, 0, DRIVER_drain, "exit 0");
    assert_true(killed_in_phase(&pool_restart, "quiet"));
    write_journal("INSERT INTO step SELECT id, 1, 1, 1, 'drain', '', 'drain', 'exit 3' FROM op");
    start();
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_failed, "command drain: exit 3");
    assert_int_equal(killed_steps(&run, "drain", &most), 1);
    assert_int_equal(killed_steps(&run, "start", &most), 0);
}

static void
drain_pool(void)
{
    act_on_pool(OP_drain_pool);
}

static bool
runs(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && (op->state == OP_STATE_running || op_state_is_over(op->state));
}

static void
a_pool_that_is_not_known_yet_is_not_taken_for_one_that_is_gone(void **state)
{
    static const struct killed drain = {
        .acting = &run, .start = start, .act = drain_pool, .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_in_phase(&drain, "empty"));
    run.watch.options.n_pools = 0; /* whoever is configured is known at once */
    watch_fault(&run.watch, "api-down", true);
    watch_start(&run.watch);
    acting_start_ops(&run);
    take_over(ORDER_resume);
    assert_true(watch_until(&run.watch, runs, &run.last_ticket));
    watch_fault(&run.watch, "api-down", false);
    acting_expect(&run, OP_STATE_failed, "can no longer be listed"); /* for want of its key */
}

/* --- jobs --- */

static int
begin_few(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/few.yaml");
    return 0;
}

static bool
has_active(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        if (jobs[i].from == JOB_FROM_WORK && jobs[i].state_kind == JOB_STATE_active)
            return true;
    return false;
}

static void
act_on_one(enum op_kind kind)
{
    assert_true(watch_until(&run.watch, has_active, NULL));
    acting_plan(&run, kind, (const char *const[]){acting_job(&run, JOB_STATE_active, 0)->id, NULL});
    acting_confirm(&run);
}

static void
stop_one(void)
{
    act_on_one(OP_stop_job);
}

static const struct killed job_stop = {
    .acting = &run, .start = start, .act = stop_one, .ends = OP_STATE_done};

/* Every agent waits for a call, so that an interrupt queues its work again. */
static int
begin_long_calls(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/long-calls.yaml");
    return 0;
}

static void
restart_one(void)
{
    act_on_one(OP_restart_job);
}

static const struct killed job_restart = {
    .acting = &run, .start = start, .act = restart_one, .ends = OP_STATE_done};

static void
a_clock_that_was_set_back_since_holds_nothing_up(void **state)
{
    (void)state;
    assert_true(killed_in_phase(&job_restart, "requeue"));
    write_journal("UPDATE item SET asked_ms = 4102444800000"); /* in 2100 */
    start();
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_done, "queued again");
}

/* Just before this console makes the op its own, another one has ended its only job, and is gone.
 */
static void
finish_for_it(void *context, const char *where)
{
    bool *is_done = context;

    if (strcmp(where, "claim") != 0 || *is_done)
        return;
    *is_done = true;
    write_journal("UPDATE item SET progress = 'done', asked_ms = 1, done_ms = 2");
}

static void
what_another_console_did_before_it_was_claimed_is_not_done_again(void **state)
{
    bool is_done = false;

    (void)state;
    assert_true(killed_in_phase(&job_stop, "stop"));
    run.options.checkpoint = finish_for_it;
    run.options.checkpoint_context = &is_done;
    start();
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_done, "stopped");
    assert_true(is_done);
    assert_int_equal(acting_stops(&run), 0);
}

static void
what_was_cancelled_when_its_console_was_killed_is_not_gone_on_with(void **state)
{
    (void)state;
    assert_true(killed_in_phase(&job_stop, "stop"));
    write_journal("UPDATE op SET state = 'stopping'");
    start();
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_cancelled, "0 of 1 done");
    assert_int_equal(acting_stops(&run), 0);
}

static void
force_that_was_ordered_is_not_offered_again(void **state)
{
    (void)state;
    watch_post(&run.watch, "/sim/pools/few", "{\"quirk\":\"deaf\"}");
    run.options.grace_ms = PATIENCE_MS;
    assert_true(killed_in_phase(&job_stop, "stop"));
    write_journal("UPDATE item SET progress = 'waiting', is_forced = 1, asked_ms = 1");
    start();
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_done, "stopped");
    assert_int_equal(acting_stops(&run), 1);
}

static bool
has_two_active(const struct snapshot *snapshot, const void *context)
{
    size_t n, found = 0;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        found += jobs[i].from == JOB_FROM_WORK && jobs[i].state_kind == JOB_STATE_active;
    return found >= 2;
}

static void
stop_two(void)
{
    assert_true(watch_until(&run.watch, has_two_active, NULL));
    acting_plan(&run, OP_stop_job,
                (const char *const[]){acting_job(&run, JOB_STATE_active, 0)->id,
                                      acting_job(&run, JOB_STATE_active, 1)->id, NULL});
    acting_confirm(&run);
}

static bool
one_is_done(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->n_done == 1;
}

static const struct killed jobs_stop = {
    .acting = &run, .start = start, .act = stop_two, .ends = OP_STATE_done};

/* No worker listens; ten minutes pass before the next console goes on, but for one of the jobs. */
static void
the_grace_time_counts_from_when_each_was_asked_to_stop(void **state)
{
    const struct op *op;

    (void)state;
    watch_post(&run.watch, "/sim/pools/few", "{\"quirk\":\"deaf\"}");
    run.options.grace_ms = LONG_GRACE_MS;
    assert_true(killed_at(&jobs_stop, BOTH_ARE_ASKED));
    write_journal("UPDATE item SET asked_ms = asked_ms - 600000"
                  " WHERE rowid = (SELECT min(rowid) FROM item)");
    start();
    take_over(ORDER_resume);
    assert_true(acting_until(&run, OP_STATE_asking));
    op = acting_op(&run);
    assert_non_null(strstr(op->offer_text, "1 of 2 did not stop"));
    assert_int_equal(acting_stops(&run), 2); /* each once */
    acting_order(&run, ORDER_force, op->must_type);
    assert_true(watch_until(&run.watch, one_is_done, &run.last_ticket));
    op = acting_op(&run);
    assert_int_equal(op->state, OP_STATE_running);
    assert_true(op->grace_until_ms - op->planned_ms > LONG_GRACE_MS - 100); /* two clocks */
    assert_int_equal(acting_stops(&run), 3);
}

/* A journal that knows nothing of what was expected. */
static void
an_op_of_an_older_program_is_resumed(void **state)
{
    char path[512], sql[1024];
    const struct job *job;

    (void)state;
    watch_start(&run.watch);
    assert_true(watch_until(&run.watch, has_active, NULL));
    job = acting_job(&run, JOB_STATE_active, 0);
    snprintf(sql, sizeof(sql),
             "INSERT INTO op VALUES ('op_old', 'stop', 'job', 'running', 'test', '%s', 'it', '%s',"
             " 'alice', 'ops1', '', '', '', 60000, '', 0, 1, 2, 3, 0, '', 'stop', '', 0, 0, 0);"
             "INSERT INTO item VALUES ('op_old', '%s', 'it', '%s', '%s', 'sent', '', 4, 0);"
             "INSERT INTO step VALUES ('op_old', 1, 4, 0, 'stop', '%s', 'POST', '');",
             job->id, job->pool_id, job->id, job->pool_id, job->session_id, job->id);
    snprintf(path, sizeof(path), "%s/journal.db", run.folder);
    old_journal_write(path, sql);
    acting_start_ops(&run);
    take_over(ORDER_resume);
    acting_expect(&run, OP_STATE_done, "stopped");
    assert_int_equal(acting_stops(&run), 1);
}

/* --- a restarted job, and the operator's message --- */

static void
begin_unqueued(void)
{
    begin_few(NULL);
    watch_post(&run.watch, "/sim/switch", "{\"name\":\"interrupt.requeue\",\"value\":\"never\"}");
    run.options.requeue_ms = REQUEUE_MS;
}

static bool
needs_us(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && (op->state == OP_STATE_asking || op_state_is_over(op->state));
}

static void
say_when_asked(void)
{
    assert_true(watch_until(&run.watch, needs_us, &run.last_ticket));
    if (acting_op(&run)->offer == OP_OFFER_message)
        acting_order(&run, ORDER_message, "go on");
}

static void
restart_and_say(void)
{
    act_on_one(OP_restart_job);
    say_when_asked();
}

static void
check_said_once(int point, const struct op *left)
{
    const struct op *op;
    int64_t n;
    size_t most, steps;

    acting_take_over(&run, ORDER_resume, left->id, left->must_type);
    say_when_asked();
    op = acting_over(&run);
    if (op->state != OP_STATE_done && !strstr(op->summary, "nor after the message"))
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    n = watch_asked(&run.watch, "POST /v1/sessions/{id}/events");
    steps = killed_steps(&run, "send", &most);
    if (n > 2 || steps > 2)
        fail_msg("point %d: %d were sent, %zu recorded", point, (int)n, steps);
}

static void
a_restart_that_is_killed_at_any_step_interrupts_once_and_says_the_message_once(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin_unqueued,
                                         .start = start,
                                         .act = restart_and_say,
                                         .check = check_said_once,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= 16);
}

int
main(void)
{
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        /* what takes longest first */
        cmocka_unit_test(
            a_restart_that_is_killed_at_any_step_interrupts_once_and_says_the_message_once),
        TEST(a_restart_of_two_workers_that_is_resumed_ends_only_when_two_poll_again, begin_idle),
        TEST(a_command_that_is_known_to_have_failed_ends_the_resumed_op_as_it_would_have,
             begin_idle),
        TEST(a_pool_that_is_not_known_yet_is_not_taken_for_one_that_is_gone, begin_idle),
        TEST(a_clock_that_was_set_back_since_holds_nothing_up, begin_long_calls),
        TEST(what_another_console_did_before_it_was_claimed_is_not_done_again, begin_few),
        TEST(what_was_cancelled_when_its_console_was_killed_is_not_gone_on_with, begin_few),
        TEST(force_that_was_ordered_is_not_offered_again, begin_few),
        TEST(the_grace_time_counts_from_when_each_was_asked_to_stop, begin_few),
        TEST(an_op_of_an_older_program_is_resumed, begin_few),
    };

    return apart_run(tests, COUNT_OF(tests));
}
