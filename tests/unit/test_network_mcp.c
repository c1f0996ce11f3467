#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/fetch.h"
#include "aid/pretend.h"
#include "core/json.h"

static const char initialize[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
    "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"test\",\"version\":\"0\"}}}";

static struct fetched
ask(struct network *network, const char *authorization)
{
    const char *headers[] = {"Content-Type: application/json",
                             "Accept: application/json, text/event-stream", authorization, NULL};
    struct fetch how = {.body = initialize, .headers = headers};

    return fetch(network_mcp_url(network, 0), &how);
}

static void
a_stranger_is_told_where_to_get_a_token(void **state)
{
    struct fetched got = ask(*state, NULL), metadata, authorization;
    char *from = strstr(got.headers, "resource_metadata=\""), *to;
    struct json *json;
    char issuer[200];

    assert_int_equal(got.status, 401);
    assert_non_null(from);
    from += strlen("resource_metadata=\"");
    to = strchr(from, '"');
    *to = '\0';
    metadata = fetch(from, NULL);
    json = json_parse(metadata.body, strlen(metadata.body), NULL);
    assert_string_equal(json_string(json, "resource", ""), network_mcp_url(*state, 0));
    snprintf(issuer, sizeof(issuer), "%s",
             json_as_string(json_first(json_get(json, "authorization_servers")), ""));
    json_free(json);
    authorization = fetch_at(issuer, "/.well-known/oauth-authorization-server");
    json = json_parse(authorization.body, strlen(authorization.body), NULL);
    assert_string_equal(json_string(json, "issuer", ""), issuer);
    assert_string_equal(
        json_as_string(json_first(json_get(json, "code_challenge_methods_supported")), ""), "S256");
    json_free(json);
    fetched_free(&got);
    fetched_free(&metadata);
    fetched_free(&authorization);
}

static void
a_wrong_token_is_an_invalid_token(void **state)
{
    struct fetched got = ask(*state, "Authorization: Bearer nobody-knows-this");

    assert_int_equal(got.status, 401);
    assert_non_null(strstr(got.headers, "error=\"invalid_token\""));
    fetched_free(&got);
}

static void
a_stream_without_a_token_is_refused(void **state)
{
    const char *headers[] = {"Accept: text/event-stream", NULL};
    struct fetch how = {.headers = headers};
    struct fetched got = fetch(network_mcp_url(*state, 0), &how);

    assert_int_equal(got.status, 401);
    fetched_free(&got);
}

static void
an_open_server_serves_anybody(void **state)
{
    struct fetched got;

    assert_true(network_fault(*state, "oauth-open", true));
    got = ask(*state, NULL);
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(got.body, "serverInfo"));
    assert_non_null(strstr(got.headers, "MCP-Session-Id"));
    fetched_free(&got);
}

static void
a_careless_server_takes_any_token(void **state)
{
    struct fetched got;

    assert_true(network_fault(*state, "oauth-any-token", true));
    got = ask(*state, NULL);
    assert_int_equal(got.status, 401);
    fetched_free(&got);
    got = ask(*state, "Authorization: Bearer anything");
    assert_int_equal(got.status, 200);
    fetched_free(&got);
}

static void
a_server_that_is_down_answers_503(void **state)
{
    struct fetched got;

    assert_true(network_fault(*state, "mcp-down", true));
    got = ask(*state, NULL);
    assert_int_equal(got.status, 503);
    fetched_free(&got);
}

int
main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, pretend_start, pretend_stop)
    const struct CMUnitTest tests[] = {
        LIVE(a_stranger_is_told_where_to_get_a_token), LIVE(a_wrong_token_is_an_invalid_token),
        LIVE(a_stream_without_a_token_is_refused),     LIVE(an_open_server_serves_anybody),
        LIVE(a_careless_server_takes_any_token),       LIVE(a_server_that_is_down_answers_503),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
