/* The ops room against the simulator: what is planned, confirmed, undone, watched and recorded
 * about jobs and pools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aid/acting.h"
#include "aid/apart.h"
#include "core/arena.h"
#include "history/journal.h"
#include "ops/run.h"

static struct acting run;

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/quick.yaml");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

/* An active job's id; its row goes with the snapshot. */
static const char *
active_job(void)
{
    static char id[ORDER_ID_BYTES];
    const struct job *job = acting_job(&run, JOB_STATE_active, 0);

    assert_non_null(job);
    snprintf(id, sizeof(id), "%s", job->id);
    return id;
}

static void
a_plan_names_the_job_its_age_and_the_exact_call(void **state)
{
    const struct op *op;
    char call[300];
    const char *id;

    (void)state;
    acting_start(&run);
    id = active_job();
    op = acting_plan(&run, OP_stop_job, (const char *const[]){id, NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_int_equal(op->n_items, 1);
    assert_string_equal(op->items[0].id, id);
    assert_non_null(strstr(op->items[0].what, "active, age "));
    assert_non_null(strstr(op->items[0].what, "heartbeat "));
    assert_non_null(strstr(op->items[0].loses, "tool call is cancelled"));
    snprintf(call, sizeof(call), "POST /v1/environments/%s/work/%s/stop {}", op->pool_id, id);
    assert_true(acting_has_line(op, OP_LINE_call, call));
    assert_true(acting_has_line(op, OP_LINE_note, "how long a stop takes here is not known yet"));
    assert_int_equal(acting_stops(&run), 0);
}

static void
a_confirmed_stop_is_watched_until_the_job_is_stopped(void **state)
{
    const struct op *op;

    (void)state;
    acting_start(&run);
    acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_done);
    assert_int_equal(op->items[0].progress, OP_ITEM_done);
    assert_true(op->items[0].done_ms >= op->items[0].asked_ms && op->items[0].asked_ms > 0);
    assert_int_equal(acting_stops(&run), 1);
}

static void
what_was_stopped_is_in_the_journal_with_each_step(void **state)
{
    const struct journal_op *ops;
    const struct journal_step *steps;
    struct arena *arena = arena_new();
    struct journal *journal;
    struct err err = {0};
    size_t n, n_steps;

    (void)state;
    acting_start(&run);
    acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    acting_confirm(&run);
    acting_over(&run);
    journal = journal_open_to_read(run.folder, &err);
    assert_non_null(journal);
    assert_true(journal_read(journal, &(struct journal_query){0}, arena, &ops, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(ops[0].state, OP_STATE_done);
    assert_string_equal(ops[0].user, "tester");
    assert_string_equal(ops[0].reason, "TEST-1");
    assert_int_equal(ops[0].items[0].progress, OP_ITEM_done);
    assert_true(journal_read_steps(journal, ops[0].id, arena, &steps, &n_steps, &err));
    assert_int_equal(n_steps, 1);
    assert_string_equal(steps[0].what, "stop");
    assert_non_null(strstr(steps[0].result, "204"));
    journal_close(journal);
    arena_free(arena);
}

static void
the_second_plan_knows_how_long_stops_take(void **state)
{
    const struct op *op;
    char pool[ORDER_ID_BYTES];

    (void)state;
    acting_start(&run);
    acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    snprintf(pool, sizeof(pool), "%s", acting_op(&run)->pool_id);
    acting_confirm(&run);
    acting_over(&run);
    op = acting_plan(&run, OP_drain_pool, (const char *const[]){pool, NULL});
    assert_true(acting_has_line(op, OP_LINE_note, "a stop here takes "));
}

static void
an_undone_op_has_sent_nothing(void **state)
{
    const struct op *op;

    (void)state;
    run.options.undo_ms = 60000;
    acting_start(&run);
    acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    acting_confirm(&run);
    assert_true(acting_until(&run, OP_STATE_undo));
    acting_order(&run, ORDER_cancel, "");
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_cancelled);
    assert_string_equal(op->summary, "undone: nothing was sent");
    assert_int_equal(acting_stops(&run), 0);
}

struct orphan {
    enum job_from from;
    char *id; /* filled when it is there */
};

static bool
is_orphan_there(const struct snapshot *snapshot, const void *context)
{
    const struct orphan *orphan = context;
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(jobs[i].title, "orphan") == 0 && jobs[i].from == orphan->from &&
            strcmp(jobs[i].session_status, "idle") == 0) { /* its call is open */
            snprintf(orphan->id, ORDER_ID_BYTES, "%s", jobs[i].id);
            return true;
        }
    return false;
}

static void
a_session_without_a_work_item_is_restarted_by_an_interrupt_alone(void **state)
{
    char work[ORDER_ID_BYTES], session[ORDER_ID_BYTES];
    const struct op *op;

    (void)state;
    watch_post(&run.watch, "/sim/pools/docs", "{\"workers\":0,\"jobs\":0}");
    watch_post(&run.watch, "/sim/session",
               "{\"environment_id\":\"docs\",\"title\":\"orphan\",\"script\":"
               "[{\"type\":\"tool\",\"name\":\"bash\",\"input\":{\"command\":\"ls\"}}]}");
    acting_start(&run);
    assert_true(watch_until(&run.watch, is_orphan_there, &(struct orphan){JOB_FROM_WORK, work}));
    acting_plan(&run, OP_stop_job, (const char *const[]){work, NULL});
    acting_confirm(&run);
    assert_int_equal(acting_over(&run)->state, OP_STATE_done);
    assert_true(
        watch_until(&run.watch, is_orphan_there, &(struct orphan){JOB_FROM_SESSION, session}));
    op = acting_plan(&run, OP_stop_job, (const char *const[]){session, NULL});
    assert_int_equal(op->state, OP_STATE_refused); /* the pool's key is there: nothing is missing */
    assert_non_null(strstr(op->summary, "pool docs lists none for its session"));
    acting_plan(&run, OP_restart_job, (const char *const[]){session, NULL});
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_done);
    assert_int_equal(watch_asked(&run.watch, "POST /v1/sessions/{id}/events"), 1);
    assert_int_equal(acting_stops(&run), 1); /* the first op's */
}

static void
a_locked_console_refuses_and_says_the_way(void **state)
{
    const struct op *op;

    (void)state;
    run.options.arm = ARM_on_demand;
    acting_start(&run);
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "locked; A arms"));
    acting_order(&run, ORDER_arm, "wrong");
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "not the context's name"));
    acting_order(&run, ORDER_arm, "test");
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    acting_order(&run, ORDER_disarm, "nobody typed");
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "nobody typed"));
    assert_int_equal(acting_stops(&run), 0);
}

static void
read_only_cannot_be_armed(void **state)
{
    const struct op *op;

    (void)state;
    run.options.is_read_only = true;
    acting_start(&run);
    acting_order(&run, ORDER_arm, "test");
    op = acting_plan(&run, OP_drain_pool,
                     (const char *const[]){acting_job(&run, JOB_STATE_active, 0)->pool_id, NULL});
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "read-only"));
}

static void
in_production_the_name_is_typed(void **state)
{
    const struct op *op;
    struct op_order *order;

    (void)state;
    run.options.is_production = true;
    acting_start(&run);
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    assert_true(op->must_type[0] != '\0');
    order = op_order_new(ORDER_confirm);
    snprintf(order->op_id, sizeof(order->op_id), "%s", op->id);
    snprintf(order->typed, sizeof(order->typed), "y");
    assert_true(store_order(run.watch.store, order));
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL}); /* in order */
    assert_int_equal(acting_stops(&run), 0);
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_done);
}

static void
a_name_that_cannot_be_typed_gives_way_to_the_end_of_the_id(void **state)
{
    static const struct {
        const char *name, *word;
    } cases[] = {
        {"eu-west", "eu-west"},
        {"staging, the second", "staging, the second"},
        {"\xef\xbf\xbd[2J", "Yes123"},          /* what was unprintable in it */
        {"\xe6\xbc\xa2\xe5\xad\x97", "Yes123"}, /* wide characters */
        {"docs ", "Yes123"},
        {"", "Yes123"},
        {"a-name-of-more-letters-than-fit-into-a-line", "Yes123"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(run_typable(cases[i].name, "env_011CZkYes123"), cases[i].word);
    assert_string_equal(run_typable("docs ", "x"), "docs ");
}

static void
without_a_journal_nothing_is_done(void **state)
{
    const struct op *op;

    (void)state;
    run.options.journal_folder = "/proc/no/such/place";
    acting_start(&run);
    op = acting_plan(&run, OP_stop_job, (const char *const[]){active_job(), NULL});
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "could not be recorded"));
    assert_int_equal(acting_stops(&run), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_plan_names_the_job_its_age_and_the_exact_call),
        TEST(a_confirmed_stop_is_watched_until_the_job_is_stopped),
        TEST(what_was_stopped_is_in_the_journal_with_each_step),
        TEST(the_second_plan_knows_how_long_stops_take),
        TEST(an_undone_op_has_sent_nothing),
        TEST(a_session_without_a_work_item_is_restarted_by_an_interrupt_alone),
        TEST(a_locked_console_refuses_and_says_the_way),
        TEST(read_only_cannot_be_armed),
        TEST(in_production_the_name_is_typed),
        cmocka_unit_test(a_name_that_cannot_be_typed_gives_way_to_the_end_of_the_id),
        TEST(without_a_journal_nothing_is_done),
    };

    return apart_run(tests, COUNT_OF(tests));
}
