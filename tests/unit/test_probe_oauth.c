/* Layer 3: how answers of MCP servers are read, and their URLs; no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/text.h"
#include "probe/http.h"
#include "probe/oauth_answer.h"
#include "probe/proxyconf.h"
#include "probe/well_known.h"

#define BEARER "Bearer realm=\"x\", resource_metadata=\"https://wiki.t/.well-known/x\""
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"serverInfo\":{\"name\":\"x\"}}}"

static struct http_get
answer_of(long status, const char *challenge, const char *body)
{
    struct http_get get = {.status = status, .body = (char *)(uintptr_t)body};

    get.body_bytes = body ? strlen(body) : 0;
    text_clean(get.challenge, sizeof(get.challenge), challenge, strlen(challenge));
    return get;
}

static void
every_answer_has_its_verdict(void **state)
{
    static const struct {
        long status;
        const char *challenge, *body;
        enum oauth_answer first, second;
    } rows[] = {
        {401, BEARER, NULL, OAUTH_challenge, OAUTH_token_refused},
        {401, "Basic realm=a, " BEARER, NULL, OAUTH_challenge, OAUTH_token_refused},
        {401, "bearer", NULL, OAUTH_challenge_bare, OAUTH_token_refused},
        {401, "Basic realm=\"x\"", NULL, OAUTH_other_scheme, OAUTH_token_refused},
        {401, "", NULL, OAUTH_other_scheme, OAUTH_token_refused},
        {200, "", RESULT, OAUTH_open, OAUTH_token_accepted},
        {200, "", "event: message\r\ndata: " RESULT "\r\n\r\n", OAUTH_open, OAUTH_token_accepted},
        {200, "", "{\"error\":{\"code\":-32001}}", OAUTH_rpc_error, OAUTH_rpc_error},
        {200, "", "<html>", OAUTH_inconclusive, OAUTH_inconclusive},
        {401, "Bearer realm=a, Bearer error=x, " BEARER, NULL, OAUTH_challenge,
         OAUTH_token_refused},
        {403, "", NULL, OAUTH_forbidden, OAUTH_forbidden},
        {403, "", "{\"jsonrpc\":\"2.0\",\"error\":{\"message\":\"Invalid Host: x\"}}",
         OAUTH_wrong_host, OAUTH_wrong_host},
        {403, "", "{\"jsonrpc\":\"2.0\",\"error\":{\"message\":\"Invalid Origin: x\"}}",
         OAUTH_forbidden, OAUTH_forbidden},
        {403, "Bearer error=\"insufficient_scope\"", NULL, OAUTH_scope, OAUTH_scope},
        {400, "", NULL, OAUTH_inconclusive, OAUTH_inconclusive},
        {421, "", NULL, OAUTH_wrong_host, OAUTH_wrong_host},
        {404, "", NULL, OAUTH_wrong_path, OAUTH_wrong_path},
        {405, "", NULL, OAUTH_wrong_path, OAUTH_wrong_path},
        {406, "", NULL, OAUTH_wrong_headers, OAUTH_wrong_headers},
        {415, "", NULL, OAUTH_wrong_headers, OAUTH_wrong_headers},
        {302, "", NULL, OAUTH_redirect, OAUTH_redirect},
        {503, "", NULL, OAUTH_server_trouble, OAUTH_server_trouble},
    };
    char metadata[CHALLENGE_URL_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_get get = answer_of(rows[i].status, rows[i].challenge, rows[i].body);

        assert_int_equal(oauth_judge_initialize(&get, metadata).answer, rows[i].first);
        assert_int_equal(oauth_judge_bad_token(&get, OAUTH_open).answer, rows[i].second);
    }
}

/* Refused without a token, and not with a made-up one: whatever the body says, it was taken. */
static void
a_made_up_token_that_changes_the_answer_was_not_validated(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum oauth_answer first, answer;
    } rows[] = {
        {200, "{\"error\":{\"code\":-32001}}", OAUTH_challenge, OAUTH_token_accepted},
        {200, "<html>", OAUTH_challenge_bare, OAUTH_token_accepted},
        {202, NULL, OAUTH_other_scheme, OAUTH_token_accepted},
        {200, "{\"error\":{\"code\":-32001}}", OAUTH_forbidden, OAUTH_token_accepted},
        {200, "{\"error\":{\"code\":-32001}}", OAUTH_rpc_error, OAUTH_rpc_error},
        {403, NULL, OAUTH_challenge, OAUTH_forbidden},
        {500, NULL, OAUTH_challenge, OAUTH_server_trouble},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_get get = answer_of(rows[i].status, "", rows[i].body);

        assert_int_equal(oauth_judge_bad_token(&get, rows[i].first).answer, rows[i].answer);
    }
}

static void
a_stream_without_a_token_is_a_failure(void **state)
{
    struct http_get get = answer_of(200, "", NULL);

    (void)state;
    assert_int_equal(oauth_judge_stream(&get).answer, OAUTH_inconclusive);
    text_clean(get.content_type, sizeof(get.content_type), "text/event-stream; charset=utf-8", 32);
    assert_int_equal(oauth_judge_stream(&get).answer, OAUTH_stream_open);
    assert_int_equal(oauth_verdict(OAUTH_stream_open), LAYER_failed);
    for (get.status = 400; get.status < 500; get.status++) {
        bool is_refusal =
            get.status == 401 || get.status == 403 || get.status == 404 || get.status == 405;

        assert_int_equal(oauth_judge_stream(&get).answer,
                         is_refusal ? OAUTH_stream_refused : OAUTH_inconclusive);
    }
}

static void
challenges_come_in_any_order_and_number(void **state)
{
    static const char header[] =
        "Negotiate YII==, Digest realm=\"a, b\", nonce=x , BEARER error=invalid_token,"
        " Resource_Metadata = \"https://a/\\\"b\", realm=\"z\", DPoP algs=\"ES256\"";
    struct challenge found[CHALLENGES_MOST];
    size_t n = challenges_read(header, sizeof(header) - 1, found);
    const struct challenge *bearer = challenge_of(found, n, "bearer");

    (void)state;
    assert_int_equal(n, 4);
    assert_string_equal(found[1].realm, "a, b");
    assert_non_null(bearer);
    assert_string_equal(bearer->error, "invalid_token");
    assert_string_equal(bearer->resource_metadata, "https://a/\"b");
    assert_string_equal(bearer->realm, "z");
    assert_string_equal(found[3].scheme, "DPoP");
    assert_int_equal(challenges_read("", 0, found), 0);
    assert_int_equal(challenges_read(",, =\"", 5, found), 0);
}

static void
metadata_of_a_resource_must_name_what_clients_use(void **state)
{
    static const struct {
        const char *body;
        enum oauth_answer answer;
    } rows[] = {
        {"{\"resource\":\"https://wiki.t/mcp\",\"authorization_servers\":[\"https://a\"]}",
         OAUTH_resource_good},
        {"{\"resource\":\"https://wiki.t/\",\"authorization_servers\":[\"https://a\"]}",
         OAUTH_resource_good},
        {"{\"resource\":\"http://10.0.0.1:1/mcp\",\"authorization_servers\":[\"https://a\"]}",
         OAUTH_resource_other},
        {"{\"resource\":\"https://wiki.t/mcp\",\"authorization_servers\":[]}",
         OAUTH_resource_no_server},
        {"{}", OAUTH_resource_unreadable},
        {"<html>", OAUTH_resource_unreadable},
    };
    struct oauth_issuers issuers;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_get get = answer_of(200, "", rows[i].body);

        assert_int_equal(oauth_judge_resource(&get, "https://wiki.t/mcp", &issuers).answer,
                         rows[i].answer);
    }
    /* without the tunnel's domain nobody knows what clients use */
    assert_int_equal(
        oauth_judge_resource(&(struct http_get){.body = (char *)(uintptr_t)rows[0].body,
                                                .body_bytes = strlen(rows[0].body)},
                             "", &issuers)
            .answer,
        OAUTH_inconclusive);
    assert_int_equal(issuers.n, 1);
}

#define SERVER(issuer, more)                                                                       \
    "{\"issuer\":\"" issuer "\",\"authorization_endpoint\":\"https://a/x\","                       \
    "\"token_endpoint\":\"https://a/t\"" more "}"
#define S256 ",\"code_challenge_methods_supported\":[\"plain\",\"S256\"]"

static void
an_authorization_server_needs_pkce_and_registration(void **state)
{
    static const struct {
        const char *body;
        enum oauth_answer answer;
    } rows[] = {
        {SERVER("https://a", S256 ",\"registration_endpoint\":\"https://a/r\""), OAUTH_server_good},
        {SERVER("https://a", S256 ",\"client_id_metadata_document_supported\":true"),
         OAUTH_server_good},
        {SERVER("https://a", S256), OAUTH_server_no_registration},
        {SERVER("https://a", ""), OAUTH_server_no_pkce},
        {SERVER("https://b", S256), OAUTH_server_other},
        {"{\"issuer\":\"https://a\"}", OAUTH_server_no_endpoint},
        {"[]", OAUTH_server_none},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_get get = answer_of(200, "", rows[i].body);

        assert_int_equal(oauth_judge_server(&get, "https://a").answer, rows[i].answer);
    }
}

static void
metadata_stand_at_their_well_known_places(void **state)
{
    TEXT(url, 200);

    (void)state;
    assert_true(well_known_resource("http://h:1/mcp", 0, &url));
    assert_string_equal(url.bytes, "http://h:1/.well-known/oauth-protected-resource/mcp");
    assert_true(well_known_resource("http://h:1/mcp", 1, &url));
    assert_string_equal(url.bytes, "http://h:1/.well-known/oauth-protected-resource");
    assert_false(well_known_resource("http://h:1/mcp", 2, &url));
    assert_true(well_known_server("https://a/t1", 0, &url));
    assert_string_equal(url.bytes, "https://a/.well-known/oauth-authorization-server/t1");
    assert_true(well_known_server("https://a/t1", 2, &url));
    assert_string_equal(url.bytes, "https://a/t1/.well-known/openid-configuration");
    assert_false(well_known_server("https://a", 2, &url));
    assert_false(well_known_server("file:///etc/passwd", 0, &url));
}

static void
names_below_the_tunnel_lead_to_their_upstream(void **state)
{
    static const struct proxy_route routes[] = {{"wiki", "wiki.t", "http://10.0.0.1:1"}};
    size_t route = 7;
    TEXT(url, 200);

    (void)state;
    assert_int_equal(url_rewrite("https://WIKI.t/x?y", routes, 1, &url, &route), URL_upstream);
    assert_string_equal(url.bytes, "http://10.0.0.1:1/x?y");
    assert_int_equal(route, 0);
    assert_int_equal(url_rewrite("http://10.0.0.1:1/x", routes, 1, &url, &route), URL_upstream);
    assert_int_equal(url_rewrite("https://login.example.com/", routes, 1, &url, &route),
                     URL_elsewhere);
    assert_int_equal(url_rewrite("http://169.254.169.254/", routes, 1, &url, &route), URL_refused);
    assert_int_equal(url_rewrite("https://u@wiki.t/", routes, 1, &url, &route), URL_refused);
}

#define NEEDED "listen_addr: \":8080\"\ntls: {cert_file: a, key_file: b}\n"

static bool
read_config(struct arena *arena, const char *yaml, struct proxy *out)
{
    struct proxyconf_files files;
    struct err err;

    *out = (struct proxy){0};
    return proxyconf_read(arena, "f", yaml, strlen(yaml), out, &files, &err);
}

static void
the_proxys_configuration_is_read_as_the_proxy_reads_it(void **state)
{
    struct arena *arena = arena_new();
    struct proxy out;

    (void)state;
    assert_true(read_config(arena,
                            NEEDED "tunnel_domain: t.example\n"
                                   "routes:\n  wiki: http://10.0.0.5:3000\n  bad: http://x/path\n"
                                   "  noport: http://x\n  a.T.example: http://h:443\n"
                                   "  b.c: http://h:443\n"
                                   "upstream:\n  allowed_ips: [10.0.0.0/24, 300.0.0.0/8]\n",
                            &out));
    assert_int_equal(out.n_routes, 3);
    assert_string_equal(out.routes[0].host, "wiki.t.example");
    assert_string_equal(out.routes[1].host, "a.T.example");
    assert_string_equal(out.routes[2].host, "b.c.t.example"); /* requests come for it only */
    assert_int_equal(out.n_mistakes, 3);
    assert_true(out.has_ranges);
    assert_true(proxyconf_allows(&out, 0x0a0000fe));
    assert_false(proxyconf_allows(&out, 0x0a000101));
    assert_true(read_config(arena, NEEDED "routes: [a]\n", &out));
    assert_int_equal(out.n_mistakes, 1);
    assert_int_equal(out.n_ranges, 3); /* the private ones, by default */
    assert_false(read_config(arena, "- a\n", &out));
    arena_free(arena);
}

/* Everything that YAML allows, and what comes of it. */
static void
odd_configurations_of_the_proxy_are_read_too(void **state)
{
    static const struct {
        const char *yaml;
        size_t n_routes, n_ranges, n_mistakes;
        bool disables;
        const char *first; /* upstream of the first route */
    } rows[] = {
        {"# only a comment\n", 0, 3, 4, false, NULL},
        {NEEDED "tunnel_domain: t\nroutes:\n", 0, 3, 1, false, NULL}, /* null */
        {NEEDED "tunnel_domain: t\nroutes: {}\n", 0, 3, 1, false, NULL},
        {NEEDED "routes: {wiki: \"http://h:1\"}\n", 1, 3, 1, false, "http://h:1"}, /* no domain */
        {NEEDED "routes: {wiki.t: http://h:1}\n", 1, 3, 0, false, "http://h:1"},
        {NEEDED "tunnel_domain: t\nroutes: {8080: 'http://h:1'} # a number\n", 1, 3, 0, false,
         "http://h:1"},
        {NEEDED "tunnel_domain: t\nroutes: {wiki: 8080}\n", 0, 3, 1, false, NULL},
        {NEEDED "tunnel_domain: t\nroutes: {wiki: [http://h:1]}\n", 0, 3, 1, false, NULL},
        {NEEDED "tunnel_domain: t\nx: &h http://h:1\nroutes: {wiki: *h}\n", 1, 3, 0, false,
         "http://h:1"},
        {NEEDED "tunnel_domain: t\nx: &r {wiki: http://h:1, b: http://h:2}\n"
                "routes: {<<: *r, b: http://h:3}\n",
         2, 3, 0, false, "http://h:1"},
        {NEEDED "tunnel_domain: t\nx: [&a {wiki: http://h:1}, &b {wiki: http://h:2}]\n"
                "routes: {<<: [*a, *b]}\n",
         1, 3, 0, false, "http://h:1"},
        {NEEDED "tunnel_domain: t\nroutes: {wiki: http://h:1}\n---\nroutes: 7\n", 1, 3, 0, false,
         "http://h:1"}, /* the first document */
        {NEEDED "tunnel_domain: t\nroutes: {wiki: https://h:1}\n", 1, 3, 1, false, "https://h:1"},
        {NEEDED "tunnel_domain: t\nroutes: {wiki: https://h:1}\n"
                "upstream: {tls: {include_system_cas: yes}}\n",
         1, 3, 0, false, "https://h:1"},
        {NEEDED "tunnel_domain: t\nroutes: {wiki: https://h:1}\nupstream: {tls: {ca_file: /ca}}\n",
         1, 3, 0, false, "https://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {disable_ip_validation: True}\n", 1, 3, 0,
         true, "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {disable_ip_validation: on}\n", 1, 3, 0, true,
         "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {disable_ip_validation: no}\n", 1, 3, 0,
         false, "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {disable_ip_validation: 1}\n", 1, 3, 1, false,
         "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {allowed_ips: 10.0.0.0/8}\n", 1, 0, 1, false,
         "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {allowed_ips: ['10.1.2.3', 10.9.9.9/8]}\n", 1,
         2, 0, false, "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: {allowed_ips: ~}\n", 1, 3, 0, false,
         "http://h:1"},
        {NEEDED "routes: {w.t: http://h:1}\nupstream: ~\n", 1, 3, 0, false, "http://h:1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct proxy out;

        if (!read_config(arena, rows[i].yaml, &out))
            fail_msg("not read: %s", rows[i].yaml);
        if (out.n_mistakes != rows[i].n_mistakes)
            fail_msg("%zu mistakes, %s, in:\n%s", out.n_mistakes,
                     out.n_mistakes ? out.mistakes[0] : "", rows[i].yaml);
        assert_int_equal(out.n_routes, rows[i].n_routes);
        assert_int_equal(out.n_ranges, rows[i].n_ranges);
        assert_int_equal(out.disables_ip_validation, rows[i].disables);
        if (rows[i].first)
            assert_string_equal(out.routes[0].upstream, rows[i].first);
        arena_free(arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_verdict),
        cmocka_unit_test(a_made_up_token_that_changes_the_answer_was_not_validated),
        cmocka_unit_test(a_stream_without_a_token_is_a_failure),
        cmocka_unit_test(challenges_come_in_any_order_and_number),
        cmocka_unit_test(metadata_of_a_resource_must_name_what_clients_use),
        cmocka_unit_test(an_authorization_server_needs_pkce_and_registration),
        cmocka_unit_test(metadata_stand_at_their_well_known_places),
        cmocka_unit_test(names_below_the_tunnel_lead_to_their_upstream),
        cmocka_unit_test(the_proxys_configuration_is_read_as_the_proxy_reads_it),
        cmocka_unit_test(odd_configurations_of_the_proxy_are_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
