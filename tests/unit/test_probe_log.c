/* Logs of connectors and proxy: lines in whatever form they come, files that rotate, and what is
 * counted of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/measure.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "probe/logbook.h"
#include "probe/tail.h"

/* ---- one line ---- */

static const struct {
    const char *line;
    enum log_signal signal;
} known[] = {
    {"2026-08-20T10:00:00Z INF Registered tunnel connection connIndex=0 ip=198.41.192.7",
     LOG_SIGNAL_registered},
    {"2026-08-20T10:00:00Z ERR Failed to dial a quic connection error=\"failed to dial to edge "
     "with quic: timeout: no recent network activity\" connIndex=0",
     LOG_SIGNAL_dial_silent},
    {"2026-08-20T10:00:00Z ERR Failed to dial a quic connection error=\"timeout: handshake did not "
     "complete in time\"",
     LOG_SIGNAL_dial_incomplete},
    {"2026-08-20T10:00:00Z ERR Failed to dial a quic connection error=\"CRYPTO_ERROR 0x178 "
     "(remote): no application protocol\"",
     LOG_SIGNAL_dial_impostor},
    {"2026-08-20T10:00:00Z ERR Failed to dial a quic connection error=\"sendto: operation not "
     "permitted\"",
     LOG_SIGNAL_dial_forbidden},
    {"2026-08-20T10:00:00Z ERR Failed to dial a quic connection error=\"else\"",
     LOG_SIGNAL_dial_failed},
    {"2026-08-20T10:00:00Z ERR Unable to establish connection with Cloudflare edge error=\"TLS "
     "handshake with edge error: EOF\"",
     LOG_SIGNAL_edge_tls},
    {"2026-08-20T10:00:00Z ERR Unable to establish connection with Cloudflare edge "
     "error=\"DialContext error: dial tcp 198.41.192.7:7844: i/o timeout\"",
     LOG_SIGNAL_edge_tcp},
    {"2026-08-20T10:00:00Z ERR Unable to establish connection with Cloudflare edge error=\"x\"",
     LOG_SIGNAL_edge_failed},
    {"2026-08-20T10:00:00Z ERR Register tunnel error from server side error=\"Unauthorized\"",
     LOG_SIGNAL_refused},
    {"2026-08-20T10:00:00Z WRN already connected to this server, trying another address",
     LOG_SIGNAL_duplicate},
    {"2026-08-20T10:00:00Z INF Retrying connection in up to 1m4s", LOG_SIGNAL_retrying},
    {"2026-08-20T10:00:00Z INF Switching to fallback protocol http2", LOG_SIGNAL_fell_back},
    {"2026-08-20T10:00:00Z INF Lost connection with the edge connIndex=1", LOG_SIGNAL_lost},
    {"2026-08-20T10:00:00Z ERR Connection terminated error=EOF", LOG_SIGNAL_terminated},
    {"2026-08-20T10:00:00Z ERR edge discovery: error looking up Cloudflare edge IPs: the DNS query "
     "failed",
     LOG_SIGNAL_discovery},
    {"2026-08-20T10:00:00Z WRN No ingress rules were defined in provided config",
     LOG_SIGNAL_no_ingress},
    {"2026-08-20T10:00:00Z INF failed to sufficiently increase receive buffer size (was: 208 kiB)",
     LOG_SIGNAL_udp_buffer},
    {"2026-08-20T10:00:00Z INF precheck component=\"DNS Resolution\" details=x run_id=4f "
     "status=fail target=region1",
     LOG_SIGNAL_precheck_dns},
    {"2026-08-20T10:00:00Z INF precheck component=\"UDP Connectivity\" details=x run_id=4f "
     "status=fail target=region1",
     LOG_SIGNAL_precheck_udp},
    {"2026-08-20T10:00:00Z INF precheck component=\"TCP Connectivity\" details=x run_id=4f "
     "status=fail target=region1",
     LOG_SIGNAL_precheck_tcp},
    {"2026-08-20T10:00:00Z INF precheck component=\"Cloudflare API\" details=x run_id=4f "
     "status=fail target=api",
     LOG_SIGNAL_precheck_api},
    {"2026-08-20T10:00:00Z INF precheck component=\"UDP Connectivity\" details=x run_id=4f "
     "status=pass target=region1",
     LOG_SIGNAL_precheck_row},
    {"2026-08-20T10:00:00Z INF precheck complete hard_fail=true run_id=4f",
     LOG_SIGNAL_precheck_hard},
    {"2026-08-20T10:00:00Z INF precheck complete hard_fail=false suggested_protocol=quic",
     LOG_SIGNAL_precheck_good},
    {"2026-08-20T10:00:00Z INF | UDP Connectivity | region1.v2.argotunnel.com | FAIL | blocked |",
     LOG_SIGNAL_precheck_table},
    {"time=2026-08-20T10:00:00Z level=INFO msg=\"route configured\" route=wiki", LOG_SIGNAL_route},
    {"time=2026-08-20T10:00:00Z level=WARN msg=\"no route for host\" host=x", LOG_SIGNAL_no_route},
    {"2026-08-20T10:00:00Z error IP validation failed: 8.8.8.8 is not a private address",
     LOG_SIGNAL_ip_refused},
    {"2026-08-20T10:00:00Z error tls handshake failed: remote error: tls: bad certificate",
     LOG_SIGNAL_inner_tls},
    {"yaml: cannot unmarshal !!seq into map[string]string", LOG_SIGNAL_routes_list},
    {"open /data/tls.key: permission denied", LOG_SIGNAL_key_denied},
    {"route wiki: invalid upstream (must be scheme://host:port)", LOG_SIGNAL_bad_upstream},
};

static struct log_line
read_line(const char *s)
{
    struct log_line line;

    assert_true(log_line_read(s, strlen(s), &line));
    return line;
}

static void
every_known_line_is_told_from_the_others(void **state)
{
    bool is_met[LOG_SIGNALS] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct log_line line = read_line(known[i].line);

        print_message("%s\n", line.text);
        assert_int_equal(log_signal_of(line.text), known[i].signal);
        is_met[known[i].signal] = true;
    }
    for (int i = 0; i < LOG_SIGNALS; i++)
        assert_true(is_met[i]);
    assert_int_equal(log_signal_of(read_line("2026-08-20T10:00:00Z INF hello").text), LOG_SIGNALS);
}

static void
what_complains_says_what_to_do(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_SIGNALS; i++) {
        enum log_signal signal = (enum log_signal)i;

        assert_true(*log_signal_meaning(signal));
        if (log_signal_mood(signal) >= LOG_MOOD_bad)
            assert_true(*log_signal_cause(signal) && *log_signal_next(signal));
    }
}

static void
json_lines_say_the_same_in_any_order(void **state)
{
    static const struct {
        const char *line;
        enum log_signal signal;
    } lines[] = {
        {"{\"level\":\"error\",\"error\":\"failed to dial to edge with quic: timeout: no recent "
         "network "
         "activity\",\"connIndex\":0,\"time\":\"2026-08-20T10:00:00Z\",\"message\":\"Failed "
         "to dial a quic connection\"}",
         LOG_SIGNAL_dial_silent},
        {"{\"level\":\"info\",\"run_id\":\"4f\",\"status\":\"fail\",\"target\":\"region1\","
         "\"component\":\"UDP Connectivity\",\"time\":\"2026-08-20T10:00:00Z\",\"message\":"
         "\"precheck\"}",
         LOG_SIGNAL_precheck_udp},
        {"{\"hard_fail\":true,\"time\":\"2026-08-20T10:00:00Z\",\"message\":\"precheck complete\"}",
         LOG_SIGNAL_precheck_hard},
        {"{\"msg\":\"tls handshake failed\",\"ts\":1787220000.0}", LOG_SIGNAL_inner_tls},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct log_line line = read_line(lines[i].line);

        print_message("%s\n", line.text);
        assert_int_equal(log_signal_of(line.text), lines[i].signal);
        assert_int_equal(line.at_ms, INT64_C(1787220000000));
    }
}

static void
what_stands_before_a_line_and_its_colours_do_not_matter(void **state)
{
    static const char *const lines[] = {
        "2026-08-20T10:00:05.5Z 2026-08-20T10:00:00Z INF Lost connection with the edge",
        "Aug 20 12:00:01 host cloudflared[12]: 2026-08-20T10:00:00Z INF Lost connection with the "
        "edge",
        "\033[90m2026-08-20T10:00:00Z\033[0m \033[32mINF\033[0m Lost connection with the edge\r",
        "2026-08-20T12:00:00+02:00 INF Lost connection with the edge",
        "Aug 20 12:00:01 host cloudflared[12]: {\"time\":\"2026-08-20T10:00:00Z\",\"message\":"
        "\"INF Lost connection with the edge\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct log_line line = read_line(lines[i]);

        assert_string_equal(line.text, "INF Lost connection with the edge");
        assert_int_equal(line.at_ms, INT64_C(1787220000000));
    }
}

static void
no_control_byte_of_a_log_gets_further(void **state)
{
    char bytes[LOG_LINE_LONGEST + 100];
    struct log_line line;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    assert_true(log_line_read(bytes, sizeof(bytes), &line));
    assert_true(strlen(line.text) < sizeof(line.text));
    for (const char *p = line.text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    assert_false(log_line_read(" \t\r\n", 4, &line));
    assert_false(log_line_read("", 0, &line));
    assert_true(log_line_read("{}", 2, &line));
}

/* ---- counting ---- */

#define NOW_MS INT64_C(1787220000000)

static struct log_facts
facts_at(const struct logbook *book, struct arena *arena, int64_t now_ms)
{
    struct log_facts facts = {.origin = "x", .error = ""};

    logbook_show(book, now_ms, arena, &facts);
    return facts;
}

static void
add_at(struct logbook *book, int64_t at_ms, const char *what, bool is_old, int64_t now_ms)
{
    struct log_line line = {.at_ms = at_ms};

    text_clean(line.text, sizeof(line.text), what, strlen(what));
    logbook_add(book, &line, is_old, now_ms);
}

static void
only_the_last_ten_minutes_count(void **state)
{
    struct logbook *book = calloc(1, sizeof(*book));
    struct arena *arena = arena_new();
    struct log_facts facts;

    (void)state;
    add_at(book, NOW_MS - 3600000, "Lost connection with the edge", true, NOW_MS);
    add_at(book, NOW_MS - 300000, "Lost connection with the edge", true, NOW_MS);
    add_at(book, NOW_MS - 2000, "Lost connection with the edge", false, NOW_MS);
    add_at(book, NOW_MS - 1000, "Register tunnel error from server side", false, NOW_MS);
    add_at(book, NOW_MS + 900000, "Registered tunnel connection", false, NOW_MS);
    facts = facts_at(book, arena, NOW_MS);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_lost)->recent, 2);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_lost)->last_ms, NOW_MS - 2000);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_registered)->last_ms, NOW_MS);
    assert_int_equal(log_complaint(&facts)->signal, LOG_SIGNAL_refused);
    assert_int_equal(facts.seen[0].signal, LOG_SIGNAL_registered);
    facts = facts_at(book, arena, NOW_MS + 700000);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_lost)->recent, 0);
    assert_null(log_complaint(&facts));
    arena_free(arena);
    free(book);
}

static void
an_old_line_without_a_time_is_no_news(void **state)
{
    struct logbook *book = calloc(1, sizeof(*book));
    struct arena *arena = arena_new();
    struct log_facts facts;

    (void)state;
    add_at(book, 0, "tls handshake failed", true, NOW_MS);
    facts = facts_at(book, arena, NOW_MS);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_inner_tls)->recent, 0);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_inner_tls)->last_ms, 0);
    add_at(book, 0, "tls handshake failed", false, NOW_MS);
    facts = facts_at(book, arena, NOW_MS);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_inner_tls)->recent, 1);
    assert_int_equal(log_sighting_of(&facts, LOG_SIGNAL_inner_tls)->last_ms, NOW_MS);
    arena_free(arena);
    free(book);
}

/* ---- a file ---- */

struct follow {
    struct tail tail;
    char path[300];
    char *folder;
    char said[40000]; /* lines so far, each ended by "|" */
    size_t n_lines, longest;
};

static void
take_line(void *context, const char *bytes, size_t n)
{
    struct follow *follow = context;

    follow->n_lines++;
    follow->longest = n > follow->longest ? n : follow->longest;
    if (n < 100 && strlen(follow->said) + 101 < sizeof(follow->said)) {
        strncat(follow->said, bytes, n);
        strcat(follow->said, "|");
    }
}

static struct follow *
follow_new(void)
{
    struct follow *follow = calloc(1, sizeof(*follow));

    follow->folder = folder_new();
    snprintf(follow->path, sizeof(follow->path), "%s/log", follow->folder);
    follow->tail.path = follow->path;
    follow->tail.lines.line = take_line;
    follow->tail.lines.context = follow;
    return follow;
}

static void
follow_free(struct follow *follow)
{
    tail_close(&follow->tail);
    folder_free(follow->folder);
    free(follow);
}

static void
append(const struct follow *follow, const char *what)
{
    FILE *file = fopen(follow->path, "ae");

    assert_non_null(file);
    fputs(what, file);
    fclose(file);
}

static void
look(struct follow *follow, const char *expected)
{
    struct err err;

    follow->said[0] = '\0';
    assert_true(tail_look(&follow->tail, &err));
    assert_string_equal(follow->said, expected);
}

static void
a_file_is_followed_line_by_line(void **state)
{
    struct follow *follow = follow_new();
    struct err err;

    (void)state;
    assert_false(tail_look(&follow->tail, &err));
    assert_non_null(strstr(err.message, "No such file"));
    append(follow, "one\ntw");
    look(follow, "one|");
    append(follow, "o\nthree\n");
    look(follow, "two|three|");
    look(follow, "");
    follow_free(follow);
}

static void
rotation_loses_no_line(void **state)
{
    struct follow *follow = follow_new();
    char old[310];

    (void)state;
    snprintf(old, sizeof(old), "%s.1", follow->path);
    append(follow, "one\n");
    look(follow, "one|");
    append(follow, "two\n");
    assert_int_equal(rename(follow->path, old), 0);
    look(follow, "two|"); /* no other file has its name yet */
    append(follow, "three\n");
    look(follow, "three|");
    assert_int_equal(truncate(follow->path, 0), 0);
    append(follow, "4\n");
    look(follow, "4|");
    follow_free(follow);
}

static void
of_a_large_file_only_the_end_is_read_and_of_a_long_line_the_beginning(void **state)
{
    struct follow *follow = follow_new();
    struct err err;
    FILE *file = fopen(follow->path, "we");

    (void)state;
    for (int i = 0; i < 30000; i++)
        fprintf(file, "line %06d\n", i);
    fclose(file);
    assert_true(tail_look(&follow->tail, &err));
    assert_true(follow->tail.is_old);
    assert_in_range(follow->n_lines, TAIL_FIRST_BYTES / 12 - 2, TAIL_FIRST_BYTES / 12 + 1);
    assert_memory_equal(follow->said, "line 0", 6); /* whole lines */
    file = fopen(follow->path, "ae");
    for (int i = 0; i < 3 * LOG_LINE_LONGEST; i++)
        fputc('x', file);
    fputs("\nend\n", file);
    fclose(file);
    look(follow, "end|");
    assert_false(follow->tail.is_old);
    assert_int_equal(follow->longest, LOG_LINE_LONGEST);
    follow_free(follow);
}

static void
only_a_file_is_followed(void **state)
{
    struct follow *follow = follow_new();
    struct err err;

    (void)state;
    follow->tail.path = follow->folder;
    assert_false(tail_look(&follow->tail, &err));
    assert_non_null(strstr(err.message, "not a file"));
    follow->tail.path = "/dev/zero";
    assert_false(tail_look(&follow->tail, &err));
    assert_non_null(strstr(err.message, "not a file"));
    follow_free(follow);
}

/* ---- into the rows ---- */

static const struct log_sighting *
seen_by(const struct snapshot *snapshot, enum log_signal signal)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(snapshot, &n);

    return n == 1 ? log_sighting_of(&rows[0].log, signal) : NULL;
}

static bool
is_registered(const struct snapshot *snapshot, void *context)
{
    (void)context;
    return seen_by(snapshot, LOG_SIGNAL_registered) != NULL;
}

static bool
is_registered_twice(const struct snapshot *snapshot, void *context)
{
    const struct log_sighting *seen = seen_by(snapshot, LOG_SIGNAL_registered);

    (void)context;
    return seen && seen->recent > 1;
}

static bool
is_lost(const struct snapshot *snapshot, void *context)
{
    (void)context;
    return seen_by(snapshot, LOG_SIGNAL_lost) != NULL;
}

static bool
has_log_error(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(snapshot, &n);

    (void)context;
    return n == 1 && rows[0].log.error && strstr(rows[0].log.error, "No such file");
}

static struct probe_options
options_for(const struct probe_connector *connector)
{
    return (struct probe_options){.api_url = "http://127.0.0.1:9",
                                  .connectors = connector,
                                  .n_connectors = 1,
                                  .is_off = true,
                                  .interval_ms = 60000};
}

static void
a_connectors_row_says_what_its_log_says(void **state)
{
    struct follow *follow = follow_new();
    struct probe_connector connector = {"a", "http://127.0.0.1:9", NULL, {follow->path, NULL}};
    struct probe_options options = options_for(&connector);
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_until(&m, has_log_error, NULL));
    append(follow, "2026-08-20T10:00:00Z INF Registered tunnel connection\n");
    assert_true(measure_until(&m, is_registered, NULL));
    assert_string_equal(measure_connector(&m, "a")->log.origin, follow->path);
    assert_string_equal(measure_connector(&m, "a")->log.error, "");
    assert_int_equal(seen_by(&m.snapshot, LOG_SIGNAL_registered)->recent, 0); /* long ago */
    append(follow, "INF Lost connection with the edge\n");
    assert_true(measure_until(&m, is_lost, NULL));
    assert_int_equal(seen_by(&m.snapshot, LOG_SIGNAL_lost)->recent, 1);
    measure_stop(&m);
    follow_free(follow);
}

static bool
log_says(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(snapshot, &n);

    return n == 1 && rows[0].log.error && strstr(rows[0].log.error, *(const char **)context);
}

static void
a_command_is_heard_on_both_streams_and_started_again(void **state)
{
    char script[300];
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *reason = "exit status 3: gone for now";
    TEXT(history, 40);
    struct probe_connector connector = {"a", "http://127.0.0.1:9", NULL, {NULL, argv}};
    struct probe_options options = options_for(&connector);
    struct measure m;

    (void)state;
    rfc3339_add(&history, clock_wall_ms() - 120000);
    snprintf(script, sizeof(script),
             "echo %s INF Lost connection with the edge; "
             "echo $(date -u +%%Y-%%m-%%dT%%H:%%M:%%SZ) INF Registered tunnel connection; "
             "echo gone for now >&2; exit 3",
             history.bytes);
    measure_start(&m, &options);
    assert_true(measure_until(&m, log_says, &reason));
    assert_non_null(strstr(measure_connector(&m, "a")->log.origin, "sh -c echo 20"));
    assert_true(measure_until(&m, is_registered_twice, NULL));
    assert_int_equal(seen_by(&m.snapshot, LOG_SIGNAL_lost)->recent, 1); /* told twice */
    measure_stop(&m);
}

static void
a_command_that_keeps_talking_is_followed_and_ended(void **state)
{
    static const char *const argv[] = {
        "sh", "-c",
        "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo 2026-08-20T10:00:00Z INF $i of many; "
        "done; "
        "echo INF Lost connection with the edge >&2; exec sleep 1000",
        NULL};
    struct probe_connector connector = {"a", "http://127.0.0.1:9", NULL, {NULL, argv}};
    struct probe_options options = options_for(&connector);
    int64_t started_ms;
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_until(&m, is_lost, NULL));
    started_ms = clock_mono_ms();
    measure_stop(&m);
    assert_true(clock_mono_ms() - started_ms < 1000);
}

static void
a_command_that_does_not_exist_says_so(void **state)
{
    static const char *const argv[] = {"no-such-program-here", NULL};
    const char *reason = "no-such-program-here: cannot start";
    struct probe_connector connector = {"a", "http://127.0.0.1:9", NULL, {NULL, argv}};
    struct probe_options options = options_for(&connector);
    struct measure m;

    (void)state;
    measure_start(&m, &options);
    assert_true(measure_until(&m, log_says, &reason));
    measure_stop(&m);
}

static bool
proxy_complains(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct proxy *rows = snapshot_proxies(snapshot, &n);

    (void)context;
    return n == 1 && log_sighting_of(&rows[0].log, LOG_SIGNAL_inner_tls);
}

static void
a_log_alone_makes_a_proxy(void **state)
{
    struct follow *follow = follow_new();
    struct probe_options options = {.api_url = "http://127.0.0.1:9", .is_off = true};
    struct measure m;

    (void)state;
    append(follow, "2026-08-20T10:00:00Z ERR tls handshake failed\n");
    options.proxy.log.file = follow->path;
    measure_start(&m, &options);
    assert_true(measure_until(&m, proxy_complains, NULL));
    measure_stop(&m);
    follow_free(follow);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_line_is_told_from_the_others),
        cmocka_unit_test(what_complains_says_what_to_do),
        cmocka_unit_test(json_lines_say_the_same_in_any_order),
        cmocka_unit_test(what_stands_before_a_line_and_its_colours_do_not_matter),
        cmocka_unit_test(no_control_byte_of_a_log_gets_further),
        cmocka_unit_test(only_the_last_ten_minutes_count),
        cmocka_unit_test(an_old_line_without_a_time_is_no_news),
        cmocka_unit_test(a_file_is_followed_line_by_line),
        cmocka_unit_test(rotation_loses_no_line),
        cmocka_unit_test(of_a_large_file_only_the_end_is_read_and_of_a_long_line_the_beginning),
        cmocka_unit_test(only_a_file_is_followed),
        cmocka_unit_test(a_connectors_row_says_what_its_log_says),
        cmocka_unit_test(a_command_is_heard_on_both_streams_and_started_again),
        cmocka_unit_test(a_command_that_keeps_talking_is_followed_and_ended),
        cmocka_unit_test(a_command_that_does_not_exist_says_so),
        cmocka_unit_test(a_log_alone_makes_a_proxy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
