/* Ops while something else goes wrong: the service limits or is away, the journal's disk fills, the
 * time to act is over, an id is garbage; and how much is in flight at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/acting.h"
#include "aid/apart.h"
#include "aid/fetch.h"
#include "core/clock.h"
#include "core/json.h"

enum { MOST_IN_FLIGHT = 4, AWAY_MS = 10000, BUDGET = 40, OBSERVED_MS = 8000, LOOKS = 6 };

static struct acting run;
static char pool_id[ORDER_ID_BYTES];

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/many.yaml");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

static const struct op *
plan_drain(void)
{
    const struct op *op;

    snprintf(pool_id, sizeof(pool_id), "%s", acting_job(&run, JOB_STATE_active, 0)->pool_id);
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){pool_id, NULL},
                          1u << OP_CHOICE_stop_running);
    assert_int_equal(op->state, OP_STATE_planned);
    return op;
}

static const char *
one_job(void)
{
    static char id[ORDER_ID_BYTES];

    snprintf(id, sizeof(id), "%s", acting_job(&run, JOB_STATE_active, 0)->id);
    return id;
}

/* Each item was stopped, by one request that the service took. */
static void
check_each_was_taken_once(const struct op *op)
{
    struct fetched answer = fetch_at(run.watch.config.base_url, "/sim/log");
    struct json *json = json_parse(answer.body, strlen(answer.body), NULL);

    for (size_t i = 0; i < op->n_items; i++) {
        char path[400];
        size_t n = 0;

        snprintf(path, sizeof(path), "/v1/environments/%s/work/%s/stop", pool_id, op->items[i].id);
        for (const struct json *one = json_first(json_get(json, "data")); one; one = json_next(one))
            n += strcmp(json_string(one, "path", ""), path) == 0 &&
                 json_int(one, "status", 0) / 100 == 2;
        if (n != 1 || op->items[i].progress != OP_ITEM_done)
            fail_msg("%s was taken %zu times: %s, %s", op->items[i].id, n,
                     op_progress_name(op->items[i].progress), op->items[i].note);
    }
    json_free(json);
    fetched_free(&answer);
}

static size_t most_seen;

static bool
all_are_done(const struct snapshot *snapshot, const void *context)
{
    size_t n, sent = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n > 0 && i < ops[0].n_items; i++)
        sent += ops[0].items[i].progress == OP_ITEM_sent;
    most_seen = sent > most_seen ? sent : most_seen;
    return n > 0 && ops[0].n_done == ops[0].n_items;
}

static void
answer_slowly(void)
{
    watch_post(&run.watch, "/sim/switch", "{\"name\":\"api.slow_ms\",\"value\":\"200\"}");
    watch_fault(&run.watch, "api-slow", true);
}

/* --- limits --- */

static bool
has_begun(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n > 0 && i < ops[0].n_items; i++)
        if (ops[0].items[i].asked_ms)
            return true;
    return false;
}

static void
a_drain_outlasts_a_service_that_says_429(void **state)
{
    const struct op *op;

    (void)state;
    acting_start(&run);
    plan_drain();
    watch_post(&run.watch, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"/v1/environments/{id}/work/"
               "{id}/stop\",\"status\":429,\"headers\":{\"retry-after\":\"1\"},\"times\":9}");
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, all_are_done, NULL));
    op = acting_op(&run);
    assert_true(acting_stops(&run) > (int64_t)op->n_items);
    check_each_was_taken_once(op);
}

/* Those that were on their way when it went may have arrived: they are watched, and for the
 * operator to decide about. */
static bool
only_doubtful_ones_are_left(const struct snapshot *snapshot, const void *context)
{
    size_t n, left = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n > 0 && i < ops[0].n_items; i++) {
        if (ops[0].items[i].progress == OP_ITEM_done)
            continue;
        if (!strstr(ops[0].items[i].note, "not asked again"))
            return false;
        left++;
    }
    return n > 0 && left <= MOST_IN_FLIGHT;
}

static int64_t away_until_ms;

static bool
is_time_over(const struct snapshot *snapshot, const void *context)
{
    (void)snapshot;
    (void)context;
    return clock_mono_ms() >= away_until_ms;
}

static void
a_drain_outlasts_a_service_that_is_away_for_ten_seconds(void **state)
{
    (void)state;
    run.options.send_within_ms = 1000;
    acting_start(&run);
    plan_drain();
    answer_slowly();
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, has_begun, NULL));
    watch_fault(&run.watch, "api-slow", false);
    watch_fault(&run.watch, "api-down", true);
    away_until_ms = clock_mono_ms() + AWAY_MS;
    assert_true(watch_until(&run.watch, is_time_over, NULL));
    assert_false(op_state_is_over(acting_op(&run)->state));
    watch_fault(&run.watch, "api-down", false);
    assert_true(watch_until(&run.watch, only_doubtful_ones_are_left, NULL));
}

static bool
was_looked_at_in_vain(const struct snapshot *snapshot, const void *context)
{
    (void)snapshot;
    (void)context;
    return watch_asked(&run.watch, "GET /v1/environments/{id}/work/{id}") >= LOOKS;
}

/* Answers to what was asked before one of them was lost say nothing about the service now. */
static void
after_a_doubt_nothing_is_sent_until_the_service_answers_again(void **state)
{
    (void)state;
    acting_start(&run);
    plan_drain();
    watch_post(&run.watch, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"/v1/environments/{id}/work/"
               "{id}/stop\",\"answer\":\"reset\",\"times\":1}");
    watch_post(&run.watch, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/environments/{id}/work/"
               "{id}\",\"answer\":\"reset\",\"times\":1000}");
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, was_looked_at_in_vain, NULL));
    assert_int_equal(acting_stops(&run), MOST_IN_FLIGHT);
    watch_post(&run.watch, "/sim/fault", "{\"name\":\"none\"}");
    assert_true(watch_until(&run.watch, only_doubtful_ones_are_left, NULL));
}

/* --- how much at once --- */

static void
never_more_than_four_stops_are_on_their_way(void **state)
{
    (void)state;
    most_seen = 0;
    acting_start(&run);
    plan_drain();
    snprintf(pool_id, sizeof(pool_id), "%s", acting_op(&run)->pool_id);
    answer_slowly();
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, all_are_done, NULL));
    assert_int_equal(most_seen, MOST_IN_FLIGHT);
    check_each_was_taken_once(acting_op(&run));
}

/* A minute's requests are so few that a drain of all jobs needs more of them at once. */
static void
what_an_op_asks_is_within_the_budget_of_requests(void **state)
{
    int64_t began_ms = clock_mono_ms(), asked;

    (void)state;
    run.watch.options.requests_per_minute = BUDGET;
    acting_start(&run);
    assert_true(plan_drain()->n_items > BUDGET / 2);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, has_begun, NULL));
    away_until_ms = clock_mono_ms() + OBSERVED_MS;
    assert_true(watch_until(&run.watch, is_time_over, NULL));
    asked = watch_asked(&run.watch, "total");
    assert_true(clock_mono_ms() - began_ms < 60000);
    assert_in_range(asked, acting_stops(&run) + 1, BUDGET);
    assert_true(acting_stops(&run) > 0);
    assert_false(op_state_is_over(acting_op(&run)->state));
}

/* --- the disk --- */

/* A console of its own, whose files may not grow beyond what they have soon after it began. */
static NORETURN void
drain_on_a_full_disk(void)
{
    const struct op *op;
    struct rlimit limit = {0};
    struct stat st;
    char path[400];

    signal(SIGXFSZ, SIG_IGN);
    acting_start(&run);
    plan_drain();
    answer_slowly();
    acting_confirm(&run);
    if (!watch_until(&run.watch, has_begun, NULL))
        _exit(2);
    snprintf(path, sizeof(path), "%s/journal.db-wal", run.folder);
    limit.rlim_cur = limit.rlim_max = stat(path, &st) == 0 ? (rlim_t)st.st_size : 0;
    setrlimit(RLIMIT_FSIZE, &limit);
    op = acting_over(&run);
    if (op->state != OP_STATE_failed || !strstr(op->summary, "could not be recorded")) {
        fprintf(stderr, "%s: %s\n", op_state_name(op->state), op->summary);
        _exit(3);
    }
    _exit(acting_stops(&run) >= (int64_t)op->n_items ? 4 : 0);
}

static void
a_disk_that_fills_ends_the_op_and_whoever_has_room_resumes_it(void **state)
{
    const struct op *op;
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        drain_on_a_full_disk();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    watch_fault(&run.watch, "api-slow", false);
    acting_start(&run);
    op = acting_until_interrupted(&run);
    snprintf(pool_id, sizeof(pool_id), "%s", acting_job(&run, JOB_STATE_active, 0)->pool_id);
    acting_take_over(&run, ORDER_resume, op->id, "");
    assert_true(watch_until(&run.watch, all_are_done, NULL));
    op = acting_op(&run);
    check_each_was_taken_once(op);
}

/* --- arming, ids --- */

static bool
is_locked(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct control *control = snapshot_control(snapshot, &n);

    (void)context;
    return n == 1 && control->armed_until_ms == 0 && control->locked_why[0];
}

static void
arming_ends_by_itself_and_then_a_plan_is_not_confirmed(void **state)
{
    const struct op *op;

    (void)state;
    run.options.arm = ARM_on_demand;
    run.options.arm_ms = 500;
    acting_start(&run);
    acting_order(&run, ORDER_arm, "test");
    op = acting_plan(&run, OP_stop_job, (const char *const[]){one_job(), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_true(watch_until(&run.watch, is_locked, NULL));
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_refused);
    assert_non_null(strstr(op->summary, "the time was over"));
    assert_int_equal(acting_stops(&run), 0);
}

static void
what_is_not_there_or_no_id_at_all_is_refused_or_harmless(void **state)
{
    static const char *const ids[] = {"",
                                      "../../v1/sessions",
                                      "env_1/work",
                                      "a b",
                                      "%s%n",
                                      "\x1b[2J",
                                      "0123456789012345678901234567890123456789012345678901234567"
                                      "0123456789012345678901234567890123456789012345678901234567"
                                      "0123456789012345678901234567890123456789"};

    (void)state;
    acting_use_controls(&run);
    acting_start(&run);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        for (int kind = 0; kind < OP_KIND_COUNT; kind++) {
            const struct op *op =
                acting_plan(&run, (enum op_kind)kind, (const char *const[]){ids[i], NULL});

            if (op->state != OP_STATE_refused)
                fail_msg("%s %s \"%s\": %s", op_verb(op->kind), op_object(op->kind), ids[i],
                         op_state_name(op->state));
            acting_confirm(&run);
        }
    assert_int_equal(acting_stops(&run), 0);
}

/* --- what is old when it is confirmed --- */

static void
a_plan_whose_job_was_stopped_meanwhile_ends_well(void **state)
{
    const struct op *op;
    uint64_t first;

    (void)state;
    acting_start(&run);
    acting_plan(&run, OP_stop_job, (const char *const[]){one_job(), NULL});
    first = run.last_ticket;
    acting_plan(&run, OP_stop_job, (const char *const[]){acting_op(&run)->items[0].id, NULL});
    acting_confirm(&run);
    assert_int_equal(acting_over(&run)->state, OP_STATE_done);
    run.last_ticket = first;
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_done);
    assert_true(acting_stops(&run) <= 2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_drain_outlasts_a_service_that_says_429),
        TEST(a_drain_outlasts_a_service_that_is_away_for_ten_seconds),
        TEST(after_a_doubt_nothing_is_sent_until_the_service_answers_again),
        TEST(never_more_than_four_stops_are_on_their_way),
        TEST(what_an_op_asks_is_within_the_budget_of_requests),
        TEST(a_disk_that_fills_ends_the_op_and_whoever_has_room_resumes_it),
        TEST(arming_ends_by_itself_and_then_a_plan_is_not_confirmed),
        TEST(what_is_not_there_or_no_id_at_all_is_refused_or_harmless),
        TEST(a_plan_whose_job_was_stopped_meanwhile_ends_well),
    };

    return apart_run(tests, COUNT_OF(tests));
}
