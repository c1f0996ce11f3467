/* A console that is killed at each step of a drain: the journal stays consistent, the next console
 * resumes the op, no stop is sent to a job that has stopped, and none is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "aid/fetch.h"
#include "aid/killed.h"
#include "core/json.h"

enum { JOBS = 4, LEAST_POINTS = 20, LANES = 6 };

static struct acting run;

static void
begin(void)
{
    acting_begin(&run, "tests/worlds/few.yaml");
}

static void
start(void)
{
    acting_start(&run);
}

static void
drain(void)
{
    const char *pool = snapshot_pools(&run.watch.snapshot, &(size_t){0})[0].id;

    acting_plan_with(&run, OP_drain_pool, (const char *const[]){pool, NULL},
                     1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
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
resume_and_check(int point, const struct op *left)
{
    const struct op *op;

    assert_int_equal(left->n_items, JOBS);
    assert_true(!*left->phase || strstr(left->phase, "ing")); /* in words */
    acting_take_over(&run, ORDER_resume, left->id, left->must_type);
    op = acting_over(&run);
    if (op->state != OP_STATE_done || op->n_done != JOBS)
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    check_stops(point);
}

static void
a_drain_that_is_killed_at_any_step_is_resumed_and_ends_as_if_it_had_not_been(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin,
                                         .start = start,
                                         .act = drain,
                                         .check = resume_and_check,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= LEAST_POINTS);
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
