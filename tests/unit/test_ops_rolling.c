/* Workers restarted one by one, and all at once: done, one that does not come back, cancelled while
 * a command runs, and killed in the middle, after which no command runs a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aid/apart.h"
#include "aid/killed.h"
#include "core/driver.h"

enum {
    WORKERS = 2,
    WINDOW_MS = 6500, /* a second and a half more than the simulator takes */
    SETTLE_MS = 60000,
    SHORT_SETTLE_MS = 14000, /* where nothing comes back, and that is waited for */
    SELDOM_MS = 15000,       /* so that only what an op asks for comes */
    LANES = 24,
};

static struct acting run;
static char pool_id[ORDER_ID_BYTES];

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/idle.yaml");
    acting_use_controls(&run);
    run.options.window_ms = WINDOW_MS;
    run.options.settle_ms = SETTLE_MS;
    return 0;
}

static int
begin_impatient(void **state)
{
    begin(state);
    run.options.settle_ms = SHORT_SETTLE_MS;
    return 0;
}

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

static const struct op *
plan_restart(unsigned choices)
{
    const struct op *op;

    acting_until_polling(&run, WORKERS);
    snprintf(pool_id, sizeof(pool_id), "%s",
             snapshot_pools(&run.watch.snapshot, &(size_t){0})[0].id);
    op = acting_plan_with(&run, OP_restart_pool, (const char *const[]){pool_id, NULL}, choices);
    assert_int_equal(op->state, OP_STATE_planned);
    return op;
}

static void
roll(void)
{
    const struct op *op = plan_restart(1u << OP_CHOICE_rolling);

    assert_true(acting_has_line(op, OP_LINE_warning, "nothing is drained, stopped or forced"));
    acting_confirm(&run);
}

/* Let one verb of the pool's driver run these words instead of its own. */
static void
replace_verb(enum driver_verb verb, const struct driver_template *template)
{
    static struct driver driver;
    struct ops_control *control = (struct ops_control *)(uintptr_t)&run.options.controls[0];

    driver = *control->use.driver;
    driver.verbs[verb] = *template;
    control->use.driver = &driver;
}

static void
workers_are_restarted_one_by_one(void **state)
{
    size_t most;

    (void)state;
    start();
    roll();
    acting_expect(&run, OP_STATE_done, "2 of 2");
    assert_int_equal(killed_steps(&run, "restart", &most), WORKERS);
    assert_int_equal(most, 1);
}

static void
a_worker_that_does_not_come_back_ends_it_and_the_others_are_left_alone(void **state)
{
    size_t most;

    (void)state;
    replace_verb(DRIVER_restart, &run.options.controls[0].use.driver->verbs[DRIVER_drain]);
    start();
    roll();
    acting_expect(&run, OP_STATE_failed, "did not come back: 1 of 2");
    assert_int_equal(killed_steps(&run, "restart", &most), 1);
}

/* The worker that ended is still in the count that was made before its window had passed. */
static void
a_count_that_is_old_when_the_window_has_passed_is_not_believed(void **state)
{
    size_t most;

    (void)state;
    replace_verb(DRIVER_restart, &run.options.controls[0].use.driver->verbs[DRIVER_drain]);
    run.watch.options.interval_ms = SELDOM_MS;
    start();
    roll();
    acting_expect(&run, OP_STATE_failed, "did not come back: 1 of 2");
    assert_int_equal(killed_steps(&run, "restart", &most), 1);
}

static bool
counts_both(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && strstr(op->summary, "worker 1 of 2: 2 of 2 poll or work");
}

/* The last count says that all are there, and one of them had only just ended. */
static void
without_a_count_after_the_window_it_says_that_nothing_was_seen(void **state)
{
    (void)state;
    start();
    roll();
    assert_true(watch_until(&run.watch, counts_both, &run.last_ticket));
    watch_fault(&run.watch, "api-down", true);
    acting_expect(&run, OP_STATE_failed, "no count of the workers came after the 6 s");
}

static void
a_pool_is_drained_and_started_again(void **state)
{
    size_t most;

    (void)state;
    start();
    plan_restart(1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
    acting_expect(&run, OP_STATE_done, "there again");
    assert_int_equal(killed_steps(&run, "drain", &most), 1);
    assert_int_equal(killed_steps(&run, "start", &most), 1);
}

static bool
runs_a_command(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n > 0 && i < ops[0].n_lines; i++)
        if (ops[0].lines[i].kind == OP_LINE_output && strcmp(ops[0].lines[i].text, "begun") == 0)
            return true;
    return false;
}

static void
cancelled_while_a_command_runs_it_runs_no_other(void **state)
{
    static const struct driver_word words[] = {
        {.text = "sh"}, {.text = "-c"}, {.text = "echo begun; sleep 1; echo one"}};
    struct driver_template slow = run.options.controls[0].use.driver->verbs[DRIVER_list];
    size_t most;

    (void)state;
    slow.words = words;
    slow.n = COUNT_OF(words);
    slow.deadline_ms = 5000;
    replace_verb(DRIVER_list, &slow);
    start();
    roll();
    assert_true(watch_until(&run.watch, runs_a_command, NULL));
    acting_order(&run, ORDER_cancel, "");
    acting_expect(&run, OP_STATE_cancelled, "cancelled");
    assert_int_equal(killed_steps(&run, "restart", &most), 0);
}

/* --- killed --- */

static void
begin_world(void)
{
    begin(NULL);
}

static void
resume_and_check(int point, const struct op *left)
{
    const struct op *op;
    size_t most, n;

    acting_take_over(&run, ORDER_resume, left->id, left->must_type);
    op = acting_over(&run);
    if (op->state != OP_STATE_done && !strstr(op->summary, "is not known"))
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    n = killed_steps(&run, "restart", &most);
    if (n != WORKERS || most != 1)
        fail_msg("point %d: %zu restarts, %zu of one worker", point, n, most);
}

static void
a_rolling_restart_that_is_killed_at_any_step_restarts_no_worker_twice(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin_world,
                                         .start = start,
                                         .act = roll,
                                         .check = resume_and_check,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= WORKERS * 4);
}

int
main(void)
{
#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        /* what takes longest first */
        cmocka_unit_test(a_rolling_restart_that_is_killed_at_any_step_restarts_no_worker_twice),
        TEST(workers_are_restarted_one_by_one, begin),
        TEST(a_worker_that_does_not_come_back_ends_it_and_the_others_are_left_alone,
             begin_impatient),
        TEST(a_count_that_is_old_when_the_window_has_passed_is_not_believed, begin_impatient),
        TEST(without_a_count_after_the_window_it_says_that_nothing_was_seen, begin_impatient),
        TEST(a_pool_is_drained_and_started_again, begin),
        TEST(cancelled_while_a_command_runs_it_runs_no_other, begin),
    };

    return apart_run(tests, COUNT_OF(tests));
}
