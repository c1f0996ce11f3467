/* Workers restarted one by one, and all at once: done, one that does not come back, cancelled while
 * a command runs, and killed in the middle, after which no command runs a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/acting.h"
#include "core/arena.h"
#include "core/driver.h"
#include "history/journal.h"

enum {
    WORKERS = 2,
    WINDOW_MS = 4500,
    SETTLE_MS = 3000,
    LANES = 24,
    MOST_POINTS = 60,
    FINISHED = 100
};

static struct acting run;
static char pool_id[ORDER_ID_BYTES];
static int points_left;

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
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

static bool
all_poll(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    (void)context;
    return n == 1 && pools[0].workers_polling == WORKERS;
}

static const struct op *
plan_restart(unsigned choices)
{
    const struct op *op;

    acting_start(&run);
    assert_true(watch_until(&run.watch, all_poll, NULL));
    snprintf(pool_id, sizeof(pool_id), "%s",
             snapshot_pools(&run.watch.snapshot, &(size_t){0})[0].id);
    op = acting_plan_with(&run, OP_restart_pool, (const char *const[]){pool_id, NULL}, choices);
    assert_int_equal(op->state, OP_STATE_planned);
    return op;
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
expect(enum op_state state, const char *part)
{
    const struct op *op = acting_over(&run);

    if (op->state != state || !strstr(op->summary, part))
        fail_msg("%s: %s", op_state_name(op->state), op->summary);
}

/* How often the journal has that command; most of one target in *most. */
static size_t
commands(const char *what, size_t *most)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    struct journal *journal = journal_open_to_read(run.folder, &err);
    const struct journal_op *ops;
    const struct journal_step *steps;
    size_t n_ops, n, found = 0;

    assert_non_null(journal);
    assert_true(journal_read(journal, &(struct journal_query){0}, arena, &ops, &n_ops, &err));
    assert_int_equal(n_ops, 1);
    assert_true(journal_read_steps(journal, ops[0].id, arena, &steps, &n, &err));
    *most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;

        for (size_t k = 0; k < n; k++)
            same +=
                strcmp(steps[k].what, what) == 0 && strcmp(steps[k].target, steps[i].target) == 0;
        found += strcmp(steps[i].what, what) == 0;
        *most = same > *most ? same : *most;
    }
    journal_close(journal);
    arena_free(arena);
    return found;
}

static void
workers_are_restarted_one_by_one(void **state)
{
    size_t most;

    (void)state;
    plan_restart(1u << OP_CHOICE_rolling);
    acting_confirm(&run);
    expect(OP_STATE_done, "2 of 2");
    assert_int_equal(commands("restart", &most), WORKERS);
    assert_int_equal(most, 1);
}

static void
a_worker_that_does_not_come_back_ends_it_and_the_others_are_left_alone(void **state)
{
    size_t most;

    (void)state;
    replace_verb(DRIVER_restart, &run.options.controls[0].use.driver->verbs[DRIVER_drain]);
    plan_restart(1u << OP_CHOICE_rolling);
    acting_confirm(&run);
    expect(OP_STATE_failed, "did not come back: 1 of 2");
    assert_int_equal(commands("restart", &most), 1);
}

static void
a_pool_is_drained_and_started_again(void **state)
{
    size_t most;

    (void)state;
    plan_restart(1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
    expect(OP_STATE_done, "there again");
    assert_int_equal(commands("drain", &most), 1);
    assert_int_equal(commands("start", &most), 1);
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
    plan_restart(1u << OP_CHOICE_rolling);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, runs_a_command, NULL));
    acting_order(&run, ORDER_cancel, "");
    expect(OP_STATE_cancelled, "cancelled");
    assert_int_equal(commands("restart", &most), 0);
}

/* --- killed --- */

static void
kill_at_point(void *context, const char *where)
{
    (void)context;
    (void)where;
    if (points_left-- == 0)
        kill(getpid(), SIGKILL);
}

static bool
was_killed(int point)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        points_left = point;
        run.options.checkpoint = kill_at_point;
        plan_restart(1u << OP_CHOICE_rolling);
        acting_confirm(&run);
        _exit(acting_over(&run)->state == OP_STATE_done ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fail_msg("at point %d the restart failed by itself", point);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static bool
is_left(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    return n == 1 && (ops[0].state == OP_STATE_interrupted || ops[0].state == OP_STATE_done);
}

static void
resume_and_check(int point, const struct op *left)
{
    struct op_order *order = op_order_new(ORDER_resume);
    const struct op *op;
    size_t most;

    snprintf(order->op_id, sizeof(order->op_id), "%s", left->id);
    order->ticket = ++run.last_ticket;
    assert_true(store_order(run.watch.store, order));
    op = acting_over(&run);
    if (op->state != OP_STATE_done && !strstr(op->summary, "is not known"))
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    if (commands("restart", &most) != WORKERS || most != 1)
        fail_msg("point %d: %zu restarts, %zu of one worker", point, commands("restart", &most),
                 most);
}

/* False when it was over before it could be killed there. */
static bool
killed_and_resumed_at(int point)
{
    bool killed;

    begin(NULL);
    killed = was_killed(point);
    if (killed) {
        const struct op *left;

        acting_start(&run);
        assert_true(watch_until(&run.watch, is_left, NULL));
        left = &snapshot_ops(&run.watch.snapshot, &(size_t){0})[0];
        if (left->state == OP_STATE_interrupted)
            resume_and_check(point, left);
    }
    acting_end(&run);
    return killed;
}

static pid_t
start_lane(int lane)
{
    pid_t child = fork();
    int point = lane;

    assert_true(child >= 0);
    if (child > 0)
        return child;
    while (point < MOST_POINTS && killed_and_resumed_at(point))
        point += LANES;
    _exit(FINISHED + point / LANES);
}

static void
a_rolling_restart_that_is_killed_at_any_step_restarts_no_worker_twice(void **state)
{
    pid_t lane[LANES];
    int points = 0, status;

    (void)state;
    for (int i = 0; i < LANES; i++)
        lane[i] = start_lane(i);
    for (int i = 0; i < LANES; i++) {
        assert_int_equal(waitpid(lane[i], &status, 0), lane[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= FINISHED);
        points += WEXITSTATUS(status) - FINISHED;
    }
    print_message("%d points\n", points);
    assert_in_range(points, WORKERS * 4, MOST_POINTS - 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(workers_are_restarted_one_by_one),
        TEST(a_worker_that_does_not_come_back_ends_it_and_the_others_are_left_alone),
        TEST(a_pool_is_drained_and_started_again),
        TEST(cancelled_while_a_command_runs_it_runs_no_other),
        cmocka_unit_test(a_rolling_restart_that_is_killed_at_any_step_restarts_no_worker_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
