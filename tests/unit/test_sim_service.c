/* The pretend service over HTTP: who may call what, in which form, in pages, under which limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/simulator.h"
#include "core/clock.h"

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
credential(const char *name)
{
    if (strcmp(name, "environment_key") == 0)
        return simulator_pool_key(sim, 0);
    if (strcmp(name, "other_environment_key") == 0)
        return simulator_pool_key(sim, 1);
    if (strcmp(name, "nobody") == 0)
        return "sk-ant-oat01-nobody";
    return json_string(simulator_world(sim), name, NULL);
}

/* "/work" becomes the first pool's. */
static const char *
path_of(const char *pattern)
{
    static char path[300];

    if (strncmp(pattern, "/work", 5) == 0)
        snprintf(path, sizeof(path), "/v1/environments/%s%s", simulator_pool(sim, 0), pattern);
    else
        snprintf(path, sizeof(path), "%s", pattern);
    return path;
}

static void
every_credential_opens_what_it_was_issued_for_and_nothing_else(void **state)
{
    static const struct {
        const char *credential, *method, *path;
        int status;
    } rows[] = {
        {"api_key", "GET", "/v1/environments", 200},
        {"developer_token", "GET", "/v1/environments", 200},
        {"environment_key", "GET", "/v1/environments", 401},
        {"tunnels_token", "GET", "/v1/environments", 403},
        {"admin_key", "GET", "/v1/environments", 401},
        {"nobody", "GET", "/v1/environments", 401},
        {"api_key", "GET", "/work/stats", 200},
        {"environment_key", "GET", "/work/stats", 200},
        {"other_environment_key", "GET", "/work/stats", 401},
        {"api_key", "GET", "/work", 401},
        {"environment_key", "GET", "/work", 200},
        {"other_environment_key", "GET", "/work", 401},
        {"environment_key", "GET", "/work/work_none", 401},
        {"api_key", "GET", "/work/work_none", 404},
        {"api_key", "POST", "/work/work_none/stop", 404},
        {"environment_key", "POST", "/work/work_none/stop", 404},
        {"api_key", "GET", "/work/poll", 401},
        {"api_key", "POST", "/work/work_none/ack", 401},
        {"api_key", "GET", "/v1/sessions", 200},
        {"environment_key", "GET", "/v1/sessions", 401},
        {"tunnels_token", "GET", "/v1/tunnels", 200},
        {"api_key", "GET", "/v1/tunnels", 403},
        {"environment_key", "GET", "/v1/tunnels", 401},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct simulator_ask ask = {.method = rows[i].method,
                                    .path = path_of(rows[i].path),
                                    .credential = credential(rows[i].credential)};
        int status = simulator_status(sim, &ask);

        if (status != rows[i].status)
            fail_msg("%s %s with %s: %d, expected %d", rows[i].method, rows[i].path,
                     rows[i].credential, status, rows[i].status);
    }
}

static int
raw_status(const char *path, const char *const *headers)
{
    char url[300];
    struct fetch how = {.headers = headers};
    struct fetched got;
    int status;

    snprintf(url, sizeof(url), "%s%s", simulator_url(sim), path);
    got = fetch(url, &how);
    status = got.status;
    fetched_free(&got);
    return status;
}

static void
versions_betas_and_the_two_key_headers_are_checked(void **state)
{
    char key[200], bearer[200];
    const char *const version = "anthropic-version: 2023-06-01";
    const char *const beta = "anthropic-beta: oauth-2025-04-20,managed-agents-2026-04-01";
    const struct {
        const char *headers[5];
        int status;
    } rows[] = {
        {{version, beta, key}, 200},
        {{version, beta, bearer}, 200},
        {{version, "anthropic-beta: oauth-2025-04-20, managed-agents-2026-04-01", key}, 200},
        {{version, "anthropic-beta: oauth-2025-04-20", "anthropic-beta: managed-agents-2026-04-01",
          key},
         200}, /* one list in two headers */
        {{version, beta, key, bearer}, 401},
        {{version, beta}, 401},
        {{version, key}, 404},
        {{version, "anthropic-beta: no-such-thing-2026-01-01", key}, 400},
        {{beta, key}, 400},
        {{"anthropic-version: 2020-01-01", beta, key}, 400},
        {{version, beta, key, "anthropic-workspace-id: wrkspc_other"}, 403},
    };

    (void)state;
    snprintf(key, sizeof(key), "x-api-key: %s", credential("api_key"));
    snprintf(bearer, sizeof(bearer), "authorization: Bearer %s", credential("api_key"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(raw_status("/v1/environments?beta=true", rows[i].headers), rows[i].status);
}

static void
an_error_has_the_envelope_and_the_id_of_its_request(void **state)
{
    struct simulator_ask ask = {.path = "/v1/sessions/sesn_none",
                                .credential = credential("api_key")};
    struct fetched got = simulator_fetch(sim, &ask);
    struct json *json = json_parse(got.body, strlen(got.body), NULL);
    const char *id = json_string(json, "request_id", "");

    (void)state;
    assert_int_equal(got.status, 404);
    assert_string_equal(json_string(json, "type", ""), "error");
    assert_string_equal(json_string(json_get(json, "error"), "type", ""), "not_found_error");
    assert_true(strncmp(id, "req_", 4) == 0);
    assert_non_null(strstr(got.headers, id));
    assert_non_null(strstr(got.headers, "anthropic-organization-id: "));
    json_free(json);
    fetched_free(&got);
}

static void
unknown_paths_and_methods_are_told_apart(void **state)
{
    struct simulator_ask nowhere = {.path = "/v1/nowhere", .credential = credential("api_key")};
    struct simulator_ask put = {
        .method = "PUT", .path = "/v1/environments", .credential = credential("api_key")};

    (void)state;
    assert_int_equal(simulator_status(sim, &nowhere), 404);
    assert_int_equal(simulator_status(sim, &put), 405);
}

/* Follow a cursor from page to page; counts what comes and how often an id comes again. */
static size_t
walk(const char *path, const char *key, const char *cursor_name, const char *from)
{
    char cursor[80] = "", seen[20000] = "", url[400];
    size_t n = 0;

    if (from)
        snprintf(cursor, sizeof(cursor), "%s", from);
    do {
        struct simulator_ask ask = {.path = url, .credential = key};
        struct json *page;

        snprintf(url, sizeof(url), "%s%s%s", path, *cursor ? "&page=" : "", cursor);
        page = simulator_json(sim, &ask, 200);
        for (const struct json *m = json_first(json_get(page, "data")); m; m = json_next(m), n++) {
            const char *id = json_string(m, "id", "?");

            assert_null(strstr(seen, id));
            snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", id);
        }
        snprintf(cursor, sizeof(cursor), "%s", json_string(page, cursor_name, ""));
        json_free(page);
    } while (*cursor);
    return n;
}

static void
pages_together_hold_every_session_once_in_either_order(void **state)
{
    const char *key = credential("api_key");

    (void)state;
    assert_true(walk("/v1/sessions?limit=7&include_archived=true", key, "next_page", NULL) > 20);
    assert_true(walk("/v1/sessions?limit=100&order=asc", key, "next_page", NULL) > 20);
}

static void
prev_page_leads_back_to_the_beginning(void **state)
{
    struct simulator_ask ask = {.path = "/v1/sessions?limit=5",
                                .credential = credential("api_key")};
    struct json *first = simulator_json(sim, &ask, 200), *second;
    char next[400], second_path[500];

    (void)state;
    assert_true(json_is_null(json_get(first, "prev_page")));
    snprintf(next, sizeof(next), "%s", json_string(first, "next_page", ""));
    snprintf(second_path, sizeof(second_path), "/v1/sessions?limit=5&page=%s", next);
    ask.path = second_path;
    second = simulator_json(sim, &ask, 200);
    assert_int_equal(walk("/v1/sessions?limit=5", credential("api_key"), "prev_page",
                          json_string(second, "prev_page", "")),
                     5);
    json_free(first);
    json_free(second);
}

static void
a_cursor_belongs_to_its_order_and_a_limit_has_its_range(void **state)
{
    struct simulator_ask ask = {.path = "/v1/sessions?limit=2",
                                .credential = credential("api_key")};
    struct json *page = simulator_json(sim, &ask, 200);
    char path[300];
    static const char *const bad[] = {
        "limit=0",  "limit=x",           "limit=101",       "page=page_nonsense",
        "order=up", "statuses[]=asleep", "agent_version=3", "created_at[gte]=yesterday"};

    (void)state;
    snprintf(path, sizeof(path), "/v1/sessions?order=asc&page=%s",
             json_string(page, "next_page", ""));
    ask.path = path;
    assert_int_equal(simulator_status(sim, &ask), 400);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(path, sizeof(path), "/v1/sessions?%s", bad[i]);
        assert_int_equal(simulator_status(sim, &ask), 400);
    }
    json_free(page);
}

static void
sessions_are_filtered_by_status_and_events_by_type(void **state)
{
    struct simulator_ask ask = {.path = "/v1/sessions?statuses%5B%5D=running&limit=100",
                                .credential = credential("api_key")};
    struct json *page = simulator_json(sim, &ask, 200), *events;
    const struct json *first = json_first(json_get(page, "data"));
    char path[300];

    (void)state;
    assert_non_null(first);
    for (const struct json *m = first; m; m = json_next(m))
        assert_string_equal(json_string(m, "status", ""), "running");
    snprintf(path, sizeof(path),
             "/v1/sessions/%s/events?types[]=session.status_running&order=desc&limit=1",
             json_string(first, "id", ""));
    ask.path = path;
    events = simulator_json(sim, &ask, 200);
    assert_int_equal(json_count(json_get(events, "data")), 1);
    assert_string_equal(json_string(json_first(json_get(events, "data")), "type", ""),
                        "session.status_running");
    json_free(page);
    json_free(events);
}

static void
an_empty_poll_is_the_word_null_as_json_and_blocks_as_long_as_asked(void **state)
{
    char path[300];
    struct simulator_ask ask = {.path = path, .credential = simulator_pool_key(sim, 0)};
    int64_t begun = clock_mono_ms();
    struct fetched got;

    (void)state;
    snprintf(path, sizeof(path), "%s", path_of("/work/poll?block_ms=400"));
    got = simulator_fetch(sim, &ask);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "null");
    assert_non_null(strstr(got.headers, "application/json"));
    assert_true(clock_mono_ms() - begun >= 395);
    fetched_free(&got);
    snprintf(path, sizeof(path), "%s", path_of("/work/poll?block_ms=0"));
    assert_int_equal(simulator_status(sim, &ask), 400);
    snprintf(path, sizeof(path), "%s", path_of("/work/poll?block_ms=1000"));
    assert_int_equal(simulator_status(sim, &ask), 400);
}

static void
reads_are_limited_per_minute_and_work_polls_are_not(void **state)
{
    char poll[300];
    struct simulator_ask ask = {.path = "/v1/environments", .credential = credential("api_key")};
    struct simulator_ask worker = {.path = poll, .credential = simulator_pool_key(sim, 0)};
    struct fetched got = {0};

    (void)state;
    snprintf(poll, sizeof(poll), "%s", path_of("/work/poll"));
    json_free(simulator_control(sim, "/sim/switch",
                                "{\"name\":\"limits.reads_per_minute\",\"value\":\"3\"}"));
    for (int i = 0; i < 6; i++) {
        fetched_free(&got);
        got = simulator_fetch(sim, &ask);
        assert_int_equal(simulator_status(sim, &worker), 200);
    }
    assert_int_equal(got.status, 429);
    assert_non_null(strstr(got.headers, "retry-after: "));
    fetched_free(&got);
}

static void
a_spend_cap_says_so_and_not_when_to_come_again(void **state)
{
    struct simulator_ask ask = {.path = "/v1/environments", .credential = credential("api_key")};
    struct fetched got;

    (void)state;
    simulator_fault(sim, "spend-capped", true);
    got = simulator_fetch(sim, &ask);
    assert_int_equal(got.status, 429);
    assert_non_null(strstr(got.body, "enforced_spend_limit_reached"));
    assert_null(strstr(got.headers, "retry-after"));
    fetched_free(&got);
}

static void
a_service_that_is_down_breaks_connections_and_can_be_switched_on_again(void **state)
{
    struct simulator_ask ask = {.path = "/v1/environments", .credential = credential("api_key")};

    (void)state;
    simulator_fault(sim, "api-down", true);
    assert_int_equal(simulator_status(sim, &ask), 0);
    simulator_fault(sim, "api-down", false);
    assert_int_equal(simulator_status(sim, &ask), 200);
}

/* The created_at of the first environment. */
static int64_t
created_ms(void)
{
    struct simulator_ask ask = {.path = "/v1/environments", .credential = credential("api_key")};
    struct json *json = simulator_json(sim, &ask, 200);
    int64_t ms;

    assert_true(
        rfc3339_parse(json_string(json_first(json_get(json, "data")), "created_at", ""), &ms));
    json_free(json);
    return ms;
}

static void
a_clock_that_is_wrong_is_wrong_in_every_time_that_it_tells(void **state)
{
    int64_t right_ms = created_ms();

    (void)state;
    simulator_fault(sim, "clock-skew", true);
    assert_int_equal(right_ms - created_ms(), 600 * 1000);
    simulator_fault(sim, "clock-skew", false);
    assert_int_equal(created_ms(), right_ms);
}

static void
typed_codes_come_with_the_refusals_of_environments(void **state)
{
    char path[300];
    struct simulator_ask ask = {.method = "POST",
                                .path = path,
                                .credential = credential("api_key"),
                                .body = "{\"config\":{\"type\":\"cloud\"}}"};
    struct json *json;

    (void)state;
    snprintf(path, sizeof(path), "/v1/environments/%s", simulator_pool(sim, 0));
    json = simulator_json(sim, &ask, 400);
    assert_string_equal(json_string(json_get(json_get(json, "error"), "details"), "error_code", ""),
                        "invalid_config_type_change");
    json_free(json);
    snprintf(path, sizeof(path), "/v1/environments/%s/archive", simulator_pool(sim, 0));
    ask.body = NULL;
    json_free(simulator_json(sim, &ask, 200));
    json_free(simulator_json(sim, &ask, 200)); /* again: the same */
    snprintf(path, sizeof(path), "/v1/environments/%s", simulator_pool(sim, 0));
    ask.body = "{\"name\":\"x\"}";
    json = simulator_json(sim, &ask, 400);
    assert_string_equal(json_string(json_get(json_get(json, "error"), "details"), "error_code", ""),
                        "environment_archived");
    json_free(json);
    ask.method = "DELETE";
    ask.body = NULL;
    assert_int_equal(simulator_status(sim, &ask), 400); /* sessions refer to it */
}

static void
tunnels_have_room_for_two_authorities_and_one_must_be_one(void **state)
{
    struct simulator_ask ask = {.path = "/v1/tunnels", .credential = credential("tunnels_token")};
    struct json *page = simulator_json(sim, &ask, 200);
    char path[300];

    (void)state;
    snprintf(path, sizeof(path), "/v1/tunnels/%s/certificates",
             json_string(json_first(json_get(page, "data")), "id", ""));
    ask = (struct simulator_ask){.method = "POST",
                                 .path = path,
                                 .credential = credential("tunnels_token"),
                                 .body = "{\"ca_certificate_pem\":\"nonsense\"}"};
    assert_int_equal(simulator_status(sim, &ask), 400);
    json_free(page);
}

static void
ask_for_token(char *out, size_t size, const char *assertion, const char *organization)
{
    snprintf(out, size,
             "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:jwt-bearer\","
             "\"assertion\":\"%s\",\"federation_rule_id\":\"fdrl_tunnels\","
             "\"organization_id\":\"%s\"}",
             assertion, organization);
}

static void
a_token_is_exchanged_for_an_assertion_or_denied(void **state)
{
    char body[600];
    struct simulator_ask ask = {.method = "POST", .path = "/v1/oauth/token", .body = body};
    const char *organization = json_string(simulator_world(sim), "organization_id", "");
    struct json *json;

    (void)state;
    ask_for_token(body, sizeof(body), "aaa.bbb.ccc", organization);
    json = simulator_json(sim, &ask, 200);
    assert_string_equal(json_string(json, "access_token", ""), credential("tunnels_token"));
    assert_string_equal(json_string(json, "scope", ""), "workspace:manage_tunnels");
    json_free(json);
    ask_for_token(body, sizeof(body), "forged", organization);
    json = simulator_json(sim, &ask, 401);
    assert_string_equal(json_string(json_get(json, "error"), "message", ""),
                        "Authentication failed");
    json_free(json);
    snprintf(body, sizeof(body), "{\"grant_type\":\"password\"}");
    assert_int_equal(simulator_status(sim, &ask), 400);
}

static void
what_was_asked_is_counted_by_method_and_pattern(void **state)
{
    char path[300];
    struct simulator_ask ask = {.path = path, .credential = simulator_pool_key(sim, 0)};
    struct simulator_ask counts = {.path = "/sim/requests"};
    struct json *json;

    (void)state;
    snprintf(path, sizeof(path), "%s", path_of("/work"));
    for (int i = 0; i < 3; i++)
        assert_int_equal(simulator_status(sim, &ask), 200);
    ask.credential = credential("api_key");
    assert_int_equal(simulator_status(sim, &ask), 401);
    json = simulator_json(sim, &counts, 200);
    assert_int_equal(json_int(json, "GET /v1/environments/{id}/work", 0), 4);
    assert_int_equal(json_int(json, "total", 0), 4);
    assert_int_equal(
        json_int(json_get(json_get(json, "statuses"), "GET /v1/environments/{id}/work"), "401", 0),
        1);
    json_free(json);
}

static void
a_prepared_answer_is_given_once_and_then_no_more(void **state)
{
    struct simulator_ask ask = {.path = "/v1/environments", .credential = credential("api_key")};

    (void)state;
    json_free(simulator_control(sim, "/sim/fault",
                                "{\"name\":\"answer\",\"method\":\"GET\",\"path\":"
                                "\"/v1/environments\",\"status\":503,\"skip\":1}"));
    assert_int_equal(simulator_status(sim, &ask), 200);
    assert_int_equal(simulator_status(sim, &ask), 503);
    assert_int_equal(simulator_status(sim, &ask), 200);
}

/* The scripted session's events arrive on an open stream, pings in between, and its end ends it. */
static void
a_stream_tells_what_happens_after_it_was_opened_and_ends_with_the_session(void **state)
{
    char body[400], path[300];
    struct simulator_ask ask = {.path = path, .credential = simulator_pool_key(sim, 0)};
    struct json *session;
    struct fetched got;

    (void)state;
    snprintf(body, sizeof(body),
             "{\"environment_id\":\"%s\",\"script\":[{\"type\":\"pause\",\"ms\":400},"
             "{\"type\":\"message\",\"text\":\"hello\"},"
             "{\"type\":\"event\",\"event\":{\"type\":\"brand.new\",\"x\":1}},"
             "{\"type\":\"terminate\"}]}",
             simulator_pool(sim, 0));
    session = simulator_control(sim, "/sim/session", body);
    snprintf(path, sizeof(path), "/v1/sessions/%s/events/stream", json_string(session, "id", ""));
    got = simulator_fetch(sim, &ask);
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(got.headers, "text/event-stream"));
    assert_non_null(strstr(got.body, "event: ping\n"));
    assert_non_null(strstr(got.body, "event: agent.message\ndata: {"));
    assert_non_null(strstr(got.body, "event: brand.new\n"));
    assert_non_null(strstr(got.body, "event: session.status_terminated\n"));
    fetched_free(&got);
    json_free(session);
}

#define WITH_ITS_OWN(test) cmocka_unit_test_setup_teardown(test, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ITS_OWN(every_credential_opens_what_it_was_issued_for_and_nothing_else),
        WITH_ITS_OWN(versions_betas_and_the_two_key_headers_are_checked),
        WITH_ITS_OWN(an_error_has_the_envelope_and_the_id_of_its_request),
        WITH_ITS_OWN(unknown_paths_and_methods_are_told_apart),
        WITH_ITS_OWN(pages_together_hold_every_session_once_in_either_order),
        WITH_ITS_OWN(prev_page_leads_back_to_the_beginning),
        WITH_ITS_OWN(a_cursor_belongs_to_its_order_and_a_limit_has_its_range),
        WITH_ITS_OWN(sessions_are_filtered_by_status_and_events_by_type),
        WITH_ITS_OWN(an_empty_poll_is_the_word_null_as_json_and_blocks_as_long_as_asked),
        WITH_ITS_OWN(reads_are_limited_per_minute_and_work_polls_are_not),
        WITH_ITS_OWN(a_clock_that_is_wrong_is_wrong_in_every_time_that_it_tells),
        WITH_ITS_OWN(a_spend_cap_says_so_and_not_when_to_come_again),
        WITH_ITS_OWN(a_service_that_is_down_breaks_connections_and_can_be_switched_on_again),
        WITH_ITS_OWN(typed_codes_come_with_the_refusals_of_environments),
        WITH_ITS_OWN(tunnels_have_room_for_two_authorities_and_one_must_be_one),
        WITH_ITS_OWN(a_token_is_exchanged_for_an_assertion_or_denied),
        WITH_ITS_OWN(what_was_asked_is_counted_by_method_and_pattern),
        WITH_ITS_OWN(a_prepared_answer_is_given_once_and_then_no_more),
        WITH_ITS_OWN(a_stream_tells_what_happens_after_it_was_opened_and_ends_with_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
