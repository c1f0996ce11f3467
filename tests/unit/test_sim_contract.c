/* What another client's author would try first: the lesser calls and the lesser rules of the facts,
 * each against a running simulator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/folder.h"
#include "aid/simulator.h"
#include "sim/stream.h"

static struct simulator *sim;

static int
start(void **state)
{
    (void)state;
    sim = simulator_start("healthy");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    simulator_stop(sim);
    return 0;
}

static const char *
key(void)
{
    return json_string(simulator_world(sim), "api_key", NULL);
}

/* The answer to a call with the API key; caller frees. body NULL: a GET, unless "DELETE". */
static struct json *
ask(const char *path, const char *body, int expected)
{
    struct simulator_ask how = {
        .method = body ? "POST" : "GET", .path = path, .credential = key(), .body = body};

    return simulator_json(sim, &how, expected);
}

static void
expect(const char *path, const char *body, int expected)
{
    json_free(ask(path, body, expected));
}

static const char *
error_code(const struct json *answer)
{
    return json_string(json_get(json_get(answer, "error"), "details"), "error_code", "");
}

/* The path of something of the session that follows the script; its id into id, when wanted. */
static const char *
scripted(const char *script, const char *tail, char id[80])
{
    static char path[200];
    char body[800];
    struct json *session;

    snprintf(body, sizeof(body), "{\"environment_id\":\"%s\",\"queue\":false,\"script\":%s}",
             simulator_pool(sim, 0), script);
    session = simulator_control(sim, "/sim/session", body);
    snprintf(path, sizeof(path), "/v1/sessions/%s%s", json_string(session, "id", ""), tail);
    if (id)
        snprintf(id, 80, "%s", json_string(session, "id", ""));
    json_free(session);
    return path;
}

static void
a_stranger_who_asks_for_the_models_meets_the_genuine_service(void **state)
{
    struct simulator_ask stranger = {.path = "/v1/models"};
    struct fetched got = simulator_fetch(sim, &stranger);

    (void)state;
    assert_int_equal(got.status, 401);
    assert_non_null(strstr(got.headers, "request-id: req_"));
    assert_non_null(strstr(got.body, "authentication_error"));
    fetched_free(&got);
    expect("/v1/models", NULL, 200);
}

static void
bodies_that_are_not_plain_utf8_json_have_codes_of_their_own(void **state)
{
    struct simulator_ask zipped = {.method = "POST",
                                   .path = "/v1/environments",
                                   .credential = key(),
                                   .body = "{}",
                                   .header = "content-encoding: br"};
    struct json *answer = simulator_json(sim, &zipped, 400);

    (void)state;
    assert_string_equal(error_code(answer), "request_body_encoding_unsupported");
    json_free(answer);
    expect("/v1/environments", "{\"name\":\"\xff\"}", 400);
    expect("/v1/environments", "{\"name\":\"\xed\xa0\x80\"}", 400);
    expect("/v1/environments", "{\"name\":\"caf\xc3\xa9\"}", 200);
}

static void
limits_are_in_characters(void **state)
{
    char word[2 * 64 + 1] = "", body[400];

    (void)state;
    for (size_t i = 0; i < 64; i++)
        memcpy(word + 2 * i, "\xc3\xa9", 3);
    snprintf(body, sizeof(body), "{\"name\":\"x\",\"metadata\":{\"%s\":\"1\"}}", word);
    expect("/v1/environments", body, 200);
    snprintf(body, sizeof(body), "{\"name\":\"x\",\"metadata\":{\"%sx\":\"1\"}}", word);
    expect("/v1/environments", body, 400);
}

static void
an_environments_config_is_checked_and_what_is_omitted_is_kept(void **state)
{
    struct json *made = ask("/v1/environments",
                            "{\"name\":\"c\",\"config\":{\"type\":\"cloud\",\"packages\":"
                            "{\"pip\":[\"pandas\"]}}}",
                            200);
    const struct json *config = json_get(made, "config");
    char path[200];

    (void)state;
    assert_int_equal(json_count(json_get(json_get(config, "packages"), "pip")), 1);
    assert_true(json_is_array(json_get(json_get(config, "packages"), "apt")));
    snprintf(path, sizeof(path), "/v1/environments/%s", json_string(made, "id", ""));
    json_free(made);
    expect(path, "{\"config\":{\"type\":\"cloud\",\"networking\":{\"type\":\"limited\"}}}", 400);
    made = ask(path,
               "{\"config\":{\"networking\":{\"type\":\"limited\",\"allow_package_managers\":"
               "true}},\"description\":\"\"}",
               200);
    config = json_get(made, "config");
    assert_int_equal(json_count(json_get(json_get(config, "packages"), "pip")), 1);
    assert_string_equal(json_string(made, "description", "null"), "");
    json_free(made);
    expect(path, "{\"config\":\"cloud\"}", 400);
    snprintf(path, sizeof(path), "/v1/environments/%s", simulator_pool(sim, 0));
    expect(path, "{\"config\":{\"type\":\"self_hosted\",\"networking\":{}}}", 400);
}

/* What a client was shown can be handed back as a filter. */
static void
created_at_filters_agree_with_the_times_that_are_shown(void **state)
{
    char id[80], path[300], at[80];
    struct json *page;
    const struct json *last = NULL;

    (void)state;
    scripted("[{\"type\":\"message\",\"text\":\"a\"}]", "", id);
    snprintf(path, sizeof(path), "/v1/sessions?limit=1");
    page = ask(path, NULL, 200);
    snprintf(at, sizeof(at), "%s",
             json_string(json_first(json_get(page, "data")), "created_at", ""));
    json_free(page);
    snprintf(path, sizeof(path), "/v1/sessions?limit=1&created_at%%5Blte%%5D=%s", at);
    page = ask(path, NULL, 200);
    assert_string_equal(json_string(json_first(json_get(page, "data")), "id", ""), id);
    json_free(page);
    snprintf(path, sizeof(path), "/v1/sessions?created_at%%5Bgt%%5D=%s", at);
    page = ask(path, NULL, 200);
    assert_int_equal(json_count(json_get(page, "data")), 0);
    json_free(page);

    page = ask("/v1/sessions?statuses[]=running&limit=1", NULL, 200);
    snprintf(id, sizeof(id), "%s", json_string(json_first(json_get(page, "data")), "id", ""));
    json_free(page);
    snprintf(path, sizeof(path), "/v1/sessions/%s/events?limit=5", id);
    page = ask(path, NULL, 200);
    for (const struct json *m = json_first(json_get(page, "data")); m; m = json_next(m))
        last = m;
    snprintf(path, sizeof(path), "/v1/sessions/%s/events?limit=5&created_at%%5Blte%%5D=%s", id,
             json_string(last, "processed_at", ""));
    json_free(page);
    page = ask(path, NULL, 200);
    assert_int_equal(json_count(json_get(page, "data")), 5);
    json_free(page);
}

static void
a_session_has_its_primary_thread(void **state)
{
    struct json *page = ask("/v1/sessions?statuses[]=running&limit=1", NULL, 200), *threads;
    const struct json *thread;
    char session[80], path[300], id[80];

    (void)state;
    snprintf(session, sizeof(session), "%s",
             json_string(json_first(json_get(page, "data")), "id", ""));
    json_free(page);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads", session);
    threads = ask(path, NULL, 200);
    thread = json_first(json_get(threads, "data"));
    snprintf(id, sizeof(id), "%s", json_string(thread, "id", ""));
    assert_memory_equal(id, "sthr_", 5);
    assert_true(json_is_null(json_get(thread, "parent_thread_id")));
    assert_true(json_is_object(json_get(thread, "stats")));
    json_free(threads);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads?statuses[]=terminated", session);
    threads = ask(path, NULL, 200);
    assert_int_equal(json_count(json_get(threads, "data")), 0);
    json_free(threads);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads/%s", session, id);
    expect(path, NULL, 200);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads/%s/events?limit=3", session, id);
    threads = ask(path, NULL, 200);
    assert_int_equal(json_count(json_get(threads, "data")), 3);
    json_free(threads);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads/sthr_none", session);
    expect(path, NULL, 404);
    snprintf(path, sizeof(path), "/v1/sessions/%s/threads?statuses[]=asleep", session);
    expect(path, NULL, 400);
}

/* The first event of that type; its id into id. */
static void
wait_for_event(const char *session, const char *type, char id[80])
{
    char path[300];

    for (int i = 0; i < 100; i++) {
        struct json *page;

        snprintf(path, sizeof(path), "/v1/sessions/%s/events?types[]=%s", session, type);
        page = ask(path, NULL, 200);
        snprintf(id, 80, "%s", json_string(json_first(json_get(page, "data")), "id", ""));
        json_free(page);
        if (*id)
            return;
        poll(NULL, 0, 50);
    }
    fail_msg("no %s came", type);
}

static void
results_and_confirmations_go_to_the_calls_that_wait_for_them(void **state)
{
    static const char script[] = "[{\"type\":\"tool\",\"name\":\"bash\",\"ask\":true}]";
    char session[80], call[80], path[200], body[600];
    struct json *sent;

    (void)state;
    snprintf(path, sizeof(path), "%s", scripted(script, "/events", session));
    expect(path,
           "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":"
           "\"go\"}]}]}",
           200);
    wait_for_event(session, "agent.tool_use", call);
    snprintf(body, sizeof(body),
             "{\"events\":[{\"type\":\"user.tool_result\",\"tool_use_id\":\"%s\",\"content\":[]}]}",
             call);
    expect(path, body, 400); /* nobody has allowed it */
    snprintf(body, sizeof(body),
             "{\"events\":[{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"%s\",\"result\":"
             "\"allow\"}]}",
             call);
    expect(path, body, 200);
    expect(path, body, 400); /* it waits for no other confirmation */
    snprintf(body, sizeof(body),
             "{\"events\":[{\"type\":\"user.tool_result\",\"tool_use_id\":\"%s\",\"content\":[]},"
             "{\"type\":\"user.tool_result\",\"tool_use_id\":\"%s\",\"content\":[]}]}",
             call, call);
    expect(path, body, 400); /* one call has one result */
    snprintf(body, sizeof(body),
             "{\"events\":[{\"type\":\"user.tool_result\",\"tool_use_id\":\"%s\",\"content\":[]}]}",
             call);
    sent = ask(path, body, 200);
    assert_memory_equal(
        json_string(json_first(json_get(sent, "data")), "session_thread_id", "?????"), "sthr_", 5);
    json_free(sent);
    expect(path, body, 400);
}

static void
events_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"events\":[]}",
        "{\"events\":{}}",
        "{\"events\":[{\"type\":\"agent.message\"}]}",
        "{\"events\":[{\"type\":\"user.message\"}]}",
        "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"text\":\"x\"}]}]}",
        "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\"}]}]}",
        "{\"events\":[{\"type\":\"user.define_outcome\"}]}",
        "{\"events\":[{\"type\":\"user.define_outcome\",\"description\":\"d\",\"max_iterations\":"
        "21}]}",
        "{\"events\":[{\"type\":\"system.message\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]"
        "}]}",
        "{\"events\":[{\"type\":\"user.tool_result\",\"tool_use_id\":\"sevt_none\",\"content\":[]}]"
        "}",
    };
    char path[200];
    struct json *sent;

    (void)state;
    snprintf(path, sizeof(path), "%s", scripted("[]", "/events", NULL));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect(path, bad[i], 400);
    sent =
        ask(path, "{\"events\":[{\"type\":\"user.define_outcome\",\"description\":\"all green\"}]}",
            200);
    assert_memory_equal(json_string(json_first(json_get(sent, "data")), "outcome_id", "?????"),
                        "outc_", 5);
    json_free(sent);
}

static void
a_service_that_fails_ends_streams_with_an_error_event(void **state)
{
    struct streams streams = {0};
    const struct switches switches = {.ping_s = 15};
    struct stream *stream = stream_open(&streams, "sesn_1", &switches);
    char out[600];
    int64_t wait_ms;
    size_t n;

    (void)state;
    streams_fail(&streams, "overloaded_error", "Overloaded");
    n = stream_read(stream, &switches, out, sizeof(out) - 1, &wait_ms);
    out[n] = '\0';
    assert_non_null(strstr(out, "event: error\ndata: {\"type\":\"error\",\"error\":{"));
    assert_true(stream->is_over);
    stream_close(&streams, stream);
}

static void
a_budget_is_given_at_creation_and_then_only_raised_or_removed(void **state)
{
    static const struct {
        const char *budget, *reason;
    } rows[] = {
        {"{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"0\",\"currency\":\"USD\"}}",
         "budget_not_raised"},
        {"{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"1.5\",\"currency\":\"USD\"}}",
         "whole cents"},
        {"null", NULL},
        {"{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"900\",\"currency\":\"USD\"}}",
         "budget_create_only"},
    };
    char body[400], path[200];
    struct json *made;

    (void)state;
    snprintf(body, sizeof(body),
             "{\"agent\":\"agent_x\",\"environment_id\":\"%s\",\"budget\":{\"type\":\"limit\","
             "\"max_list_cost\":{\"amount\":\"500\",\"currency\":\"USD\"}},\"resources\":"
             "[{\"type\":\"memory_store\",\"memory_store_id\":\"memstore_1\"}]}",
             simulator_pool(sim, 0));
    made = ask("/v1/sessions", body, 200);
    assert_memory_equal(json_string(json_first(json_get(made, "resources")), "id", "???????"),
                        "sesrsc_", 7);
    snprintf(path, sizeof(path), "/v1/sessions/%s", json_string(made, "id", ""));
    json_free(made);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(body, sizeof(body), "{\"budget\":%s}", rows[i].budget);
        made = ask(path, body, rows[i].reason ? 400 : 200);
        if (rows[i].reason)
            assert_non_null(
                strstr(json_string(json_get(made, "error"), "message", ""), rows[i].reason));
        json_free(made);
    }
}

static void
a_pool_takes_only_numbers_that_make_sense(void **state)
{
    static const char *const bad[] = {"{\"workers\":-4}",    "{\"workers\":\"x\"}",
                                      "{\"workers\":10001}", "{\"jobs\":-1}",
                                      "{\"arrival\":-1}",    "{\"quirk\":\"odd\"}"};
    char path[200];

    (void)state;
    snprintf(path, sizeof(path), "/sim/pools/%s", simulator_pool(sim, 0));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect(path, bad[i], 400);
    expect(path, "{\"workers\":3}", 200);
    expect("/sim/pools/nowhere", "{\"workers\":3}", 404);
}

static void
skills_are_read_by_clients_of_both_generations(void **state)
{
    struct simulator_ask old = {.path = "/v1/skills/skill_1/versions",
                                .credential = simulator_pool_key(sim, 0),
                                .header = "anthropic-beta: skills-2025-10-02"};
    struct json *list = simulator_json(sim, &old, 200);
    char path[200];

    (void)state;
    snprintf(path, sizeof(path), "/v1/skills/skill_1/versions/%s/content",
             json_string(json_first(json_get(list, "data")), "version", "none"));
    old.path = path;
    assert_int_equal(simulator_status(sim, &old), 200);
    json_free(list);
    list = ask("/v1/skills/skill_1/versions/latest", NULL, 200);
    assert_memory_equal(json_string(list, "id", "??????"), "skver_", 6);
    json_free(list);
}

static void
a_token_is_for_a_workspace_that_the_rule_covers(void **state)
{
    static const struct {
        const char *workspace;
        int status;
    } rows[] = {{"\"default\"", 200}, {"null", 200}, {"\"wrkspc_other\"", 401}, {"\"mine\"", 400}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[500];

        snprintf(body, sizeof(body),
                 "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:jwt-bearer\",\"assertion\":"
                 "\"a.b.c\",\"federation_rule_id\":\"fdrl_x\",\"service_account_id\":null,"
                 "\"organization_id\":\"%s\",\"workspace_id\":%s}",
                 json_string(simulator_world(sim), "organization_id", ""), rows[i].workspace);
        expect("/v1/oauth/token", body, rows[i].status);
    }
}

static void
a_stranger_cannot_change_how_long_a_lease_lasts(void **state)
{
    struct json *list, *item = NULL;
    char path[300];
    struct simulator_ask as = {.path = path, .credential = simulator_pool_key(sim, 0)};
    struct fetched got;

    (void)state;
    snprintf(path, sizeof(path), "/v1/environments/%s/work?limit=100", simulator_pool(sim, 0));
    list = simulator_json(sim, &as, 200);
    for (const struct json *m = json_first(json_get(list, "data")); m && !item; m = json_next(m))
        if (strcmp(json_string(m, "state", ""), "active") == 0)
            item = json_copy(m);
    json_free(list);
    assert_non_null(item);
    snprintf(path, sizeof(path),
             "/v1/environments/%s/work/%s/heartbeat?expected_last_heartbeat=NO_HEARTBEAT&"
             "desired_ttl_seconds=1",
             simulator_pool(sim, 0), json_string(item, "id", ""));
    json_free(item);
    as.method = "POST";
    for (int i = 0; i < 2; i++) {
        got = simulator_fetch(sim, &as);
        assert_int_equal(got.status, 412);
        assert_non_null(
            strstr(got.body, i ? "\"ttl_seconds\":300" : "heartbeat_precondition_failed"));
        fetched_free(&got);
    }
}

static void
a_timeline_names_pools_and_faults_that_exist(void **state)
{
    static const char *const bad[] = {
        "base: healthy\ntimeline: [{at: 1, pool: nowhere, workers: 0}]\n",
        "base: healthy\ntimeline: [{at: 1, fault: nothing, on: true}]\n",
    };
    char *folder = folder_new(), path[300], body[400];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct simulator_ask how = {.method = "POST", .path = "/sim/scenario", .body = body};

        snprintf(path, sizeof(path), "%s/bad.yaml", folder);
        folder_write(folder, "bad.yaml", bad[i]);
        snprintf(body, sizeof(body), "{\"name\":\"%s\"}", path);
        assert_int_equal(simulator_status(sim, &how), 400);
    }
    folder_free(folder);
}

#define WITH_ITS_OWN(test) cmocka_unit_test_setup_teardown(test, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ITS_OWN(a_stranger_who_asks_for_the_models_meets_the_genuine_service),
        WITH_ITS_OWN(bodies_that_are_not_plain_utf8_json_have_codes_of_their_own),
        WITH_ITS_OWN(limits_are_in_characters),
        WITH_ITS_OWN(an_environments_config_is_checked_and_what_is_omitted_is_kept),
        WITH_ITS_OWN(created_at_filters_agree_with_the_times_that_are_shown),
        WITH_ITS_OWN(a_session_has_its_primary_thread),
        WITH_ITS_OWN(results_and_confirmations_go_to_the_calls_that_wait_for_them),
        WITH_ITS_OWN(events_that_make_no_sense_are_refused),
        WITH_ITS_OWN(a_budget_is_given_at_creation_and_then_only_raised_or_removed),
        WITH_ITS_OWN(a_pool_takes_only_numbers_that_make_sense),
        WITH_ITS_OWN(skills_are_read_by_clients_of_both_generations),
        WITH_ITS_OWN(a_token_is_for_a_workspace_that_the_rule_covers),
        WITH_ITS_OWN(a_stranger_cannot_change_how_long_a_lease_lasts),
        WITH_ITS_OWN(a_timeline_names_pools_and_faults_that_exist),
        cmocka_unit_test(a_service_that_fails_ends_streams_with_an_error_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
