/* `sandwatch check`: the verdict, the advice, the words of --only, the document and the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aid/world.h"
#include "cli/check_look.h"
#include "cli/check_report.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/text.h"

struct result {
    struct arena *arena;
    struct outlook outlook;
};

static struct result
judge(struct world *world, bool has_layers)
{
    const struct outlook_scope scope = {.has_layers = has_layers};
    struct result result = {.arena = arena_new()};
    const struct assessment *assessment = world_assess(world);

    outlook_of(world_looked_at(world), assessment, &scope, result.arena, &result.outlook);
    return result;
}

static bool
has_line(const char *const *lines, size_t n, const char *part)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(lines[i], part))
            return true;
    return false;
}

static struct check *
broken(struct world *world, enum check_kind kind, const char *target, int family)
{
    struct check *check = world_check(world, kind, target, family);

    check->verdict = CHECK_fail;
    check->failed_stage = kind == CHECK_EDGE_UDP_7844 ? STAGE_quic : STAGE_tcp;
    check->error = "timeout after 3000 ms";
    check->cause = "a firewall drops it";
    check->next_step = "allow it";
    check->hint = "a firewall drops it: allow it";
    return check;
}

static void
expect(struct world *world, enum outlook_verdict verdict, const char *advice)
{
    struct result result = judge(world, false);

    assert_int_equal(result.outlook.verdict, verdict);
    if (advice && !has_line(result.outlook.advice, result.outlook.n_advice, advice))
        fail_msg("no advice says \"%s\"", advice);
    arena_free(result.arena);
    world_free(world);
}

static void
a_healthy_host_is_ok(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_check(world, CHECK_API_443, "api", 4);
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    expect(world, OUTLOOK_ok, "protocol: leave it at auto");
}

static void
blocked_udp_is_a_warning_and_asks_for_http2(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_check(world, CHECK_API_443, "api", 4);
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    expect(world, OUTLOOK_warning, "protocol: http2");
}

static void
a_dead_edge_is_critical(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_check(world, CHECK_API_443, "api", 4);
    broken(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    expect(world, OUTLOOK_critical, "protocol: none");
}

static void
a_dead_api_is_critical(void **state)
{
    struct world *world = world_new();

    (void)state;
    broken(world, CHECK_API_443, "api", 4);
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    expect(world, OUTLOOK_critical, NULL);
}

static void
a_broken_family_is_a_warning_and_names_the_other(void **state)
{
    struct world *world = world_new();

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    broken(world, CHECK_EDGE_TCP_7844, "edge region1", 6);
    expect(world, OUTLOOK_warning, "edge-ip-version: 4");
}

/* Both protocols of a region over one family. */
static void
dead_region(struct world *world, const char *target, int family)
{
    broken(world, CHECK_EDGE_TCP_7844, target, family);
    broken(world, CHECK_EDGE_UDP_7844, target, family);
}

static void
living_region(struct world *world, const char *target, int family)
{
    world_check(world, CHECK_EDGE_TCP_7844, target, family);
    world_check(world, CHECK_EDGE_UDP_7844, target, family);
}

static void
http2_is_no_advice_where_it_reaches_no_more(void **state)
{
    struct world *world = world_new();

    (void)state;
    living_region(world, "edge region1", 4);
    dead_region(world, "edge region2", 4);
    expect(world, OUTLOOK_warning, "QUIC reaches 1 of 2 regions, and TCP no more");

    world = world_new();
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    dead_region(world, "edge region2", 4);
    expect(world, OUTLOOK_warning, "http2, because it reaches 1 of 2 regions, and QUIC 0");
}

static void
the_family_that_fails_less_is_advised(void **state)
{
    static const struct {
        int dead_four, dead_six; /* bits: regions */
        const char *advice;
    } rows[] = {
        {0, 0, "leave it at auto; both families work"},
        {0, 2, "edge-ip-version: 4, because IPv6 fails"},
        {2, 0, "edge-ip-version: 6, because IPv4 fails"},
        {3, 0, "edge-ip-version: 6, because IPv4 does not work"},
        {2, 2, "leave it at auto; both families fail alike"},
        {1, 2, "leave it at auto; some region is reached over IPv4 only, another over IPv6 only"},
        {1, 3, "edge-ip-version: 4, because IPv6 fails"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *world = world_new();

        for (int region = 1; region <= 2; region++) {
            const char *target = region == 1 ? "edge region1" : "edge region2";

            (rows[i].dead_four & region ? dead_region : living_region)(world, target, 4);
            (rows[i].dead_six & region ? dead_region : living_region)(world, target, 6);
        }
        expect(world, i == 0 ? OUTLOOK_ok : OUTLOOK_warning, rows[i].advice);
    }
}

/* What another protocol does over a family is of no use to the one that is advised. */
static void
the_family_is_that_of_the_protocol(void **state)
{
    static const char *const targets[] = {"edge region1", "edge region2"};
    struct world *world = world_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        broken(world, CHECK_EDGE_UDP_7844, targets[i], 4);
        world_check(world, CHECK_EDGE_TCP_7844, targets[i], 4);
        world_check(world, CHECK_EDGE_UDP_7844, targets[i], 6);
        broken(world, CHECK_EDGE_TCP_7844, targets[i], 6);
    }
    expect(world, OUTLOOK_warning, "edge-ip-version: 6, because IPv4 does not work");

    world = world_new();
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        broken(world, CHECK_EDGE_UDP_7844, targets[i], 4);
        world_check(world, CHECK_EDGE_TCP_7844, targets[i], 4);
        broken(world, CHECK_EDGE_UDP_7844, targets[i], 6);
        world_check(world, CHECK_EDGE_TCP_7844, targets[i], 6);
    }
    expect(world, OUTLOOK_warning, "edge-ip-version: leave it at auto; both families work");
}

static void
before_the_names_resolve_no_protocol_is_judged(void **state)
{
    struct world *world = world_new();

    (void)state;
    broken(world, CHECK_EDGE_TCP_7844, "edge region1", 4)->failed_stage = STAGE_dns;
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4)->failed_stage = STAGE_dns;
    expect(world, OUTLOOK_critical, "cannot be told before the names of the edge resolve");
}

static void
where_only_handshakes_fail_the_port_is_not_blamed(void **state)
{
    struct world *world = world_new();

    (void)state;
    broken(world, CHECK_EDGE_TCP_7844, "edge region1", 4)->failed_stage = STAGE_tls;
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4)->failed_stage = STAGE_tls;
    expect(world, OUTLOOK_critical, "it is not the port that is closed");
}

/* What runs goes on; but nothing that starts now would find the edge. */
static void
where_no_connector_can_start_it_is_critical(void **state)
{
    struct world *world = world_new();
    struct check *check;

    (void)state;
    living_region(world, "edge region1", 4);
    check = world_check(world, CHECK_EDGE_TCP_7844, "edge region2", 4);
    check->verdict = CHECK_warn;
    check->failed_stage = STAGE_dns;
    check->error = "SRV: 1 of 2 regions";
    check->meaning = CHECK_MEANS_no_start;
    expect(world, OUTLOOK_critical, NULL);
}

static void
what_was_not_measured_is_unknown_and_listed(void **state)
{
    struct world *world = world_new();
    struct result result;

    (void)state;
    world_check(world, CHECK_API_443, "api", 4)->at_ms = 0;
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    result = judge(world, false);
    assert_int_equal(result.outlook.verdict, OUTLOOK_unknown);
    assert_true(has_line(result.outlook.unjudged, result.outlook.n_unjudged, "not measured"));
    arena_free(result.arena);
    world_free(world);
}

static void
nothing_at_all_is_unknown(void **state)
{
    (void)state;
    expect(world_new(), OUTLOOK_unknown, NULL);
}

static void
without_tunnels_the_layers_are_listed_as_not_judged(void **state)
{
    struct world *world = world_new();
    struct result result;

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    result = judge(world, true);
    assert_int_equal(result.outlook.verdict, OUTLOOK_ok);
    assert_true(has_line(result.outlook.unjudged, result.outlook.n_unjudged, "no tunnel is known"));
    arena_free(result.arena);
    world_source(world, SOURCE_tunnels)->rounds = 0;
    result = judge(world, true);
    assert_true(has_line(result.outlook.unjudged, result.outlook.n_unjudged,
                         "no tunnel is known: the management API did not answer in time"));
    arena_free(result.arena);
    world_free(world);
}

static void
layers_of_which_nothing_is_seen_are_unknown(void **state)
{
    struct world *world = world_new();
    struct proxy *proxy = world_proxy(world, "prod");
    struct result result;

    (void)state;
    world_source(world, SOURCE_tunnels)->state = SOURCE_STATE_disabled;
    proxy->config.error = "permission denied";
    proxy->ca = proxy->server =
        (struct proxy_certificate){.file = {"/data/x.crt", "permission denied"}, "", "", "", 0, 0};
    for (int i = 0; i < CERTIFICATE_RULES; i++)
        proxy->rules[i] = (struct certificate_proof){PROOF_unknown, "permission denied"};
    result = judge(world, true);
    assert_int_equal(result.outlook.verdict, OUTLOOK_unknown);
    assert_true(has_line(result.outlook.unjudged, result.outlook.n_unjudged, "permission denied"));
    arena_free(result.arena);
    proxy->rules[CERTIFICATE_s_11].proof = PROOF_broken; /* one thing is seen */
    result = judge(world, true);
    assert_int_equal(result.outlook.verdict, OUTLOOK_warning);
    arena_free(result.arena);
    world_free(world);
}

static void
only_knows_its_words_and_no_others(void **state)
{
    struct check_only only;
    struct err err = {0};

    (void)state;
    assert_true(check_only_read(NULL, &only, &err));
    assert_true(only.has_layers && only.kinds == 7 && only.families == (1u << 4 | 1u << 6));
    assert_true(check_only_read("udp,ipv6", &only, &err));
    assert_true(!only.has_layers && only.kinds == 1u << CHECK_EDGE_UDP_7844);
    assert_int_equal(only.families, 1u << 6);
    assert_true(check_only_read("ipv4", &only, &err));
    assert_int_equal(only.kinds, 7);
    assert_true(check_only_read("layers", &only, &err));
    assert_true(only.has_layers && only.kinds == 0);
    assert_true(only.is_part);
    assert_false(check_only_read("", &only, &err)); /* a variable that is empty asks for nothing */
    assert_false(check_only_read("api,upd", &only, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.message, "upd"));
    assert_false(check_only_read("api,,udp", &only, &err));
    assert_false(check_only_read("api,", &only, &err));
}

static const struct status_options options = {.context = "test", .is_ascii = true};

static char *
page_of(struct world *world)
{
    struct result result = judge(world, true);
    const struct check_report report = {
        .report = {&options, world_looked_at(world), world_assess(world), WORLD_NOW_MS},
        .outlook = &result.outlook,
        .has_layers = true,
    };
    char *page = NULL;
    size_t n;
    FILE *out = open_memstream(&page, &n);

    assert_non_null(out);
    check_report_text(out, &report);
    fclose(out);
    arena_free(result.arena);
    return page;
}

static void
the_page_names_stage_signal_cause_and_step_and_ends_with_the_verdict(void **state)
{
    struct world *world = world_new();
    char *page, *last;

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    page = page_of(world);
    assert_non_null(strstr(page, "fail at quic"));
    assert_non_null(strstr(page, "signal  timeout after 3000 ms"));
    assert_non_null(strstr(page, "cause   a firewall drops it"));
    assert_non_null(strstr(page, "next    allow it"));
    page[strlen(page) - 1] = '\0';
    last = strrchr(page, '\n');
    assert_non_null(strstr(last, "warning: this host can work, but not as it should"));
    free(page);
    world_free(world);
}

static void
why_a_layer_cannot_be_seen_is_printed_once(void **state)
{
    struct world *world = world_new();
    char *page, *first;

    (void)state;
    world_check(world, CHECK_API_443, "api", 4);
    world_tunnel(world, "prod");
    world_tunnel(world, "stage");
    page = page_of(world);
    assert_non_null(strstr(page, "layers, why see above: 1, 2, 3 of prod; 1, 2, 3 of stage"));
    first = strstr(page, "L1-0 the mutual TLS");
    assert_non_null(first);
    first = strstr(first + 1, "L1-0 the mutual TLS"); /* of the other tunnel */
    assert_non_null(first);
    assert_null(strstr(first + 1, "L1-0 the mutual TLS"));
    free(page);
    world_free(world);
}

static void
the_document_has_the_verdict_twice(void **state)
{
    struct world *world = world_new();
    struct result result;
    struct check_report report;
    struct json *document;

    (void)state;
    broken(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    broken(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    result = judge(world, true);
    report = (struct check_report){
        .report = {&options, world_looked_at(world), world_assess(world), WORLD_NOW_MS},
        .outlook = &result.outlook,
    };
    document = check_report_json(&report);
    assert_string_equal(json_string(document, "verdict", ""), "critical");
    assert_int_equal(json_int(document, "exit_code", -1), 2);
    assert_int_equal(json_count(json_get(document, "checks")), 2);
    assert_true(json_count(json_get(document, "advice")) > 0);
    assert_true(json_is_array(json_get(document, "layers")));
    json_free(document);
    arena_free(result.arena);
    world_free(world);
}

/* Caller frees. */
static char *
news(struct world *world, const struct check_look *before, struct check_look *now)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    bool is_news;

    assert_non_null(out);
    check_look(now, before->options, world_store(world));
    is_news = check_look_news(out, before, now);
    fclose(out);
    assert_int_equal(is_news, *text != '\0');
    assert_int_equal(check_look_news(NULL, before, now), is_news);
    return text;
}

/* And not the first that was looked at; and what to do. */
static void
a_broken_layer_is_told_by_the_check_that_broke_it(void **state)
{
    struct world *world = world_new();
    struct proxy *proxy;
    struct result result;

    (void)state;
    world_check(world, CHECK_API_443, "api", 4);
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    world_tunnel(world, "prod");
    proxy = world_proxy(world, "prod");
    proxy->server.until_ms = WORLD_NOW_MS - INT64_C(86400000);
    result = judge(world, true);
    assert_int_equal(result.outlook.verdict, OUTLOOK_critical);
    assert_non_null(strstr(result.outlook.summary, "of prod failed: L2-4 S-5: /data/x.crt"));
    assert_non_null(strstr(result.outlook.summary, "renew the server certificate"));
    arena_free(result.arena);
    world_free(world);
}

static void
a_layer_that_changes_is_news_once(void **state)
{
    const struct check_options watching = {.look = {.thresholds = thresholds_default()},
                                           .only = {.has_layers = true}};
    struct world *world = world_new();
    struct check_look looks[3];
    struct upstream *upstream;
    char *text;

    (void)state;
    world_tunnel(world, "prod");
    world_proxy(world, "prod");
    upstream = world_upstream(world, "wiki");
    check_look(&looks[0], &watching, world_store(world));
    upstream->reply[OAUTH_ASK_initialize].answer = OAUTH_open;
    text = news(world, &looks[0], &looks[1]);
    assert_non_null(strstr(text, "layer 3 (OAuth) of prod: failed: L3-1 wiki: it serves anybody"));
    assert_non_null(strstr(text, "  critical: "));
    free(text);
    text = news(world, &looks[1], &looks[2]);
    assert_string_equal(text, "");
    free(text);
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        check_look_away(&looks[i]);
    world_free(world);
}

static void
a_check_is_news_when_its_verdict_or_its_stage_changes(void **state)
{
    const struct check_options watching = {.look = {.thresholds = thresholds_default()}};
    struct world *world = world_new();
    struct check_look looks[4];
    struct check *check;
    char *text;

    (void)state;
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    check = world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    check_look(&looks[0], &watching, world_store(world));
    check->rtt_us = 4711;
    text = news(world, &looks[0], &looks[1]);
    assert_string_equal(text, "");
    free(text);
    check->verdict = CHECK_fail;
    check->failed_stage = STAGE_quic;
    check->error = "timeout";
    text = news(world, &looks[1], &looks[2]);
    assert_non_null(strstr(text, "fail at quic: timeout\n"));
    assert_non_null(strstr(text, "  warning: "));
    free(text);
    check->failed_stage = STAGE_dns;
    text = news(world, &looks[2], &looks[3]);
    assert_non_null(strstr(text, "fail at dns"));
    assert_null(strstr(text, "  warning: ")); /* as before */
    free(text);
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        check_look_away(&looks[i]);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_host_is_ok),
        cmocka_unit_test(blocked_udp_is_a_warning_and_asks_for_http2),
        cmocka_unit_test(a_dead_edge_is_critical),
        cmocka_unit_test(a_dead_api_is_critical),
        cmocka_unit_test(a_broken_family_is_a_warning_and_names_the_other),
        cmocka_unit_test(http2_is_no_advice_where_it_reaches_no_more),
        cmocka_unit_test(the_family_that_fails_less_is_advised),
        cmocka_unit_test(the_family_is_that_of_the_protocol),
        cmocka_unit_test(before_the_names_resolve_no_protocol_is_judged),
        cmocka_unit_test(where_only_handshakes_fail_the_port_is_not_blamed),
        cmocka_unit_test(where_no_connector_can_start_it_is_critical),
        cmocka_unit_test(what_was_not_measured_is_unknown_and_listed),
        cmocka_unit_test(nothing_at_all_is_unknown),
        cmocka_unit_test(without_tunnels_the_layers_are_listed_as_not_judged),
        cmocka_unit_test(layers_of_which_nothing_is_seen_are_unknown),
        cmocka_unit_test(only_knows_its_words_and_no_others),
        cmocka_unit_test(the_page_names_stage_signal_cause_and_step_and_ends_with_the_verdict),
        cmocka_unit_test(why_a_layer_cannot_be_seen_is_printed_once),
        cmocka_unit_test(the_document_has_the_verdict_twice),
        cmocka_unit_test(a_broken_layer_is_told_by_the_check_that_broke_it),
        cmocka_unit_test(a_layer_that_changes_is_news_once),
        cmocka_unit_test(a_check_is_news_when_its_verdict_or_its_stage_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
