/* Draining a pool of twenty jobs of which one is stuck: cancelled, resumed, forced; and what is
 * said where nothing can be known or controlled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aid/acting.h"
#include "aid/apart.h"

enum { JOBS = 20, GRACE_MS = 4000 };

static struct acting run;
static char pool[ORDER_ID_BYTES];

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/quick-stuck.yaml");
    run.options.grace_ms = GRACE_MS;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

/* The pool with the many jobs. */
static const char *
large_pool(void)
{
    size_t n;
    const struct pool *pools = snapshot_pools(&run.watch.snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(pools[i].name, "eu-west-build") == 0)
            snprintf(pool, sizeof(pool), "%s", pools[i].id);
    assert_true(*pool);
    return pool;
}

static const struct op *
plan_drain(void)
{
    const struct op *op;

    acting_start(&run);
    op = acting_plan(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_int_equal(op->n_items, JOBS);
    return op;
}

static bool
all_are_done(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->n_done >= JOBS;
}

static bool
offers_to_keep(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->offer == OP_OFFER_keep;
}

static bool
has_more_than_planned(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->n_items > JOBS;
}

static bool
needs_us(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && (op->state == OP_STATE_asking || op_state_is_over(op->state));
}

/* The others may take longer than the grace time, on a slow machine. */
static bool
only_the_deaf_one_is_left(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->state == OP_STATE_asking && op->n_done == JOBS - 1;
}

static const struct op *
drain_until_stuck(void)
{
    const struct op *op;

    plan_drain();
    acting_confirm(&run);
    if (!watch_until(&run.watch, only_the_deaf_one_is_left, &run.last_ticket))
        fail_msg("%s: %s", op_state_name(acting_op(&run)->state), acting_op(&run)->summary);
    op = acting_op(&run);
    assert_int_equal(op->offer, OP_OFFER_force);
    return op;
}

static void
a_plan_counts_what_will_be_stopped_and_says_that_nobody_stops_the_workers(void **state)
{
    const struct op *op;

    (void)state;
    op = plan_drain();
    assert_true(acting_has_line(op, OP_LINE_note, "20 active"));
    assert_true(acting_has_line(op, OP_LINE_warning, "will claim new work"));
    assert_true(acting_has_line(op, OP_LINE_call, "and the same for 17 more"));
    assert_true(op->choices_offered & 1u << OP_CHOICE_keep);
    assert_false(op->choices_offered & 1u << OP_CHOICE_command);
}

static void
force_is_offered_when_the_grace_time_has_passed_and_takes_the_name(void **state)
{
    const struct op *op = drain_until_stuck();
    int64_t stops = acting_stops(&run);

    (void)state;
    assert_int_equal(op->n_done, JOBS - 1);
    assert_true(op->grace_until_ms - op->started_ms > GRACE_MS - 100); /* two clocks */
    assert_non_null(strstr(op->offer_text, "1 of 20"));
    assert_non_null(strstr(op->offer_text, "up to 30 s"));
    acting_order(&run, ORDER_force, "wrong");
    acting_order(&run, ORDER_force, "eu-west-build");
    assert_true(watch_until(&run.watch, all_are_done, &run.last_ticket));
    assert_int_equal(acting_stops(&run), stops + 1);
}

/* The sessions have calls without an answer, so the service queues them again, and workers poll. */
static void
what_polling_workers_claim_is_stopped_when_that_was_wanted_until_it_is_cancelled(void **state)
{
    const struct op *op;

    (void)state;
    drain_until_stuck();
    acting_order(&run, ORDER_force, "eu-west-build");
    assert_true(watch_until(&run.watch, offers_to_keep, &run.last_ticket));
    assert_non_null(strstr(acting_op(&run)->offer_text, "claimed"));
    acting_order(&run, ORDER_keep, "");
    assert_true(watch_until(&run.watch, has_more_than_planned, &run.last_ticket));
    assert_null(strstr(acting_op(&run)->summary, "keep stopping")); /* that was answered */
    acting_order(&run, ORDER_cancel, "");
    op = acting_over(&run);
    assert_true(op->state == OP_STATE_cancelled || op->state == OP_STATE_done);
}

static void
a_pool_whose_command_drains_its_workers_ends_empty(void **state)
{
    const struct op *op;

    (void)state;
    acting_use_controls(&run);
    acting_start(&run);
    op = acting_plan(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_true(acting_has_line(op, OP_LINE_command, "drain pool env_"));
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, needs_us, &run.last_ticket));
    if (acting_op(&run)->state == OP_STATE_asking)
        acting_order(&run, ORDER_force, "eu-west-build");
    op = acting_over(&run);
    if (op->state != OP_STATE_done)
        fail_msg("%s: %s", op_state_name(op->state), op->summary);
    assert_true(acting_has_line(op, OP_LINE_step, "exit 0"));
}

static bool
is_over_or_offers_to_keep(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return offers_to_keep(snapshot, ticket) || (op && op_state_is_over(op->state));
}

static void
what_is_claimed_although_the_command_succeeded_can_be_stopped_too(void **state)
{
    const struct op *op;

    (void)state;
    acting_use_controls(&run);
    for (size_t i = 0; i < run.watch.config.n_pools; i++)
        acting_wrap_verb(&run, i, DRIVER_drain, "exit 0"); /* and does nothing */
    acting_start(&run);
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL},
                          1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running |
                              1u << OP_CHOICE_force);
    assert_int_equal(op->state, OP_STATE_planned);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, is_over_or_offers_to_keep, &run.last_ticket));
    op = acting_op(&run);
    assert_non_null(strstr(op->summary, "the drain command succeeded, and yet workers run"));
    acting_order(&run, ORDER_keep, "");
    assert_true(watch_until(&run.watch, has_more_than_planned, &run.last_ticket));
    acting_order(&run, ORDER_cancel, "");
    op = acting_over(&run);
    assert_true(op->state == OP_STATE_cancelled || op->state == OP_STATE_done);
}

static void
cancelled_it_issues_nothing_more_and_what_is_done_stays_done(void **state)
{
    const struct op *op;
    int64_t stops;

    (void)state;
    drain_until_stuck();
    stops = acting_stops(&run);
    acting_order(&run, ORDER_cancel, "");
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_cancelled);
    assert_non_null(strstr(op->summary, "19 of 20 done"));
    assert_int_equal(acting_stops(&run), stops);
}

/* The op's id, seen by a console that is started again. */
static const char *
interrupt_and_look_again(void)
{
    static char id[OP_ID_BYTES];

    acting_stop_ops(&run);
    acting_start_ops(&run);
    snprintf(id, sizeof(id), "%s", acting_until_interrupted(&run)->id);
    return id;
}

static bool
is_left_cancelled(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    return n == 1 && !ops[0].is_ours && ops[0].state == OP_STATE_cancelled &&
           strstr(ops[0].summary, "was not waited for");
}

static bool
has_asked(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    for (size_t i = 0; op && i < op->n_items; i++)
        if (op->items[i].progress == OP_ITEM_sent)
            return true;
    return false;
}

/* The service has not answered yet when the console ends. */
static void
cancelled_and_left_it_is_over(void **state)
{
    (void)state;
    plan_drain();
    watch_fault(&run.watch, "api-slow", true);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, has_asked, &run.last_ticket));
    acting_order(&run, ORDER_cancel, "");
    assert_true(acting_until(&run, OP_STATE_stopping));
    acting_stop_ops(&run);
    acting_start_ops(&run);
    assert_true(watch_until(&run.watch, is_left_cancelled, NULL));
}

static void
an_interrupted_drain_is_resumed_without_a_second_stop(void **state)
{
    const char *id;
    int64_t stops;

    (void)state;
    drain_until_stuck();
    stops = acting_stops(&run);
    id = interrupt_and_look_again();
    acting_take_over(&run, ORDER_resume, id, "");
    assert_true(acting_until(&run, OP_STATE_asking));
    assert_int_equal(acting_op(&run)->n_done, JOBS - 1);
    assert_int_equal(acting_stops(&run), stops);
    acting_order(&run, ORDER_force, "eu-west-build");
    assert_true(watch_until(&run.watch, all_are_done, &run.last_ticket));
    assert_int_equal(acting_stops(&run), stops + 1);
}

static void
an_interrupted_drain_can_be_dismissed(void **state)
{
    (void)state;
    drain_until_stuck();
    acting_take_over(&run, ORDER_dismiss, interrupt_and_look_again(), "");
    assert_int_equal(acting_over(&run)->state, OP_STATE_dismissed);
}

static void
force_that_was_chosen_in_the_plan_comes_by_itself_after_the_grace_time(void **state)
{
    const struct op *op;

    (void)state;
    acting_start(&run);
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL},
                          1u << OP_CHOICE_stop_running | 1u << OP_CHOICE_force);
    assert_string_equal(op->must_type, "eu-west-build");
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, all_are_done, &run.last_ticket));
    assert_true(acting_stops(&run) >= JOBS + 1);
}

static bool
has_no_list(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    (void)context;
    return n > 0 && pools[0].work_access == WORK_NO_KEY;
}

static void
without_an_environment_key_it_says_what_is_missing_and_what_is_left(void **state)
{
    const struct op *op;

    (void)state;
    run.watch.options.n_pools = 0; /* where the keys are named */
    acting_start(&run);
    assert_true(watch_until(&run.watch, has_no_list, NULL));
    op = acting_plan(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL});
    assert_int_equal(op->state, OP_STATE_refused); /* nothing is chosen, and no command there */
    assert_true(acting_has_line(op, OP_LINE_warning, "its environment key is missing"));
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){large_pool(), NULL},
                          1u << OP_CHOICE_interrupt);
    assert_int_equal(op->state, OP_STATE_planned);
    assert_true(acting_has_line(op, OP_LINE_call, "user.interrupt"));
    op = acting_plan(&run, OP_stop_job, (const char *const[]){op->items[0].id, NULL});
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "environment key of pool"));
    assert_non_null(strstr(op->summary, "restart, which interrupts its session"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_plan_counts_what_will_be_stopped_and_says_that_nobody_stops_the_workers),
        TEST(force_is_offered_when_the_grace_time_has_passed_and_takes_the_name),
        TEST(what_polling_workers_claim_is_stopped_when_that_was_wanted_until_it_is_cancelled),
        TEST(a_pool_whose_command_drains_its_workers_ends_empty),
        TEST(what_is_claimed_although_the_command_succeeded_can_be_stopped_too),
        TEST(cancelled_it_issues_nothing_more_and_what_is_done_stays_done),
        TEST(cancelled_and_left_it_is_over),
        TEST(an_interrupted_drain_is_resumed_without_a_second_stop),
        TEST(an_interrupted_drain_can_be_dismissed),
        TEST(force_that_was_chosen_in_the_plan_comes_by_itself_after_the_grace_time),
        TEST(without_an_environment_key_it_says_what_is_missing_and_what_is_left),
    };

    return apart_run(tests, COUNT_OF(tests));
}
