/* Jobs: every flag raises at its threshold and not before; each job is one finding at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"

/* A world with a healthy pool and one job, last seen now. */
static struct world *
world_with(struct job **out)
{
    struct world *world = world_new();

    world_pool(world, "eu-west")->work_at_ms = WORLD_NOW_MS;
    *out = world_job(world, "eu-west", "Nightly bump");
    (*out)->seen_ms = WORLD_NOW_MS;
    return world;
}

struct step {
    int64_t seconds;
    const char *rules;
    enum severity severity;
};

/* Put the age into *time for every step, and see what is found. */
static void
climbs(struct world *world, int64_t *time, const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *time = world_ago(steps[i].seconds);
        assert_string_equal(world_rules(world), steps[i].rules);
        assert_int_equal(world_assess(world)->jobs[0].severity, steps[i].severity);
    }
    world_free(world);
}

static bool
has_flag(struct world *world, enum job_flag flag)
{
    return (world_assess(world)->jobs[0].flags >> flag & 1u) != 0;
}

static void
a_heartbeat_is_stale_at_75_s_and_critical_at_150(void **state)
{
    static const struct step steps[] = {
        {74, "", SEVERITY_info},
        {75, "job.stale_heartbeat", SEVERITY_warn},
        {149, "job.stale_heartbeat", SEVERITY_warn},
        {150, "job.stale_heartbeat", SEVERITY_critical},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    climbs(world, &job->heartbeat_ms, steps, COUNT_OF(steps));
}

static void
a_job_not_seen_lately_does_not_look_worse_with_every_second(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->seen_ms = world_ago(200);
    job->heartbeat_ms = world_ago(220); /* 20 s old when it was seen */
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_lease_surely_gone_is_said_after_five_minutes(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->heartbeat_ms = world_ago(299);
    assert_null(strstr(world_finding(world, "job.stale_heartbeat")->summary, "surely gone"));
    job->heartbeat_ms = world_ago(300);
    assert_non_null(strstr(world_finding(world, "job.stale_heartbeat")->summary, "surely gone"));
    world_free(world);
}

static void
the_finding_tells_one_dead_worker_from_a_dead_pool(void **state)
{
    struct job *job, *other;
    struct world *world = world_with(&job);
    const struct finding *finding;

    (void)state;
    job->heartbeat_ms = world_ago(200);
    other = world_job(world, "eu-west", "other");
    finding = world_finding(world, "job.stale_heartbeat");
    assert_non_null(strstr(finding->evidence[1], "it is this worker, not the pool"));
    other->heartbeat_ms = world_ago(200);
    ((struct pool *)world_row(world, SLOT_pools, 0))->workers_polling = 0;
    finding = world_finding(world, "job.stale_heartbeat");
    assert_non_null(strstr(finding->evidence[1], "whole host or network"));
    world_free(world);
}

static void
starting_takes_too_long_from_60_s_on(void **state)
{
    static const struct step steps[] = {
        {59, "", SEVERITY_info},
        {60, "job.starting_too_long", SEVERITY_warn},
        {180, "job.starting_too_long", SEVERITY_critical},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->state_kind = JOB_STATE_starting;
    job->heartbeat_ms = 0;
    climbs(world, &job->acknowledged_ms, steps, COUNT_OF(steps));
}

static void
a_stop_is_stuck_from_60_s_on(void **state)
{
    static const struct step steps[] = {
        {59, "", SEVERITY_info},
        {60, "job.stuck_stopping", SEVERITY_warn},
        {150, "job.stuck_stopping", SEVERITY_critical},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->state_kind = JOB_STATE_stopping;
    climbs(world, &job->stop_requested_ms, steps, COUNT_OF(steps));
}

static void
a_lost_lease_is_a_warning_and_three_are_critical(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->bounces = 1;
    job->bounced_ms = world_ago(30);
    assert_int_equal(world_finding(world, "job.bounced")->severity, SEVERITY_warn);
    job->bounces = 3;
    assert_int_equal(world_finding(world, "job.bounced")->severity, SEVERITY_critical);
    job->state_kind = JOB_STATE_stopped;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_lost_lease_is_news_for_ten_minutes_and_then_a_mark(void **state)
{
    static const struct step steps[] = {
        {599, "job.bounced", SEVERITY_warn},
        {600, "", SEVERITY_info},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->bounces = 1;
    job->bounced_ms = world_ago(700);
    assert_true(has_flag(world, JOB_FLAG_bounced));
    climbs(world, &job->bounced_ms, steps, COUNT_OF(steps));
}

static void
lost_jobs_follow_from_a_pool_without_workers(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);
    struct pool *pool = world_row(world, SLOT_pools, 0);

    (void)state;
    pool->workers_polling = 0;
    pool->depth = 1;
    pool->has_oldest = true;
    pool->oldest_queued_ms = world_ago(300);
    job->state_kind = JOB_STATE_queued;
    job->heartbeat_ms = 0;
    assert_string_equal(world_rules(world), "pool.no_workers");
    world_free(world);
}

static void
queued_with_an_old_acknowledgement_was_bounced_before_we_looked(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->state_kind = JOB_STATE_queued;
    job->heartbeat_ms = 0;
    assert_string_equal(world_rules(world), "job.bounced");
    job->acknowledged_ms = job->started_ms = 0;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_running_session_without_a_work_item_is_orphaned_after_two_minutes(void **state)
{
    static const struct step steps[] = {
        {119, "", SEVERITY_info},
        {120, "job.orphaned", SEVERITY_warn},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->from = JOB_FROM_SESSION;
    job->state_kind = JOB_STATE_unknown;
    climbs(world, &job->session_updated_ms, steps, COUNT_OF(steps));
}

static void
nothing_is_orphaned_where_work_items_cannot_be_listed(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);
    struct pool *pool = world_row(world, SLOT_pools, 0);

    (void)state;
    job->from = JOB_FROM_SESSION;
    job->state_kind = JOB_STATE_unknown;
    job->session_updated_ms = world_ago(500);
    pool->work_access = WORK_NO_KEY;
    assert_false(has_flag(world, JOB_FLAG_orphaned));
    pool->work_access = WORK_LISTED;
    pool->work_at_ms = world_ago(600); /* listed before the session was last heard of */
    assert_false(has_flag(world, JOB_FLAG_orphaned));
    world_free(world);
}

static void
a_stopped_item_orphans_its_session_unless_another_serves_it(void **state)
{
    struct job *job, *next;
    struct world *world = world_with(&job);

    (void)state;
    job->state_kind = JOB_STATE_stopped;
    job->session_status = "idle";
    job->stop_reason = "requires_action";
    job->wait = JOB_WAIT_worker;
    job->idle_since_ms = world_ago(300);
    assert_string_equal(world_rules(world), "job.orphaned");
    next = world_job(world, "eu-west", "Nightly bump");
    next->session_id = job->session_id;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_job_that_waits_for_a_person_says_so_at_once_and_warns_after_15_minutes(void **state)
{
    static const struct step steps[] = {
        {899, "", SEVERITY_info},
        {900, "job.waiting_human", SEVERITY_warn},
        {7200, "job.waiting_human", SEVERITY_warn}, /* the held slot is part of the same finding */
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->session_status = "idle";
    job->stop_reason = "requires_action";
    job->wait = JOB_WAIT_human;
    job->idle_since_ms = world_ago(10);
    assert_true(has_flag(world, JOB_FLAG_waiting_human));
    climbs(world, &job->idle_since_ms, steps, COUNT_OF(steps));
}

static void
a_waiting_session_holds_its_slot_after_half_an_hour(void **state)
{
    static const struct step steps[] = {
        {1799, "", SEVERITY_info},
        {1800, "job.slot_held", SEVERITY_warn},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->session_status = "idle";
    job->stop_reason = "requires_action";
    job->wait = JOB_WAIT_unknown;
    climbs(world, &job->idle_since_ms, steps, COUNT_OF(steps));
}

static void
an_ended_turn_is_nothing_to_report(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->session_status = "idle";
    job->stop_reason = "end_turn";
    job->idle_since_ms = world_ago(5000);
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_failed_turn_is_critical_while_it_is_news(void **state)
{
    static const struct step steps[] = {
        {10, "job.failed_turn", SEVERITY_critical},
        {3599, "job.failed_turn", SEVERITY_critical},
        {3600, "", SEVERITY_info},
    };
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->session_status = "idle";
    job->stop_reason = "retries_exhausted";
    climbs(world, &job->idle_since_ms, steps, COUNT_OF(steps));
}

static void
retrying_budget_and_refusal_are_told(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->session_status = "rescheduling";
    job->session_updated_ms = world_ago(299);
    assert_string_equal(world_rules(world), "");
    job->session_updated_ms = world_ago(300);
    assert_string_equal(world_rules(world), "job.retrying");
    job->session_status = "idle";
    job->stop_reason = "budget_reached";
    assert_string_equal(world_rules(world), "job.budget_reached");
    job->stop_reason = "refusal";
    assert_string_equal(world_rules(world), "job.refused_turn");
    world_free(world);
}

static void
a_job_with_two_troubles_is_one_finding_of_the_worse(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->heartbeat_ms = world_ago(100);
    job->bounces = 4;
    job->bounced_ms = world_ago(200);
    assert_string_equal(world_rules(world), "job.bounced");
    assert_true(has_flag(world, JOB_FLAG_stale_heartbeat));
    job->heartbeat_ms = world_ago(160);
    assert_string_equal(world_rules(world), "job.stale_heartbeat");
    world_free(world);
}

static void
words_the_service_may_add_are_no_fault(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->state = "paused";
    job->state_kind = JOB_STATE_unknown;
    job->session_status = "hibernating";
    job->stop_reason = "full_moon";
    job->idle_since_ms = world_ago(100000);
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_job_of_an_unknown_pool_is_judged_all_the_same(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    job->pool_id = "env_gone";
    job->pool_name = "";
    job->heartbeat_ms = world_ago(200);
    assert_string_equal(world_rules(world), "job.stale_heartbeat");
    world_free(world);
}

static void
ages_are_of_the_item_then_of_the_session(void **state)
{
    struct job *job;
    struct world *world = world_with(&job);

    (void)state;
    assert_int_equal(job_age_ms(job, WORLD_NOW_MS), 610000);
    job->created_ms = 0;
    job->session_created_ms = world_ago(5);
    assert_int_equal(job_age_ms(job, WORLD_NOW_MS), 5000);
    job->session_created_ms = 0;
    assert_int_equal(job_age_ms(job, WORLD_NOW_MS), -1);
    job->heartbeat_ms = WORLD_NOW_MS + 900; /* clocks */
    assert_int_equal(job_heartbeat_age_ms(job, WORLD_NOW_MS), 0);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heartbeat_is_stale_at_75_s_and_critical_at_150),
        cmocka_unit_test(a_job_not_seen_lately_does_not_look_worse_with_every_second),
        cmocka_unit_test(a_lease_surely_gone_is_said_after_five_minutes),
        cmocka_unit_test(the_finding_tells_one_dead_worker_from_a_dead_pool),
        cmocka_unit_test(starting_takes_too_long_from_60_s_on),
        cmocka_unit_test(a_stop_is_stuck_from_60_s_on),
        cmocka_unit_test(a_lost_lease_is_a_warning_and_three_are_critical),
        cmocka_unit_test(a_lost_lease_is_news_for_ten_minutes_and_then_a_mark),
        cmocka_unit_test(lost_jobs_follow_from_a_pool_without_workers),
        cmocka_unit_test(queued_with_an_old_acknowledgement_was_bounced_before_we_looked),
        cmocka_unit_test(a_running_session_without_a_work_item_is_orphaned_after_two_minutes),
        cmocka_unit_test(nothing_is_orphaned_where_work_items_cannot_be_listed),
        cmocka_unit_test(a_stopped_item_orphans_its_session_unless_another_serves_it),
        cmocka_unit_test(a_job_that_waits_for_a_person_says_so_at_once_and_warns_after_15_minutes),
        cmocka_unit_test(a_waiting_session_holds_its_slot_after_half_an_hour),
        cmocka_unit_test(an_ended_turn_is_nothing_to_report),
        cmocka_unit_test(a_failed_turn_is_critical_while_it_is_news),
        cmocka_unit_test(retrying_budget_and_refusal_are_told),
        cmocka_unit_test(a_job_with_two_troubles_is_one_finding_of_the_worse),
        cmocka_unit_test(words_the_service_may_add_are_no_fault),
        cmocka_unit_test(a_job_of_an_unknown_pool_is_judged_all_the_same),
        cmocka_unit_test(ages_are_of_the_item_then_of_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
