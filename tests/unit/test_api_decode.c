/* What answers mean: pages taken apart item by item, and what is told of them as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/http.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/rows.h"
#include "core/clock.h"

#define POOL "env_011CZmPoolEuWest00000001"
#define SESSION "sesn_011CZmSession000000000003"
#define TUNNEL "tnl_011CZmTunnel00000000000001"
#define NOW_MS INT64_C(1795425000000) /* 2026-11-23T09:10:00Z */

struct given {
    struct api_options options;
    struct fleet fleet;
    struct store *store;
    struct snapshot snapshot;
    char cursor[PAGE_CURSOR_BYTES];
    struct err err;
};

static const char *
pretend_getenv(const char *name)
{
    if (strcmp(name, "ANTHROPIC_ENVIRONMENT_ID") == 0)
        return POOL;
    return strcmp(name, "ANTHROPIC_ENVIRONMENT_KEY") == 0 ? "sk-ant-oat01-made-up" : NULL;
}

static int
begin(void **state)
{
    static struct given given;

    given = (struct given){.options = {.getenv = pretend_getenv}, .store = store_new()};
    fleet_init(&given.fleet, &given.options);
    *state = &given;
    return 0;
}

static int
end(void **state)
{
    struct given *given = *state;

    store_release(given->store, &given->snapshot);
    store_free(given->store);
    fleet_clear(&given->fleet);
    return 0;
}

/* Read one whole answer, as a fetch would. */
static bool
read_at(struct given *given, const struct resource *resource, const char *subject, const char *body,
        int64_t now_ms)
{
    struct reading reading = {
        .fleet = &given->fleet, .subject = subject, .now_ms = now_ms, .pages = 1};

    given->cursor[0] = '\0';
    given->err = (struct err){0};
    if (resource->begin)
        resource->begin(&reading);
    if (!page_read(resource, &reading, body, strlen(body), given->cursor, &given->err))
        return false;
    reading.is_whole = !*given->cursor;
    if (resource->complete)
        resource->complete(&reading);
    return true;
}

static bool
read_one(struct given *given, const struct resource *resource, const char *subject,
         const char *body)
{
    return read_at(given, resource, subject, body, NOW_MS);
}

static void
publish(struct given *given)
{
    store_release(given->store, &given->snapshot);
    rows_publish_pools(given->store, &given->fleet, 0);
    rows_publish_jobs(given->store, &given->fleet, 0, NOW_MS);
    rows_publish_tunnels(given->store, &given->fleet, 0);
    store_snapshot(given->store, &given->snapshot);
}

static const struct pool *
only_pool(struct given *given)
{
    size_t n;
    const struct pool *rows;

    publish(given);
    rows = snapshot_pools(&given->snapshot, &n);
    assert_int_equal(n, 1);
    return rows;
}

static const struct job *
jobs(struct given *given, size_t expected)
{
    size_t n;
    const struct job *rows;

    publish(given);
    rows = snapshot_jobs(&given->snapshot, &n);
    assert_int_equal(n, expected);
    return rows;
}

#define ENVIRONMENT(id, type, archived)                                                            \
    "{\"id\":\"" id "\",\"type\":\"environment\",\"name\":\"eu-west-build\",\"description\":null," \
    "\"config\":{\"type\":\"" type "\"},\"metadata\":{},\"archived_at\":" archived "}"
#define LIST(items) "{\"data\":[" items "],\"next_page\":null}"
#define WORK(id, state, more)                                                                      \
    "{\"id\":\"" id "\",\"type\":\"work\",\"data\":{\"type\":\"session\",\"id\":\"" SESSION        \
    "\"},\"state\":\"" state "\",\"created_at\":\"2026-11-23T09:00:00Z\"" more                     \
    ",\"secret\":\"never-read\"}"
#define SESSION_ITEM(status)                                                                       \
    "{\"id\":\"" SESSION "\",\"title\":\"Nightly dependency bump\",\"status\":\"" status "\","     \
    "\"environment_id\":\"" POOL "\",\"agent\":{\"id\":\"agent_1\",\"name\":\"bumper\"},"          \
    "\"budget\":{\"max_list_cost\":{\"amount\":\"2500\"}},\"usage\":{\"list_cost\":{\"amount\":"   \
    "\"187\"}},\"created_at\":\"2026-11-23T09:00:00Z\",\"updated_at\":\"2026-11-23T09:07:00Z\"}"

static void
have_pool(struct given *given)
{
    assert_true(read_one(given, &resource_environments, "",
                         LIST(ENVIRONMENT(POOL, "self_hosted", "null"))));
}

static void
only_self_hosted_environments_are_pools(void **state)
{
    struct given *given = *state;

    assert_true(read_one(given, &resource_environments, "",
                         LIST(ENVIRONMENT("env_cloud", "cloud", "null") "," ENVIRONMENT(
                             POOL, "self_hosted", "null") "," ENVIRONMENT("env_old", "self_hosted",
                                                                          "\"2026-01-01T00:00:00Z"
                                                                          "\""))));
    assert_string_equal(only_pool(given)->id, POOL);
    assert_string_equal(only_pool(given)->name, "eu-west-build");
    assert_int_equal(only_pool(given)->workers_polling, -1);
    assert_int_equal(only_pool(given)->work_access, WORK_PENDING);
}

static void
a_pool_that_is_archived_while_we_watch_stays(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(given, &resource_environments, "",
                         LIST(ENVIRONMENT(POOL, "self_hosted", "\"2026-11-23T09:09:00Z\""))));
    assert_true(only_pool(given)->is_archived);
}

static void
a_pool_that_vanishes_goes(void **state)
{
    struct given *given = *state;
    size_t n;

    have_pool(given);
    assert_true(read_one(given, &resource_environments, "", LIST("")));
    publish(given);
    snapshot_pools(&given->snapshot, &n);
    assert_int_equal(n, 0);
}

static void
a_page_that_is_not_the_last_removes_nothing(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(
        read_one(given, &resource_environments, "", "{\"data\":[],\"next_page\":\"page_2\"}"));
    assert_string_equal(given->cursor, "page_2");
    assert_string_equal(only_pool(given)->id, POOL);
}

static void
statistics_keep_since_when_a_condition_holds(void **state)
{
    struct given *given = *state;
    static const char waiting[] = "{\"type\":\"work_queue_stats\",\"depth\":4,\"pending\":1,"
                                  "\"oldest_queued_at\":\"2026-11-23T09:05:12Z\","
                                  "\"workers_polling\":0}";
    static const char fine[] = "{\"depth\":0,\"pending\":0,\"oldest_queued_at\":null,"
                               "\"workers_polling\":2}";
    const struct pool *pool;

    have_pool(given);
    assert_true(read_at(given, &resource_stats, POOL, waiting, NOW_MS));
    assert_true(read_at(given, &resource_stats, POOL, waiting, NOW_MS + 10000));
    pool = only_pool(given);
    assert_int_equal(pool->depth, 4);
    assert_int_equal(pool->pending_since_ms, NOW_MS);
    assert_int_equal(pool->pending_samples, 2);
    assert_int_equal(pool->idle_since_ms, NOW_MS);
    assert_true(pool->has_oldest);
    assert_int_equal(series_at(&pool->depth_trend, 0), 4);
    assert_true(read_at(given, &resource_stats, POOL, fine, NOW_MS + 20000));
    pool = only_pool(given);
    assert_int_equal(pool->pending_since_ms, 0);
    assert_int_equal(pool->idle_since_ms, 0);
    assert_false(pool->has_oldest);
}

static void
null_workers_are_unknown_and_not_zero(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(given, &resource_stats, POOL,
                         "{\"depth\":1,\"pending\":0,\"workers_polling\":null}"));
    assert_int_equal(only_pool(given)->workers_polling, -1);
    assert_int_equal(only_pool(given)->idle_since_ms, 0);
}

static void
a_failed_sample_leaves_a_gap_and_the_last_numbers(void **state)
{
    struct given *given = *state;
    struct reading reading = {.fleet = &given->fleet, .subject = POOL};
    struct err err = {.code = ERR_SERVER, .message = "the service failed"};

    have_pool(given);
    assert_true(read_one(given, &resource_stats, POOL, "{\"depth\":3,\"pending\":0}"));
    resource_stats.failed(&reading, &err);
    assert_int_equal(only_pool(given)->depth, 3);
    assert_string_equal(only_pool(given)->stats_error, "the service failed");
    assert_int_equal(series_at(&only_pool(given)->depth_trend, 0), SERIES_UNKNOWN);
}

static void
a_job_joins_its_work_item_with_its_session(void **state)
{
    struct given *given = *state;
    const struct job *job;

    have_pool(given);
    assert_true(read_one(given, &resource_sessions, "", LIST(SESSION_ITEM("running"))));
    assert_true(read_one(
        given, &resource_work, POOL,
        LIST(WORK("work_1", "active", ",\"latest_heartbeat_at\":\"2026-11-23T09:09:33Z\""))));
    job = jobs(given, 1);
    assert_string_equal(job->id, "work_1");
    assert_int_equal(job->from, JOB_FROM_WORK);
    assert_int_equal(job->state_kind, JOB_STATE_active);
    assert_string_equal(job->title, "Nightly dependency bump");
    assert_string_equal(job->agent, "bumper");
    assert_string_equal(job->session_status, "running");
    assert_int_equal(job->cost_cents, 187);
    assert_int_equal(job->budget_cents, 2500);
    assert_int_equal(job->heartbeat_ms, NOW_MS - 27000);
    assert_int_equal(only_pool(given)->active, 1);
}

static void
without_a_list_of_work_jobs_come_from_sessions(void **state)
{
    struct given *given = *state;
    const struct job *job;

    given->options.getenv = NULL; /* no environment key */
    have_pool(given);
    assert_true(read_one(given, &resource_sessions, "", LIST(SESSION_ITEM("running"))));
    job = jobs(given, 1);
    assert_string_equal(job->id, SESSION);
    assert_int_equal(job->from, JOB_FROM_SESSION);
    assert_int_equal(job->state_kind, JOB_STATE_unknown);
    assert_int_equal(only_pool(given)->work_access, WORK_NO_KEY);
    assert_int_equal(only_pool(given)->active, -1);
}

static void
a_running_session_without_an_item_appears_beside_a_listed_queue(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(given, &resource_sessions, "", LIST(SESSION_ITEM("running"))));
    jobs(given, 0); /* the queue was not listed yet */
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_0", "stopped", ""))));
    assert_int_equal(jobs(given, 1)->from, JOB_FROM_SESSION);
}

static void
a_finished_item_goes_when_it_stops_and_when_it_vanishes(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_1", "active", ""))));
    jobs(given, 1);
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_1", "stopped", ""))));
    jobs(given, 0);
    assert_true(read_one(given, &resource_work, POOL, LIST("")));
    jobs(given, 0);
}

static void
an_item_that_went_back_to_the_queue_has_bounced(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_1", "active", ""))));
    assert_int_equal(jobs(given, 1)->bounces, 0);
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_1", "queued", ""))));
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_1", "queued", ""))));
    assert_int_equal(jobs(given, 1)->bounces, 1);
    assert_int_equal(jobs(given, 1)->bounced_ms, NOW_MS);
}

static void
one_list_is_enough_when_a_queued_item_was_acknowledged(void **state)
{
    struct given *given = *state;
    static const char item[] =
        LIST(WORK("work_1", "queued", ",\"acknowledged_at\":\"2026-11-23T09:00:03Z\""));

    have_pool(given);
    assert_true(read_one(given, &resource_work, POOL, item));
    assert_true(read_one(given, &resource_work, POOL, item));
    assert_int_equal(jobs(given, 1)->bounces, 1);
}

static void
a_new_item_for_a_session_whose_old_one_was_silent_is_a_bounce(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(
        given, &resource_work, POOL,
        LIST(WORK("work_1", "active", ",\"latest_heartbeat_at\":\"2026-11-23T09:05:00Z\""))));
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_2", "queued", ""))));
    assert_int_equal(jobs(given, 1)->bounces, 1);
}

static void
a_new_item_after_one_that_ended_well_is_no_bounce(void **state)
{
    struct given *given = *state;

    have_pool(given);
    assert_true(read_one(
        given, &resource_work, POOL,
        LIST(WORK("work_1", "active", ",\"latest_heartbeat_at\":\"2026-11-23T09:09:50Z\""))));
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_2", "queued", ""))));
    assert_int_equal(jobs(given, 1)->bounces, 0);
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_2", "stopped", ""))));
    assert_true(read_one(given, &resource_work, POOL, LIST(WORK("work_3", "queued", ""))));
    assert_int_equal(jobs(given, 1)->bounces, 0);
}

#define IDLE(ids)                                                                                  \
    "{\"id\":\"sevt_9\",\"type\":\"session.status_idle\",\"processed_at\":"                        \
    "\"2026-11-23T09:06:00Z\",\"stop_reason\":{\"type\":\"requires_action\",\"event_ids\":[" ids   \
    "]}}"
#define TOOL(id, type, permission)                                                                 \
    ",{\"id\":\"" id "\",\"type\":\"" type "\",\"name\":\"bash\",\"input\":{}" permission "}"
#define ASK ",\"evaluated_permission\":\"ask\""
#define ALLOW ",\"evaluated_permission\":\"allow\""

static void
expect_wait(struct given *given, const char *events, enum job_wait wait)
{
    have_pool(given);
    assert_true(read_one(given, &resource_sessions, "", LIST(SESSION_ITEM("idle"))));
    assert_true(fleet_session(&given->fleet, SESSION)->is_events_wanted);
    assert_true(read_one(given, &resource_events, SESSION, events));
    assert_false(fleet_session(&given->fleet, SESSION)->is_events_wanted);
    assert_int_equal(fleet_session(&given->fleet, SESSION)->wait, wait);
}

static void
a_tool_that_a_worker_runs_waits_for_a_worker(void **state)
{
    expect_wait(*state, LIST(IDLE("\"sevt_8\"") TOOL("sevt_8", "agent.tool_use", ALLOW)),
                JOB_WAIT_worker);
}

static void
a_tool_that_must_be_asked_for_waits_for_a_human(void **state)
{
    expect_wait(*state,
                LIST(IDLE("\"sevt_7\",\"sevt_8\"") TOOL("sevt_8", "agent.tool_use", ALLOW)
                         TOOL("sevt_7", "agent.mcp_tool_use", ASK)),
                JOB_WAIT_human);
}

static void
a_custom_tool_waits_for_a_human(void **state)
{
    expect_wait(*state, LIST(IDLE("\"sevt_8\"") TOOL("sevt_8", "agent.custom_tool_use", "")),
                JOB_WAIT_human);
}

static void
an_event_that_nobody_waits_for_decides_nothing(void **state)
{
    expect_wait(*state, LIST(IDLE("\"sevt_1\"") TOOL("sevt_8", "agent.tool_use", ASK)),
                JOB_WAIT_unknown);
}

static void
a_finished_turn_waits_for_nothing_and_is_no_job(void **state)
{
    struct given *given = *state;

    expect_wait(given,
                LIST("{\"id\":\"e\",\"type\":\"session.status_idle\",\"stop_reason\":{\"type\":"
                     "\"end_turn\"}}"),
                JOB_WAIT_nothing);
    jobs(given, 0);
}

static void
only_errors_of_the_last_turn_are_told(void **state)
{
    struct given *given = *state;

    expect_wait(given,
                LIST("{\"id\":\"a\",\"type\":\"session.status_idle\",\"stop_reason\":{\"type\":"
                     "\"retries_exhausted\"}},{\"id\":\"b\",\"type\":\"session.error\",\"error\":{"
                     "\"type\":\"billing_error\",\"message\":\"no\\u001b[31m money\"}},"
                     "{\"id\":\"c\",\"type\":\"session.status_idle\",\"stop_reason\":{\"type\":"
                     "\"end_turn\"}},{\"id\":\"d\",\"type\":\"session.error\",\"error\":{\"type\":"
                     "\"old\"}}"),
                JOB_WAIT_nothing);
    assert_string_equal(fleet_session(&given->fleet, SESSION)->last_error,
                        "billing_error: no\xEF\xBF\xBD[31m money");
    assert_string_equal(fleet_session(&given->fleet, SESSION)->stop_reason, "retries_exhausted");
}

static void
a_session_that_runs_again_forgets_why_it_stood(void **state)
{
    struct given *given = *state;

    expect_wait(given, LIST(IDLE("\"sevt_8\"") TOOL("sevt_8", "agent.tool_use", ALLOW)),
                JOB_WAIT_worker);
    assert_true(read_one(given, &resource_sessions, "", LIST(SESSION_ITEM("running"))));
    assert_string_equal(fleet_session(&given->fleet, SESSION)->stop_reason, "");
    assert_int_equal(fleet_session(&given->fleet, SESSION)->idle_since_service_ms, 0);
}

static void
sessions_of_other_environments_are_not_kept(void **state)
{
    struct given *given = *state;

    have_pool(given);
    given->fleet.environments.ok_at_ms = NOW_MS;
    assert_true(read_one(given, &resource_sessions, "",
                         LIST("{\"id\":\"sesn_x\",\"environment_id\":\"env_cloud\"}")));
    assert_null(fleet_session(&given->fleet, "sesn_x"));
}

static void
a_tunnel_carries_its_certificates(void **state)
{
    struct given *given = *state;
    const struct tunnel *rows;
    size_t n;

    assert_true(read_one(given, &resource_tunnels, "",
                         LIST("{\"id\":\"" TUNNEL "\",\"display_name\":null,\"domain\":"
                              "\"ab12.tunnel.anthropic.com\",\"archived_at\":null,"
                              "\"transport\":{\"new\":1}}")));
    assert_true(read_one(given, &resource_certificates, TUNNEL,
                         LIST("{\"id\":\"tcrt_1\",\"fingerprint\":\"9f2c\",\"expires_at\":"
                              "\"2031-06-30T10:03:00Z\"},{\"id\":\"tcrt_2\",\"fingerprint\":"
                              "\"aa\",\"expires_at\":null}")));
    publish(given);
    rows = snapshot_tunnels(&given->snapshot, &n);
    assert_int_equal(n, 1);
    assert_string_equal(rows->name, TUNNEL);
    assert_int_equal(rows->n_certificates, 2);
    assert_true(rows->certificates[0].expires_ms > NOW_MS);
    assert_int_equal(rows->certificates[1].expires_ms, 0);
}

static void
garbage_is_an_error_of_format_and_never_quoted(void **state)
{
    static const char *const bad[] = {
        "",
        "<html>sk-ant-api03-leak</html>",
        "[]",
        "null",
        "{\"data\":{}}",
        "{\"data\":[{\"id\":\"bad id\"}]}",
        "{\"data\":[1,2,3]}",
        "{\"data\":[],\"next_page\":null",
    };
    struct given *given = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(read_one(given, &resource_environments, "", bad[i]));
        assert_int_equal(given->err.code, ERR_FORMAT);
        assert_null(strstr(given->err.message, "leak"));
    }
    have_pool(given);
    assert_false(read_one(given, &resource_stats, POOL, "{\"depth\":\"many\"}"));
}

static void
a_cursor_that_does_not_move_ends_the_list(void **state)
{
    struct given *given = *state;
    struct reading reading = {.fleet = &given->fleet, .subject = ""};
    static const char body[] = "{\"data\":[],\"next_page\":\"page_2\"}";

    assert_true(
        page_read(&resource_tunnels, &reading, body, strlen(body), given->cursor, &given->err));
    assert_false(
        page_read(&resource_tunnels, &reading, body, strlen(body), given->cursor, &given->err));
}

static void
paths_carry_ids_and_cursors_escaped(void **state)
{
    char path[PAGE_PATH_BYTES];
    struct err err;

    (void)state;
    assert_true(page_path(&resource_work, "env/../x", "a=b&c", true, path, &err));
    assert_string_equal(path, "/v1/environments/env%2F..%2Fx/work?limit=100&page=a%3Db%26c");
    assert_true(page_path(&resource_stats, POOL, "", true, path, &err));
    assert_string_equal(path, "/v1/environments/" POOL "/work/stats");
    assert_true(page_path(&resource_tunnels, "", "", false, path, &err));
    assert_string_equal(path, "/v1/tunnels?include_archived=true");
}

/* Problems */

static struct problem
judge(long status, const char *body, bool is_list)
{
    struct http_answer answer = {
        .status = status, .body = body, .body_bytes = strlen(body), .retry_after_ms = -1};
    struct problem_context context = {.what = "the list of tunnels",
                                      .credential = "API key from ANTHROPIC_API_KEY",
                                      .scope = "the scope workspace:manage_tunnels",
                                      .is_list = is_list};
    struct problem problem;

    assert_false(problem_judge(&answer, &context, &problem));
    assert_null(strchr(problem.err.message, '\n'));
    return problem;
}

#define ERROR(code, message)                                                                       \
    "{\"type\":\"error\",\"error\":{\"type\":\"t\",\"message\":\"" message                         \
    "\",\"details\":{\"error_code\":\"" code "\"}},\"request_id\":null}"

static void
problems_are_judged_by_status_and_code(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum err_code code;
        enum problem_reach reach;
        bool may_retry;
        const char *says;
    } rows[] = {
        {401, ERROR("", "no"), ERR_AUTH, PROBLEM_CREDENTIAL, false, "ANTHROPIC_API_KEY"},
        {403, ERROR("", "no"), ERR_FORBIDDEN, PROBLEM_FAMILY, false, "workspace:manage_tunnels"},
        {404, ERROR("", "no"), ERR_BETA, PROBLEM_FAMILY, false, "beta"},
        {400, ERROR("", "Unexpected value(s) `x` for the header"), ERR_BETA, PROBLEM_FAMILY, false,
         "beta"},
        {400, ERROR("organization_not_enrolled_in_beta", "x"), ERR_BETA, PROBLEM_FAMILY, false,
         "beta"},
        {400, ERROR("organization_on_hold", "x"), ERR_AUTH, PROBLEM_CREDENTIAL, false, "on hold"},
        {400, ERROR("claude_code_key_creator_not_member", "x"), ERR_AUTH, PROBLEM_CREDENTIAL, false,
         "creator"},
        {400, ERROR("cmek_key_disabled", "x"), ERR_REFUSED, PROBLEM_ONE_REQUEST, false, "disabled"},
        {402, ERROR("", "x"), ERR_SPEND, PROBLEM_ALL, false, "billing"},
        {429, ERROR("", "x"), ERR_RATE, PROBLEM_ALL, true, "rate limited"},
        {429, ERROR("ramp_limit_exceeded", "x"), ERR_RATE, PROBLEM_ALL, true, "too fast"},
        {429, ERROR("enforced_spend_limit_reached", "x"), ERR_SPEND, PROBLEM_ALL, false, "monthly"},
        {429, ERROR("contract_spend_limit_reached", "x"), ERR_SPEND, PROBLEM_ALL, false,
         "contract"},
        {500, "<html>", ERR_SERVER, PROBLEM_ONE_REQUEST, true, "500"},
        {529, "", ERR_SERVER, PROBLEM_ONE_REQUEST, true, "overloaded"},
        {503, ERROR("cmek_key_unreachable", "x"), ERR_SERVER, PROBLEM_ONE_REQUEST, true, "key"},
        {302, "", ERR_FORMAT, PROBLEM_ONE_REQUEST, false, "redirect"},
        {418, "", ERR_REFUSED, PROBLEM_ONE_REQUEST, false, "418"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct problem problem = judge(rows[i].status, rows[i].body, true);

        assert_int_equal(problem.err.code, rows[i].code);
        assert_int_equal(problem.reach, rows[i].reach);
        assert_int_equal(problem.may_retry, rows[i].may_retry);
        if (!strstr(problem.err.message, rows[i].says))
            fail_msg("expected \"%s\" in \"%s\"", rows[i].says, problem.err.message);
    }
}

static void
a_missing_row_is_gone_and_not_a_missing_beta(void **state)
{
    (void)state;
    assert_int_equal(judge(404, "", false).err.code, ERR_GONE);
}

static void
a_complaint_about_the_limit_is_noticed(void **state)
{
    (void)state;
    assert_true(judge(400, ERROR("", "limit: must be at most 20"), true).names_limit);
    assert_false(judge(400, ERROR("", "page: unknown"), true).names_limit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_self_hosted_environments_are_pools),
        TEST(a_pool_that_is_archived_while_we_watch_stays),
        TEST(a_pool_that_vanishes_goes),
        TEST(a_page_that_is_not_the_last_removes_nothing),
        TEST(statistics_keep_since_when_a_condition_holds),
        TEST(null_workers_are_unknown_and_not_zero),
        TEST(a_failed_sample_leaves_a_gap_and_the_last_numbers),
        TEST(a_job_joins_its_work_item_with_its_session),
        TEST(without_a_list_of_work_jobs_come_from_sessions),
        TEST(a_running_session_without_an_item_appears_beside_a_listed_queue),
        TEST(a_finished_item_goes_when_it_stops_and_when_it_vanishes),
        TEST(an_item_that_went_back_to_the_queue_has_bounced),
        TEST(one_list_is_enough_when_a_queued_item_was_acknowledged),
        TEST(a_new_item_for_a_session_whose_old_one_was_silent_is_a_bounce),
        TEST(a_new_item_after_one_that_ended_well_is_no_bounce),
        TEST(a_tool_that_a_worker_runs_waits_for_a_worker),
        TEST(a_tool_that_must_be_asked_for_waits_for_a_human),
        TEST(a_custom_tool_waits_for_a_human),
        TEST(an_event_that_nobody_waits_for_decides_nothing),
        TEST(a_finished_turn_waits_for_nothing_and_is_no_job),
        TEST(only_errors_of_the_last_turn_are_told),
        TEST(a_session_that_runs_again_forgets_why_it_stood),
        TEST(sessions_of_other_environments_are_not_kept),
        TEST(a_tunnel_carries_its_certificates),
        TEST(garbage_is_an_error_of_format_and_never_quoted),
        TEST(a_cursor_that_does_not_move_ends_the_list),
        TEST(paths_carry_ids_and_cursors_escaped),
        TEST(problems_are_judged_by_status_and_code),
        TEST(a_missing_row_is_gone_and_not_a_missing_beta),
        TEST(a_complaint_about_the_limit_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
