/* The whole room against the simulator: what it learns, what it survives, what it never asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>

#include "aid/watch.h"
#include "core/clock.h"

static struct watch run;

static int
healthy(void **state)
{
    (void)state;
    watch_begin(&run, "healthy");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    watch_end(&run);
    return 0;
}

static const struct source_status *
status(enum source source)
{
    return &run.snapshot.source[source];
}

/* Predicates */

struct expected {
    enum source source;
    enum source_state state;
    enum err_code code;
};

static bool
source_is(const struct snapshot *snapshot, const void *context)
{
    const struct expected *expected = context;
    const struct source_status *found = &snapshot->source[expected->source];

    return found->state == expected->state && found->code == expected->code;
}

static void
expect_source(enum source source, enum source_state state, enum err_code code)
{
    struct expected expected = {source, state, code};

    if (!watch_until(&run, source_is, &expected))
        fail_msg("%s: state %s, code %d: %s", source_name(source),
                 source_state_name(status(source)->state), (int)status(source)->code,
                 status(source)->error);
}

static size_t
count(enum slot slot)
{
    return run.snapshot.slot[slot].n;
}

/* What it learns */

static void
one_pass_learns_everything(void **state)
{
    static const enum source sources[] = {SOURCE_environments, SOURCE_stats,   SOURCE_work,
                                          SOURCE_sessions,     SOURCE_tunnels, SOURCE_certificates};
    const struct service *service;
    const struct pool *pools;
    size_t n;

    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        assert_int_equal(status(sources[i])->state, SOURCE_STATE_ok);
        assert_true(status(sources[i])->rounds >= 1);
        assert_int_equal(status(sources[i])->parts, status(sources[i])->parts_ok);
        assert_true(status(sources[i])->ok_at_ms > 0);
    }
    assert_int_equal(count(SLOT_pools), 5);
    assert_true(count(SLOT_jobs) > 5);
    assert_int_equal(count(SLOT_tunnels), 3);
    pools = snapshot_pools(&run.snapshot, &n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pools[i].work_access, WORK_LISTED);
        assert_true(pools[i].depth >= 0 && pools[i].stats_at_ms > 0);
    }
    service = snapshot_service(&run.snapshot, &n);
    assert_true(*service->workspace_id && *service->last_request_id);
    assert_true(service->has_clock_offset && service->latency_us > 0);
    assert_int_equal(service->budget_per_minute, 100000);
    assert_true(service->used_last_minute > 0);
}

static void
nothing_but_lists_and_reads_is_ever_asked(void **state)
{
    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    watch_wish(&run, WISH_refresh, "");
    assert_true(watch_until_settled(&run));
    assert_true(watch_asked(&run, "GET /v1/environments") >= 1);
    assert_int_equal(watch_asked(&run, "GET /v1/environments/{id}/work/poll"), 0);
    assert_int_equal(watch_asked(&run, "POST /v1/environments/{id}/work/{id}/stop"), 0);
    assert_int_equal(watch_asked(&run, "POST /v1/tunnels/{id}/reveal_token"), 0);
    assert_int_equal(watch_asked(&run, "POST /v1/oauth/token"), 0);
}

static bool
has_names(const struct snapshot *snapshot, const void *context)
{
    size_t n;

    (void)context;
    snapshot_pools(snapshot, &n);
    return n > 0;
}

static void
the_first_rows_come_at_once(void **state)
{
    int64_t before_ms = clock_mono_ms();

    (void)state;
    watch_start(&run);
    assert_true(watch_until(&run, has_names, NULL));
    assert_true(clock_mono_ms() - before_ms < 5000); /* the target is 150 ms; here is a sanitizer */
}

static void
without_keys_jobs_come_from_sessions(void **state)
{
    const struct job *jobs;
    size_t n;

    (void)state;
    run.options.n_pools = 0;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_work)->state, SOURCE_STATE_disabled);
    assert_int_equal(status(SOURCE_work)->code, ERR_CONFIG);
    assert_int_equal(count(SLOT_pools), 5);
    jobs = snapshot_jobs(&run.snapshot, &n);
    assert_true(n > 5);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(jobs[i].from, JOB_FROM_SESSION);
}

static void
without_any_credential_everything_says_what_it_needs(void **state)
{
    (void)state;
    run.options.credential = (struct api_credential_source){0};
    run.options.tunnels = (struct api_credential_source){0};
    run.options.n_pools = 0;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_disabled);
    assert_non_null(strstr(status(SOURCE_environments)->error, "ANTHROPIC_API_KEY"));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_disabled);
    assert_int_equal(status(SOURCE_certificates)->state, SOURCE_STATE_disabled);
    assert_int_equal(watch_asked(&run, "total"), 0);
}

static void
an_api_key_that_tunnels_refuse_is_not_a_revoked_one(void **state)
{
    (void)state;
    run.options.tunnels = (struct api_credential_source){0};
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_disabled);
    assert_int_equal(status(SOURCE_tunnels)->code, ERR_FORBIDDEN);
    assert_non_null(strstr(status(SOURCE_tunnels)->error, "workspace:manage_tunnels"));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_ok);
}

static void
an_api_key_is_good_for_tunnels_where_the_service_says_so(void **state)
{
    (void)state;
    run.options.tunnels = (struct api_credential_source){0};
    watch_post(&run, "/sim/switch", "{\"name\":\"auth.tunnels_take_api_key\",\"value\":\"true\"}");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_certificates)->state, SOURCE_STATE_ok);
}

static void
lists_go_on_over_an_empty_page(void **state)
{
    (void)state;
    watch_post(&run, "/sim/switch", "{\"name\":\"page.empty_first\",\"value\":\"true\"}");
    watch_post(&run, "/sim/switch", "{\"name\":\"page.max_limit\",\"value\":\"100\"}");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(count(SLOT_pools), 5);
    assert_int_equal(count(SLOT_tunnels), 3);
}

static void
a_limit_that_is_refused_is_dropped(void **state)
{
    (void)state;
    watch_post(&run, "/sim/switch", "{\"name\":\"page.max_limit\",\"value\":\"20\"}");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(count(SLOT_pools), 5);
    assert_int_equal(status(SOURCE_sessions)->state, SOURCE_STATE_ok);
}

/* What it survives */

static void
a_service_that_goes_away_and_comes_back(void **state)
{
    int64_t ok_at_ms;

    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    ok_at_ms = status(SOURCE_environments)->ok_at_ms;
    watch_fault(&run, "api-down", true);
    expect_source(SOURCE_environments, SOURCE_STATE_error, ERR_NET);
    expect_source(SOURCE_stats, SOURCE_STATE_error, ERR_NET);
    assert_int_equal(count(SLOT_pools), 5); /* the last truth stays */
    assert_true(status(SOURCE_environments)->ok_at_ms >= ok_at_ms);
    assert_true(status(SOURCE_environments)->failing_since_ms > 0);
    watch_fault(&run, "api-down", false);
    expect_source(SOURCE_environments, SOURCE_STATE_ok, ERR_NONE);
    expect_source(SOURCE_stats, SOURCE_STATE_ok, ERR_NONE);
    expect_source(SOURCE_sessions, SOURCE_STATE_ok, ERR_NONE);
}

static void
a_service_that_is_down_settles_promptly(void **state)
{
    int64_t before_ms = clock_mono_ms();

    (void)state;
    watch_fault(&run, "api-down", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_true(clock_mono_ms() - before_ms < 4000);
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_error);
    assert_int_equal(status(SOURCE_certificates)->state, SOURCE_STATE_error);
}

static void
an_outage_is_not_hammered(void **state)
{
    int64_t before;

    (void)state;
    watch_fault(&run, "api-error", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    before = watch_asked(&run, "total");
    poll(NULL, 0, 1500); /* nothing can be waited for: it is about what does not happen */
    assert_true(watch_asked(&run, "total") - before <= 4);
}

/* Nothing was asked for twelve intervals; what was on its way before may still arrive. */
static bool
is_quiet_about(const char *call)
{
    for (int i = 0; i < 5; i++) {
        int64_t before = watch_asked(&run, call);

        poll(NULL, 0, 1200);
        if (watch_asked(&run, call) == before)
            return true;
    }
    return false;
}

static void
a_refused_key_is_not_used_again_until_a_refresh(void **state)
{
    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    watch_fault(&run, "key-revoked", true);
    expect_source(SOURCE_environments, SOURCE_STATE_error, ERR_AUTH);
    expect_source(SOURCE_stats, SOURCE_STATE_error, ERR_AUTH);
    expect_source(SOURCE_sessions, SOURCE_STATE_error, ERR_AUTH);
    expect_source(SOURCE_work, SOURCE_STATE_ok, ERR_NONE); /* other keys still work */
    assert_true(is_quiet_about("GET /v1/environments/{id}/work/stats"));
    watch_fault(&run, "key-revoked", false);
    watch_wish(&run, WISH_refresh, "");
    expect_source(SOURCE_environments, SOURCE_STATE_ok, ERR_NONE);
    expect_source(SOURCE_stats, SOURCE_STATE_ok, ERR_NONE);
}

static bool
all_refused(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        if (pools[i].work_access != WORK_REFUSED)
            return false;
    return n > 0;
}

static void
a_refused_environment_key_hurts_its_pool_alone(void **state)
{
    size_t n;

    (void)state;
    watch_fault(&run, "environment-keys-revoked", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_true(watch_until(&run, all_refused, NULL));
    expect_source(SOURCE_work, SOURCE_STATE_disabled, ERR_FORBIDDEN);
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_ok);
    snapshot_jobs(&run.snapshot, &n);
    assert_true(n > 0); /* from sessions */
}

static void
one_family_that_is_off_leaves_the_others_alone(void **state)
{
    (void)state;
    watch_fault(&run, "beta-off-tunnels", true);
    watch_fault(&run, "forbidden-sessions", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_disabled);
    assert_int_equal(status(SOURCE_tunnels)->code, ERR_BETA);
    assert_int_equal(status(SOURCE_certificates)->state, SOURCE_STATE_disabled);
    assert_int_equal(status(SOURCE_sessions)->state, SOURCE_STATE_error);
    assert_int_equal(status(SOURCE_sessions)->code, ERR_FORBIDDEN);
    assert_int_equal(status(SOURCE_stats)->state, SOURCE_STATE_ok);
    assert_int_equal(status(SOURCE_work)->state, SOURCE_STATE_ok);
}

static void
one_family_that_fails_does_not_close_the_gate_for_the_others(void **state)
{
    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":"
               "\"/v1/environments/{id}/work/stats\",\"status\":500,\"times\":100000}");
    expect_source(SOURCE_stats, SOURCE_STATE_error, ERR_SERVER);
    expect_source(SOURCE_environments, SOURCE_STATE_ok, ERR_NONE);
    expect_source(SOURCE_work, SOURCE_STATE_ok, ERR_NONE);
    watch_post(&run, "/sim/fault", "{\"name\":\"none\"}");
    expect_source(SOURCE_stats, SOURCE_STATE_ok, ERR_NONE);
}

static void
a_short_hiccup_is_retried_and_never_shown(void **state)
{
    (void)state;
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/tunnels\","
               "\"status\":503,\"times\":1}");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_ok);
    assert_int_equal(watch_asked(&run, "GET /v1/tunnels"), 2);
}

static void
a_service_that_forbids_a_retry_is_obeyed(void **state)
{
    (void)state;
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/tunnels\",\"status\":503,"
               "\"headers\":{\"x-should-retry\":\"false\"},\"times\":1}");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_error);
    assert_int_equal(status(SOURCE_tunnels)->code, ERR_SERVER);
}

static void
a_rate_limit_is_told_and_waited_for(void **state)
{
    const struct service *service;
    size_t n;

    (void)state;
    watch_fault(&run, "rate-limited", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->code, ERR_RATE);
    service = snapshot_service(&run.snapshot, &n);
    assert_true(service->rate_limited_count > 0);
    assert_true(service->rate_limited_until_ms > clock_wall_ms() - 1000);
    assert_true(watch_asked(&run, "total") < 20);
}

static void
a_spend_cap_is_told_and_reads_slow_down(void **state)
{
    (void)state;
    watch_fault(&run, "spend-capped", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->code, ERR_SPEND);
    assert_true(watch_asked(&run, "total") < 20);
}

static void
an_organization_on_hold_stops_everything(void **state)
{
    (void)state;
    watch_fault(&run, "on-hold", true);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->code, ERR_AUTH);
    assert_non_null(strstr(status(SOURCE_environments)->error, "on hold"));
}

static void
garbage_is_a_failure_and_keeps_the_last_rows(void **state)
{
    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    watch_fault(&run, "api-garbage", true);
    expect_source(SOURCE_stats, SOURCE_STATE_error, ERR_FORMAT);
    assert_int_equal(count(SLOT_pools), 5);
    watch_fault(&run, "api-garbage", false);
    expect_source(SOURCE_stats, SOURCE_STATE_ok, ERR_NONE);
}

static void
stopping_takes_milliseconds_also_while_requests_hang(void **state)
{
    int64_t before_ms;

    (void)state;
    watch_post(&run, "/sim/switch", "{\"name\":\"api.slow_ms\",\"value\":\"8000\"}");
    watch_fault(&run, "api-slow", true);
    watch_start(&run);
    poll(NULL, 0, 100); /* so that requests are on their way */
    before_ms = clock_mono_ms();
    watch_stop(&run);
    assert_true(clock_mono_ms() - before_ms < 500);
}

static void
the_budget_holds_for_the_whole_room(void **state)
{
    (void)state;
    run.options.requests_per_minute = 12;
    watch_start(&run);
    poll(NULL, 0, 1500);
    assert_true(watch_asked(&run, "total") <= 12);
    assert_true(watch_asked(&run, "total") >= 8);
}

/* Tokens */

static void
a_command_gives_the_key(void **state)
{
    const char *argv[] = {"cat", run.options.credential.api_key_file, NULL};

    (void)state;
    run.options.credential = (struct api_credential_source){.command = argv};
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_ok);
}

static void
a_command_that_fails_is_told_and_the_rest_lives(void **state)
{
    const char *argv[] = {"false", NULL};

    (void)state;
    run.options.credential = (struct api_credential_source){.command = argv};
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_error);
    assert_non_null(strstr(status(SOURCE_environments)->error, "exit status 1"));
    assert_int_equal(status(SOURCE_work)->state, SOURCE_STATE_ok);
}

static void
a_command_that_hangs_does_not_hold_up_the_end(void **state)
{
    const char *argv[] = {"sleep", "60", NULL};
    int64_t before_ms;

    (void)state;
    run.options.credential = (struct api_credential_source){.command = argv};
    watch_start(&run);
    expect_source(SOURCE_work, SOURCE_STATE_ok, ERR_NONE);
    before_ms = clock_mono_ms();
    watch_stop(&run);
    assert_true(clock_mono_ms() - before_ms < 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, healthy, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_pass_learns_everything),
        TEST(nothing_but_lists_and_reads_is_ever_asked),
        TEST(the_first_rows_come_at_once),
        TEST(without_keys_jobs_come_from_sessions),
        TEST(without_any_credential_everything_says_what_it_needs),
        TEST(an_api_key_that_tunnels_refuse_is_not_a_revoked_one),
        TEST(an_api_key_is_good_for_tunnels_where_the_service_says_so),
        TEST(lists_go_on_over_an_empty_page),
        TEST(a_limit_that_is_refused_is_dropped),
        TEST(a_service_that_goes_away_and_comes_back),
        TEST(a_service_that_is_down_settles_promptly),
        TEST(an_outage_is_not_hammered),
        TEST(a_refused_key_is_not_used_again_until_a_refresh),
        TEST(a_refused_environment_key_hurts_its_pool_alone),
        TEST(one_family_that_is_off_leaves_the_others_alone),
        TEST(one_family_that_fails_does_not_close_the_gate_for_the_others),
        TEST(a_short_hiccup_is_retried_and_never_shown),
        TEST(a_service_that_forbids_a_retry_is_obeyed),
        TEST(a_rate_limit_is_told_and_waited_for),
        TEST(a_spend_cap_is_told_and_reads_slow_down),
        TEST(an_organization_on_hold_stops_everything),
        TEST(garbage_is_a_failure_and_keeps_the_last_rows),
        TEST(stopping_takes_milliseconds_also_while_requests_hang),
        TEST(the_budget_holds_for_the_whole_room),
        TEST(a_command_gives_the_key),
        TEST(a_command_that_fails_is_told_and_the_rest_lives),
        TEST(a_command_that_hangs_does_not_hold_up_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
