/* Two consoles on one journal: each sees what the other does, what the other holds asks a second
 * time, and what the other had done ends well. */
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
#include "aid/apart.h"

enum { LONG_MS = 600000 };

static struct acting run;
static pid_t other;

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/few.yaml");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    if (other > 0) {
        kill(other, SIGKILL);
        waitpid(other, NULL, 0);
        other = 0;
    }
    acting_end(&run);
    return 0;
}

static const char *
the_pool(void)
{
    static char id[ORDER_ID_BYTES];

    snprintf(id, sizeof(id), "%s", acting_job(&run, JOB_STATE_active, 0)->pool_id);
    return id;
}

/* Confirms a drain that begins only after ten minutes. */
static NORETURN void
hold_the_pool(void)
{
    watch_forget(&run.watch); /* the descriptors of the other one's store are not hers */
    run.options.who.user = "alice";
    run.options.undo_ms = LONG_MS;
    acting_start(&run);
    acting_plan_with(&run, OP_drain_pool, (const char *const[]){the_pool(), NULL},
                     1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
    for (;;)
        pause();
}

static bool
sees_alice(const struct snapshot *snapshot, const void *wanted)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (!ops[i].is_ours && strcmp(ops[i].user, "alice") == 0 &&
            ops[i].state == *(const enum op_state *)wanted)
            return true;
    return false;
}

static void
start_beside_alice(void)
{
    const enum op_state undo = OP_STATE_undo;

    other = fork();
    assert_true(other >= 0);
    if (other == 0)
        hold_the_pool();
    acting_start(&run);
    assert_true(watch_until(&run.watch, sees_alice, &undo));
}

static void
confirm_with(const char *retyped)
{
    struct op_order *order = op_order_new(ORDER_confirm);

    snprintf(order->op_id, sizeof(order->op_id), "%s", acting_op(&run)->id);
    snprintf(order->retyped, sizeof(order->retyped), "%s", retyped);
    assert_true(store_order(run.watch.store, order));
}

static bool
is_not_confirmed(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->state == OP_STATE_planned && strstr(op->summary, "not confirmed");
}

static void
what_another_console_holds_asks_a_second_time(void **state)
{
    char job[ORDER_ID_BYTES], word[200];
    const struct op *op;

    (void)state;
    start_beside_alice();
    snprintf(job, sizeof(job), "%s", acting_job(&run, JOB_STATE_active, 0)->id);
    op = acting_plan(&run, OP_stop_job, (const char *const[]){job, NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_true(*op->must_retype);
    assert_non_null(strstr(op->why_retype, "alice@here is at it: drain pool few"));
    snprintf(word, sizeof(word), "%s", op->must_retype);
    confirm_with("");
    assert_true(watch_until(&run.watch, is_not_confirmed, &run.last_ticket));
    assert_int_equal(acting_stops(&run), 0);
    confirm_with(word);
    assert_int_equal(acting_over(&run)->state, OP_STATE_done);
    assert_int_equal(acting_stops(&run), 1);
}

/* Alice waits for a byte before she plans. */
static NORETURN void
hold_the_pool_when_told(int fd)
{
    char byte;

    if (read(fd, &byte, 1) != 1)
        _exit(1);
    hold_the_pool();
}

static void
what_somebody_begins_after_the_plan_asks_a_second_time_too(void **state)
{
    const enum op_state undo = OP_STATE_undo;
    char job[ORDER_ID_BYTES];
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    other = fork();
    assert_true(other >= 0);
    if (other == 0)
        hold_the_pool_when_told(fds[0]);
    acting_start(&run);
    snprintf(job, sizeof(job), "%s", acting_job(&run, JOB_STATE_active, 0)->id);
    assert_string_equal(
        acting_plan(&run, OP_stop_job, (const char *const[]){job, NULL})->must_retype, "");
    assert_int_equal(write(fds[1], "", 1), 1);
    assert_true(watch_until(&run.watch, sees_alice, &undo));
    confirm_with("");
    assert_true(watch_until(&run.watch, is_not_confirmed, &run.last_ticket));
    assert_non_null(strstr(acting_op(&run)->summary, "alice@here is at it"));
    assert_int_equal(acting_stops(&run), 0);
    close(fds[0]);
    close(fds[1]);
}

/* Her checkpoint: she stops where she has looked at what others do, and waits for a byte; then she
 * tells that she has begun. */
struct door {
    int told[2], begun[2];
};

static void
pass(void *context, const char *where)
{
    const struct door *door = context;
    char byte;

    if (strcmp(where, "confirm") == 0 && read(door->told[0], &byte, 1) != 1)
        _exit(1);
    if (strcmp(where, "begin") == 0 && write(door->begun[1], "", 1) != 1)
        _exit(1);
}

/* Ours: he has looked, too, and lets her begin before he does. */
static void
let_her_begin(void *context, const char *where)
{
    const struct door *door = context;
    char byte;

    if (strcmp(where, "confirm") != 0)
        return;
    if (write(door->told[1], "", 1) != 1 || read(door->begun[0], &byte, 1) != 1)
        _exit(1);
}

static void
of_two_that_confirm_at_the_same_moment_one_is_asked_a_second_time(void **state)
{
    static struct door door;
    char job[ORDER_ID_BYTES];

    (void)state;
    assert_int_equal(pipe(door.told), 0);
    assert_int_equal(pipe(door.begun), 0);
    run.options.checkpoint_context = &door;
    other = fork();
    assert_true(other >= 0);
    if (other == 0) {
        run.options.checkpoint = pass;
        hold_the_pool();
    }
    run.options.checkpoint = let_her_begin;
    acting_start(&run);
    snprintf(job, sizeof(job), "%s", acting_job(&run, JOB_STATE_active, 0)->id);
    acting_plan(&run, OP_stop_job, (const char *const[]){job, NULL});
    confirm_with("");
    assert_true(watch_until(&run.watch, is_not_confirmed, &run.last_ticket));
    assert_non_null(strstr(acting_op(&run)->summary, "alice@here is at it"));
    assert_int_equal(acting_stops(&run), 0);
    run.options.checkpoint = NULL;
    for (int i = 0; i < 2; i++) {
        close(door.told[i]);
        close(door.begun[i]);
    }
}

static void
a_console_that_is_killed_is_noticed_without_another_write(void **state)
{
    const enum op_state interrupted = OP_STATE_interrupted;

    (void)state;
    start_beside_alice();
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    other = 0;
    assert_true(watch_until(&run.watch, sees_alice, &interrupted));
}

/* What is known of the op that she leaves in the middle. */
static const struct op *
kill_alice(void)
{
    const enum op_state interrupted = OP_STATE_interrupted;

    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    other = 0;
    assert_true(watch_until(&run.watch, sees_alice, &interrupted));
    return snapshot_ops(&run.watch.snapshot, &(size_t){0});
}

static void
what_took_a_name_takes_it_again_to_be_resumed(void **state)
{
    char id[OP_ID_BYTES];
    const struct op *op;

    (void)state;
    run.options.is_production = true;
    start_beside_alice();
    op = kill_alice();
    assert_string_equal(op->must_type, "few");
    snprintf(id, sizeof(id), "%s", op->id);
    acting_take_over(&run, ORDER_resume, id, "");
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "the name to type is few"));
    assert_int_equal(acting_stops(&run), 0);
    acting_take_over(&run, ORDER_resume, id, "few");
    assert_int_equal(acting_over(&run)->state, OP_STATE_done);
    assert_true(acting_stops(&run) > 0);
}

static void
an_op_of_another_context_is_not_resumed_here(void **state)
{
    const enum op_state interrupted = OP_STATE_interrupted;
    const struct op *op;

    (void)state;
    start_beside_alice();
    (void)kill_alice();
    acting_stop_ops(&run);
    run.options.context = "elsewhere";
    acting_start_ops(&run);
    assert_true(watch_until(&run.watch, sees_alice, &interrupted));
    acting_take_over(&run, ORDER_resume, snapshot_ops(&run.watch.snapshot, &(size_t){0})[0].id, "");
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "context test"));
    assert_int_equal(acting_stops(&run), 0);
}

static void
work_that_somebody_else_did_ends_the_op_well_and_says_so(void **state)
{
    char job[ORDER_ID_BYTES];
    const struct op *op;

    (void)state;
    acting_start(&run);
    snprintf(job, sizeof(job), "%s", acting_job(&run, JOB_STATE_active, 0)->id);
    acting_plan(&run, OP_stop_job, (const char *const[]){job, NULL});
    watch_post(&run.watch, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"/v1/environments/{id}/work/"
               "{id}/stop\",\"status\":409,\"acted\":true}");
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_done);
    assert_non_null(strstr(op->summary, "somebody else"));
    assert_int_equal(acting_stops(&run), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_another_console_holds_asks_a_second_time),
        TEST(what_somebody_begins_after_the_plan_asks_a_second_time_too),
        TEST(of_two_that_confirm_at_the_same_moment_one_is_asked_a_second_time),
        TEST(a_console_that_is_killed_is_noticed_without_another_write),
        TEST(what_took_a_name_takes_it_again_to_be_resumed),
        TEST(an_op_of_another_context_is_not_resumed_here),
        TEST(work_that_somebody_else_did_ends_the_op_well_and_says_so),
    };

    return apart_run(tests, COUNT_OF(tests));
}
