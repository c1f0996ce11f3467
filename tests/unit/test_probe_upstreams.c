/* MCP servers asked without a token, over the network: against the simulator's. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/folder.h"
#include "aid/peer.h"
#include "aid/pretend.h"
#include "core/clock.h"
#include "model/store.h"
#include "probe/probe.h"

enum { WITHIN_MS = 20000 };

static bool
is_asked(const struct snapshot *snapshot)
{
    return snapshot->source[SOURCE_upstreams].rounds > 0;
}

static void
wait_for(struct store *store, bool (*is_so)(const struct snapshot *snapshot), struct snapshot *out)
{
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;

    for (;;) {
        struct pollfd wake = {.fd = store_wake_fd(store), .events = POLLIN};

        store_woken(store);
        store_snapshot(store, out);
        if (is_so(out))
            return;
        store_release(store, out);
        assert_true(clock_mono_ms() < deadline_ms);
        (void)poll(&wake, 1, 1000);
    }
}

/* One pass over one server of that URL; domain: the tunnel's, or NULL; the replies' answers. */
static void
ask(const char *url, const char *domain, enum oauth_answer out[OAUTH_REQUESTS])
{
    char *folder = folder_new(), yaml[400], path[300];
    struct store *store = store_new();
    struct probe_options options = {.is_off = true};
    struct snapshot snapshot;
    struct probe *probe;
    struct err err;
    size_t n;

    snprintf(
        yaml, sizeof(yaml), "%s%s\nroutes:\n  wiki: %.*s\nupstream: {allowed_ips: [10.0.0.0/8]}\n",
        domain ? "tunnel_domain: " : "", domain ? domain : "", (int)strcspn(url + 7, "/") + 7, url);
    folder_write(folder, "proxy.yaml", yaml);
    snprintf(path, sizeof(path), "%s/proxy.yaml", folder);
    options.proxy.config_file = path;
    probe = probe_start(&options, store, &err);
    assert_non_null(probe);
    wait_for(store, is_asked, &snapshot);
    {
        const struct upstream *rows = snapshot_upstreams(&snapshot, &n);

        assert_int_equal(n, 1);
        for (int i = 0; i < OAUTH_REQUESTS; i++)
            out[i] = rows[0].reply[i].answer;
        assert_string_equal(rows[0].outside, "127.0.0.1"); /* it is not among the allowed */
    }
    store_release(store, &snapshot);
    probe_stop(probe);
    store_free(store);
    folder_free(folder);
}

static void
each_fault_of_a_server_is_recognised(void **state)
{
    static const struct {
        const char *fault;
        enum oauth_answer answer[OAUTH_REQUESTS];
    } rows[] = {
        {NULL,
         {OAUTH_challenge, OAUTH_token_refused, OAUTH_stream_refused, OAUTH_inconclusive,
          OAUTH_server_no_endpoint, OAUTH_metadata_plain}}, /* no tunnel: all is plain HTTP */
        {"oauth-open", {OAUTH_open, OAUTH_token_accepted, OAUTH_stream_refused}},
        {"oauth-any-token", {OAUTH_challenge, OAUTH_token_accepted, OAUTH_stream_refused}},
        {"oauth-no-metadata",
         {OAUTH_challenge_bare, OAUTH_token_refused, OAUTH_stream_refused, OAUTH_resource_none}},
        {"mcp-down", {OAUTH_server_trouble, OAUTH_skipped, OAUTH_skipped}},
    };
    struct network *network = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum oauth_answer answer[OAUTH_REQUESTS];

        if (rows[i].fault)
            assert_true(network_fault(network, rows[i].fault, true));
        ask(network_mcp_url(network, 0), NULL, answer);
        for (int k = 0; k < OAUTH_REQUESTS; k++)
            if (rows[i].answer[k] != OAUTH_none)
                assert_int_equal(answer[k], rows[i].answer[k]);
        if (rows[i].fault)
            assert_true(network_fault(network, rows[i].fault, false));
    }
}

#define EMPTY "content-length: 0\r\nconnection: close\r\n\r\n"

/* Over the wire, with how often it is asked: what may help is tried once more, and nothing else. */
static void
each_answer_is_tried_otherwise_where_that_may_help(void **state)
{
    static const struct {
        const char *reply;
        enum oauth_answer answer;
        unsigned asked; /* A2 and A3 follow where somebody is there to refuse */
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n" EMPTY, OAUTH_inconclusive, 3}, /* older versions */
        {"HTTP/1.1 404 Not Found\r\n" EMPTY, OAUTH_wrong_path, 2},     /* /mcp, then / */
        {"HTTP/1.1 405 Method Not Allowed\r\n" EMPTY, OAUTH_wrong_path, 2},
        {"HTTP/1.1 406 Not Acceptable\r\n" EMPTY, OAUTH_wrong_headers, 1},
        {"HTTP/1.1 415 Unsupported Media Type\r\n" EMPTY, OAUTH_wrong_headers, 1},
        {"HTTP/1.1 421 Misdirected Request\r\n" EMPTY, OAUTH_wrong_host, 1}, /* no domain */
        {"HTTP/1.1 302 Found\r\nlocation: https://login.example\r\n" EMPTY, OAUTH_redirect, 1},
        {"HTTP/1.1 503 Service Unavailable\r\n" EMPTY, OAUTH_server_trouble, 1},
        {"HTTP/1.1 403 Forbidden\r\n" EMPTY, OAUTH_forbidden, 3},
        {"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic\r\n" EMPTY, OAUTH_other_scheme, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct peer *peer =
            peer_start(&(struct peer_plan){.manner = PEER_answers, .reply = rows[i].reply});
        enum oauth_answer answer[OAUTH_REQUESTS];

        ask(peer_url(peer), NULL, answer);
        print_message("%s: %u\n", rows[i].reply, peer_served(peer));
        assert_int_equal(answer[OAUTH_ASK_initialize], rows[i].answer);
        assert_int_equal(peer_served(peer), rows[i].asked);
        peer_stop(peer);
    }
}

/* RFC 9110 15.5.20: once more, with the name that clients would use. */
static void
a_misdirected_request_is_sent_again_with_the_tunnels_host(void **state)
{
    struct peer_plan plan = {.manner = PEER_answers,
                             .reply =
                                 "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\n" EMPTY,
                             .wanted_host = "wiki.b00b.tunnel.example.com"};
    struct peer *peer = peer_start(&plan);
    enum oauth_answer answer[OAUTH_REQUESTS];

    (void)state;
    ask(peer_url(peer), "b00b.tunnel.example.com", answer);
    assert_int_equal(answer[OAUTH_ASK_initialize], OAUTH_challenge_bare);
    assert_int_equal(answer[OAUTH_ASK_bad_token], OAUTH_token_refused); /* it keeps to that name */
    peer_stop(peer);
    plan.wanted_host = "somebody.else.example.com";
    peer = peer_start(&plan);
    ask(peer_url(peer), "b00b.tunnel.example.com", answer);
    assert_int_equal(answer[OAUTH_ASK_initialize], OAUTH_wrong_host);
    assert_int_equal(peer_served(peer), 2); /* and no more */
    peer_stop(peer);
}

static void
a_server_that_is_not_there_is_unreachable(void **state)
{
    enum oauth_answer answer[OAUTH_REQUESTS];

    (void)state;
    ask("http://127.0.0.1:1/", NULL, answer);
    assert_int_equal(answer[OAUTH_ASK_initialize], OAUTH_unreachable);
    assert_int_equal(answer[OAUTH_ASK_bad_token], OAUTH_skipped);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_a_server_is_recognised),
        cmocka_unit_test(each_answer_is_tried_otherwise_where_that_may_help),
        cmocka_unit_test(a_misdirected_request_is_sent_again_with_the_tunnels_host),
        cmocka_unit_test(a_server_that_is_not_there_is_unreachable),
    };

    return cmocka_run_group_tests(tests, pretend_start, pretend_stop);
}
