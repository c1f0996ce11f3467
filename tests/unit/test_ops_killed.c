/* A console that is killed at each step of a drain: the journal stays consistent, the next console
 * resumes the op, no stop is sent to a job that has stopped, and none is forgotten. */
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
#include "aid/fetch.h"
#include "core/json.h"

enum { JOBS = 4, LEAST_POINTS = 20, MOST_POINTS = 60, LANES = 6, FINISHED = 100 };

static struct acting run;
static int points_left; /* in the console that is killed */

static void
kill_at_point(void *context, const char *where)
{
    (void)context;
    (void)where;
    if (points_left-- == 0)
        kill(getpid(), SIGKILL);
}

static const char *
the_pool(void)
{
    static char id[ORDER_ID_BYTES];
    size_t n;

    snprintf(id, sizeof(id), "%s", snapshot_pools(&run.watch.snapshot, &n)[0].id);
    return id;
}

/* A console of its own: drains the pool, unless it is killed before. */
static NORETURN void
drain_in_child(int point)
{
    points_left = point;
    run.options.checkpoint = kill_at_point;
    acting_start(&run);
    acting_plan_with(&run, OP_drain_pool, (const char *const[]){the_pool(), NULL},
                     1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
    _exit(acting_over(&run)->state == OP_STATE_done ? 0 : 1);
}

static bool
was_killed(int point)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0)
        drain_in_child(point);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fail_msg("at point %d the drain failed by itself", point);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static bool
has_ops(const struct snapshot *snapshot, const void *context)
{
    size_t n;

    (void)context;
    snapshot_control(snapshot, &n);
    return n == 1 && snapshot->slot[SLOT_ops].version > 0;
}

/* The op that the killed console left; NULL when all was done and written. */
static const char *
left_op(int point)
{
    static char id[OP_ID_BYTES];
    const struct op *ops;
    size_t n;

    assert_true(watch_until(&run.watch, has_ops, NULL));
    ops = snapshot_ops(&run.watch.snapshot, &n);
    if (n == 1 && ops[0].state == OP_STATE_done)
        return NULL;
    if (n != 1 || ops[0].state != OP_STATE_interrupted || ops[0].offer != OP_OFFER_resume)
        fail_msg("point %d: %zu ops, the first %s", point, n,
                 n ? op_state_name(ops[0].state) : "missing");
    assert_int_equal(ops[0].n_items, JOBS);
    assert_true(!*ops[0].phase || strstr(ops[0].phase, "ing")); /* in words */
    snprintf(id, sizeof(id), "%s", ops[0].id);
    return id;
}

static void
resume(const char *id)
{
    struct op_order *order = op_order_new(ORDER_resume);

    snprintf(order->op_id, sizeof(order->op_id), "%s", id);
    order->ticket = ++run.last_ticket;
    assert_true(store_order(run.watch.store, order));
}

/* Every stop in the service's log: each item once, or twice where the first may not have arrived;
 * never after it had stopped, which the service answers with 409. */
static void
check_stops(int point)
{
    struct fetched answer = fetch_at(run.watch.config.base_url, "/sim/log");
    struct json *json = json_parse(answer.body, strlen(answer.body), NULL);
    size_t n = 0;

    for (const struct json *one = json_first(json_get(json, "data")); one; one = json_next(one)) {
        const char *path = json_string(one, "path", "");

        if (!strstr(path, "/stop"))
            continue;
        n++;
        if (json_int(one, "status", 0) == 409)
            fail_msg("point %d: %s was stopped again", point, path);
    }
    if (n < JOBS || n > JOBS + 4)
        fail_msg("point %d: %zu stops were sent for %d jobs", point, n, JOBS);
    json_free(json);
    fetched_free(&answer);
}

static void
resume_and_check(int point, const char *id)
{
    const struct op *op;

    resume(id);
    op = acting_over(&run);
    if (op->state != OP_STATE_done || op->n_done != JOBS)
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    check_stops(point);
}

/* False when the drain was over before it could be killed there. */
static bool
killed_and_resumed_at(int point)
{
    const char *id = NULL;

    acting_begin(&run, "tests/worlds/few.yaml");
    if (was_killed(point)) {
        acting_start(&run);
        id = left_op(point);
    }
    if (id)
        resume_and_check(point, id);
    acting_end(&run);
    return id != NULL;
}

/* Worlds of their own, side by side, since all of them mostly wait: each takes every nth point. */
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
a_drain_that_is_killed_at_any_step_is_resumed_and_ends_as_if_it_had_not_been(void **state)
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
    assert_in_range(points, LEAST_POINTS, MOST_POINTS - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_drain_that_is_killed_at_any_step_is_resumed_and_ends_as_if_it_had_not_been),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
