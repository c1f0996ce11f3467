/* Pools: health is a judgement; every rule raises at its threshold and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"

/* A pool whose oldest job has waited that long, nobody polling. */
static struct pool *
waiting_pool(struct world *world, int64_t depth, int64_t oldest_s)
{
    struct pool *pool = world_pool(world, "eu-west");

    pool->workers_polling = 0;
    pool->depth = depth;
    pool->has_oldest = true;
    pool->oldest_queued_ms = pool->stats_at_ms - oldest_s * 1000;
    return pool;
}

/* Assess, say what the first pool's health is, and free the world. */
static void
is_judged(struct world *world, const char *health, const char *rules)
{
    assert_string_equal(pool_health_name(world_assess(world)->pools[0].health), health);
    assert_string_equal(world_rules(world), rules);
    world_free(world);
}

static void
workers_that_poll_are_healthy(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_pool(world, "eu-west");
    is_judged(world, "healthy", "");
}

static void
nobody_polling_with_fresh_jobs_is_busy_and_no_fault(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_pool(world, "eu-west")->workers_polling = 0;
    world_job(world, "eu-west", "x");
    is_judged(world, "busy", "");
}

static void
busy_with_jobs_waiting_is_worth_knowing(void **state)
{
    struct world *world = world_new();

    (void)state;
    waiting_pool(world, 1, 40);
    world_job(world, "eu-west", "x");
    assert_int_equal(world_finding(world, "pool.busy")->severity, SEVERITY_info);
    is_judged(world, "busy", "pool.busy");
}

static void
busy_becomes_a_warning_when_a_job_waits_two_minutes(void **state)
{
    static const struct {
        int64_t oldest_s;
        enum severity severity;
    } rows[] = {{119, SEVERITY_info}, {120, SEVERITY_warn}, {599, SEVERITY_warn}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();

        waiting_pool(world, 1, rows[i].oldest_s);
        world_job(world, "eu-west", "x");
        assert_int_equal(world_finding(world, "pool.busy")->severity, rows[i].severity);
        world_free(world);
    }
}

static void
nobody_there_is_a_warning_at_30_s_and_critical_at_60(void **state)
{
    static const struct {
        int64_t oldest_s;
        const char *rules;
        enum severity severity;
    } rows[] = {
        {29, "", SEVERITY_info},
        {30, "pool.no_workers", SEVERITY_warn},
        {59, "pool.no_workers", SEVERITY_warn},
        {60, "pool.no_workers", SEVERITY_critical},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();

        waiting_pool(world, 3, rows[i].oldest_s);
        assert_string_equal(world_rules(world), rows[i].rules);
        assert_int_equal(world_assess(world)->pools[0].severity, rows[i].severity);
        world_free(world);
    }
}

static void
a_job_without_a_fresh_heartbeat_proves_no_worker(void **state)
{
    struct world *world = world_new();

    (void)state;
    waiting_pool(world, 3, 300);
    world_job(world, "eu-west", "x")->heartbeat_ms = world_ago(2 + 90);
    is_judged(world, "no_workers", "pool.no_workers"); /* the lost job follows from it */
}

static void
one_idle_sample_among_several_is_not_enough(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 3, 300);

    (void)state;
    series_add(&pool->depth_trend, 3);
    pool->idle_since_ms = pool->stats_at_ms; /* the first sample without a poller */
    assert_string_equal(world_rules(world), "");
    pool->idle_since_ms = pool->stats_at_ms - 10000;
    is_judged(world, "no_workers", "pool.no_workers");
}

/* Pools and jobs are published one after the other. */
static void
before_the_jobs_are_here_workers_are_not_called_gone(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 8, 900);

    (void)state;
    pool->active = 1; /* of a list that is newer than the jobs */
    assert_string_equal(world_rules(world), "pool.backlog");
    world_job(world, "eu-west", "a")->heartbeat_ms = world_ago(3);
    is_judged(world, "backlogged", "pool.backlog");
}

static void
without_the_list_of_jobs_workers_are_not_called_gone(void **state)
{
    struct world *world = world_new();

    (void)state;
    waiting_pool(world, 3, 100)->work_access = WORK_PENDING;
    is_judged(world, "healthy", "");
}

static void
without_a_key_running_sessions_leave_it_open(void **state)
{
    struct world *world = world_new();
    struct job *job;

    (void)state;
    waiting_pool(world, 3, 100)->work_access = WORK_NO_KEY;
    job = world_job(world, "eu-west", "x");
    job->from = JOB_FROM_SESSION;
    job->state_kind = JOB_STATE_unknown;
    job->heartbeat_ms = job->acknowledged_ms = 0;
    assert_string_equal(world_rules(world), "pool.no_environment_key");
    job->session_status = "idle";
    is_judged(world, "no_workers", "pool.no_workers");
}

static void
a_refused_key_is_named_as_the_likely_cause(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 3, 300);

    (void)state;
    pool->work_access = WORK_REFUSED;
    pool->work_error = "401 authentication_error";
    assert_non_null(strstr(world_finding(world, "pool.no_workers")->next_step, "environment key"));
    world_free(world);
}

static void
a_webhook_pool_idles_without_pollers_and_waits_longer(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 3, 119);

    (void)state;
    pool->mode = POOL_WEBHOOK;
    assert_string_equal(world_rules(world), "");
    pool->oldest_queued_ms = pool->stats_at_ms - 120000;
    assert_int_equal(world_finding(world, "pool.no_workers")->severity, SEVERITY_warn);
    pool->oldest_queued_ms = pool->stats_at_ms - 600000;
    assert_int_equal(world_finding(world, "pool.no_workers")->severity, SEVERITY_critical);
    pool->depth = 0;
    pool->has_oldest = false;
    is_judged(world, "idle", "");
}

static void
waiting_two_minutes_beside_free_workers_is_a_backlog(void **state)
{
    static const struct {
        int64_t oldest_s;
        const char *rules;
        enum severity severity;
    } rows[] = {
        {119, "", SEVERITY_info},
        {120, "pool.backlog", SEVERITY_warn},
        {599, "pool.backlog", SEVERITY_warn},
        {600, "pool.backlog", SEVERITY_critical},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();

        waiting_pool(world, 1, rows[i].oldest_s)->workers_polling = 1;
        assert_string_equal(world_rules(world), rows[i].rules);
        assert_int_equal(world_assess(world)->pools[0].severity, rows[i].severity);
        world_free(world);
    }
}

static void
more_than_two_jobs_for_each_worker_is_a_backlog(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 4, 60);

    (void)state;
    world_job(world, "eu-west", "x");
    world_job(world, "eu-west", "y");
    assert_string_equal(world_rules(world), "pool.busy");
    pool->depth = 5;
    assert_string_equal(world_rules(world), "pool.backlog");
    pool->oldest_queued_ms = pool->stats_at_ms - 29000; /* a burst that just arrived */
    is_judged(world, "busy", "pool.busy");
}

static void
a_queue_that_rose_five_times_is_a_backlog(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 5, 60);

    (void)state;
    for (int i = 0; i < 3; i++)
        world_job(world, "eu-west", "x");
    pool->idle_since_ms = world_ago(90);
    for (int depth = 1; depth <= 4; depth++)
        series_add(&pool->depth_trend, depth);
    assert_string_equal(world_rules(world), "pool.busy");
    series_add(&pool->depth_trend, 5);
    is_judged(world, "backlogged", "pool.backlog");
}

static void
claims_without_acknowledgement_stall_after_three_samples_and_15_s(void **state)
{
    static const struct {
        uint32_t samples;
        int64_t seconds;
        const char *rules;
        enum severity severity;
    } rows[] = {
        {2, 30, "", SEVERITY_info},
        {3, 14, "", SEVERITY_info},
        {3, 15, "pool.pending_stuck", SEVERITY_warn},
        {7, 59, "pool.pending_stuck", SEVERITY_warn},
        {7, 60, "pool.pending_stuck", SEVERITY_critical},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();
        struct pool *pool = world_pool(world, "eu-west");

        pool->pending = 1;
        pool->pending_samples = rows[i].samples;
        pool->pending_since_ms = pool->stats_at_ms - rows[i].seconds * 1000;
        assert_string_equal(world_rules(world), rows[i].rules);
        assert_int_equal(world_assess(world)->pools[0].severity, rows[i].severity);
        world_free(world);
    }
}

static void
fewer_workers_than_expected_is_a_warning_after_90_s(void **state)
{
    struct world *world = world_new();
    struct pool *pool = world_pool(world, "eu-west");

    (void)state;
    pool->expected_workers = 4;
    world_job(world, "eu-west", "x");
    assert_string_equal(world_rules(world), "");
    pool->below_expected_since_ms = pool->stats_at_ms - 89000;
    assert_string_equal(world_rules(world), "");
    pool->below_expected_since_ms = pool->stats_at_ms - 90000;
    assert_string_equal(world_rules(world), "pool.workers_below_expected");
    pool->expected_workers = 3; /* two poll, one works */
    is_judged(world, "healthy", "");
}

static void
old_statistics_are_not_judged(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 3, 300);

    (void)state;
    pool->stats_at_ms = world_ago(20);
    pool->oldest_queued_ms = world_ago(300);
    pool->work_at_ms = world_ago(20);
    assert_string_equal(world_rules(world), "pool.no_workers");
    pool->stats_at_ms = pool->work_at_ms = WORLD_NOW_MS - 20001;
    assert_true(world_assess(world)->pools[0].is_stale);
    assert_non_null(strstr(world_assess(world)->pools[0].reason, "last seen 20s ago"));
    is_judged(world, "unknown", "");
}

static void
a_pool_without_statistics_is_unknown_and_says_why(void **state)
{
    struct world *world = world_new();
    struct pool *pool = world_pool(world, "eu-west");

    (void)state;
    pool->stats_at_ms = 0;
    pool->stats_error = "HTTP 500";
    assert_string_equal(world_assess(world)->pools[0].reason, "no statistics: HTTP 500");
    is_judged(world, "unknown", "");
}

static void
an_archived_pool_is_left_alone(void **state)
{
    struct world *world = world_new();

    (void)state;
    waiting_pool(world, 3, 300)->is_archived = true;
    is_judged(world, "archived", "");
}

static void
an_unknown_number_of_pollers_is_not_none(void **state)
{
    struct world *world = world_new();
    struct pool *pool = waiting_pool(world, 3, 100);

    (void)state;
    pool->workers_polling = -1;
    assert_string_equal(world_rules(world), "");
    pool->oldest_queued_ms = pool->stats_at_ms - 120000;
    is_judged(world, "backlogged", "pool.backlog");
}

static void
many_pools_of_one_kind_are_one_finding_that_names_the_worst(void **state)
{
    struct world *world = world_new();
    const struct finding *finding;

    (void)state;
    for (int i = 0; i < 9; i++) {
        struct pool *pool = world_pool(world, world_string(world, "pool-%d", i));

        pool->workers_polling = 0;
        pool->depth = i == 6 ? 40 : 2;
        pool->has_oldest = true;
        pool->oldest_queued_ms = world_ago(300);
    }
    assert_int_equal(world_assess(world)->n_findings, 1);
    finding = world_finding(world, "pool.no_workers");
    assert_string_equal(finding->subject_id, "env_pool-6");
    assert_memory_equal(finding->summary, "9 pools", 7);
    assert_non_null(strstr(finding->summary, "pool-6: 40 jobs wait"));
    assert_string_equal(finding->evidence[finding->n_evidence - 1], "and 4 more");
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_that_poll_are_healthy),
        cmocka_unit_test(nobody_polling_with_fresh_jobs_is_busy_and_no_fault),
        cmocka_unit_test(busy_with_jobs_waiting_is_worth_knowing),
        cmocka_unit_test(busy_becomes_a_warning_when_a_job_waits_two_minutes),
        cmocka_unit_test(nobody_there_is_a_warning_at_30_s_and_critical_at_60),
        cmocka_unit_test(a_job_without_a_fresh_heartbeat_proves_no_worker),
        cmocka_unit_test(one_idle_sample_among_several_is_not_enough),
        cmocka_unit_test(before_the_jobs_are_here_workers_are_not_called_gone),
        cmocka_unit_test(without_the_list_of_jobs_workers_are_not_called_gone),
        cmocka_unit_test(without_a_key_running_sessions_leave_it_open),
        cmocka_unit_test(a_refused_key_is_named_as_the_likely_cause),
        cmocka_unit_test(a_webhook_pool_idles_without_pollers_and_waits_longer),
        cmocka_unit_test(waiting_two_minutes_beside_free_workers_is_a_backlog),
        cmocka_unit_test(more_than_two_jobs_for_each_worker_is_a_backlog),
        cmocka_unit_test(a_queue_that_rose_five_times_is_a_backlog),
        cmocka_unit_test(claims_without_acknowledgement_stall_after_three_samples_and_15_s),
        cmocka_unit_test(fewer_workers_than_expected_is_a_warning_after_90_s),
        cmocka_unit_test(old_statistics_are_not_judged),
        cmocka_unit_test(a_pool_without_statistics_is_unknown_and_says_why),
        cmocka_unit_test(an_archived_pool_is_left_alone),
        cmocka_unit_test(an_unknown_number_of_pollers_is_not_none),
        cmocka_unit_test(many_pools_of_one_kind_are_one_finding_that_names_the_worst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
