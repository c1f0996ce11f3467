/* `sandwatch status`: the document that scripts read, and the page that people read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aid/world.h"
#include "cli/report.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/text.h"

static const struct status_options options = {.context = "test"};

static struct report
report_of(struct world *world)
{
    return (struct report){
        .options = &options,
        .assessment = world_assess(world),
        .snapshot = world_looked_at(world),
        .now_ms = WORLD_NOW_MS,
    };
}

static struct json *
document_of(struct world *world)
{
    struct report report = report_of(world);

    return report_json(&report);
}

static void
has_members(const struct json *array, const char *const *members)
{
    assert_true(json_is_array(array));
    assert_true(json_count(array) > 0);
    for (const struct json *row = json_first(array); row; row = json_next(row))
        for (size_t i = 0; members[i]; i++)
            if (!json_get(row, members[i]))
                fail_msg("a row has no member \"%s\"", members[i]);
}

static void
the_document_has_every_member_that_was_promised(void **state)
{
    static const struct {
        const char *array, *members[16];
    } promised[] = {
        {"sources", {"name", "state", "age_seconds", "error"}},
        {"pools",
         {"id", "name", "health", "reason", "workers_polling", "active", "depth", "pending",
          "oldest_queued_seconds"}},
        {"jobs",
         {"id", "pool_id", "session_id", "title", "state", "age_seconds", "heartbeat_age_seconds",
          "session_status", "stop_reason", "flags", "from"}},
        {"tunnels", {"id", "name", "domain", "state", "certificates"}},
        {"connectors", {"name", "url", "ready_connections", "state"}},
        {"checks", {"target", "protocol", "family", "verdict", "stages", "error", "hint"}},
        {"layers", {"tunnel_id", "layer", "verdict", "evidence"}},
        {"diagnosis", {"severity", "rule", "subject", "summary", "evidence", "next_step"}},
    };
    struct world *world = world_incident();
    struct json *document = document_of(world);

    (void)state;
    assert_string_equal(json_string(document, "generated_at", ""), "2026-11-23T09:10:00Z");
    assert_string_equal(json_string(document, "context", ""), "test");
    for (size_t i = 0; i < COUNT_OF(promised); i++)
        has_members(json_get(document, promised[i].array), promised[i].members);
    json_free(document);
    world_free(world);
}

static void
what_is_not_known_is_null(void **state)
{
    struct world *world = world_new();
    struct pool *pool = world_pool(world, "eu-west");
    struct json *document;
    const struct json *row;

    (void)state;
    pool->stats_at_ms = 0;
    pool->active = -1;
    world_job(world, "eu-west", "")->heartbeat_ms = 0;
    document = document_of(world);
    row = json_first(json_get(document, "pools"));
    assert_true(json_is_null(json_get(row, "workers_polling")));
    assert_true(json_is_null(json_get(row, "depth")));
    assert_true(json_is_null(json_get(row, "active")));
    assert_true(json_is_null(json_get(row, "oldest_queued_seconds")));
    row = json_first(json_get(document, "jobs"));
    assert_true(json_is_null(json_get(row, "title")));
    assert_true(json_is_null(json_get(row, "heartbeat_age_seconds")));
    json_free(document);
    world_free(world);
}

static void
a_source_is_ok_stale_error_or_disabled(void **state)
{
    struct world *world = world_new();
    struct json *document;
    const struct json *row;

    (void)state;
    world_source(world, SOURCE_stats)->ok_at_ms = world_ago(21);
    world_fail(world, SOURCE_work, ERR_SERVER, "HTTP 500");
    world_source(world, SOURCE_sessions)->state = SOURCE_STATE_disabled;
    document = document_of(world);
    row = json_first(json_get(document, "sources"));
    assert_string_equal(json_string(row, "state", ""), "ok");
    assert_true(json_is_null(json_get(row, "error")));
    row = json_next(row);
    assert_string_equal(json_string(row, "state", ""), "stale");
    assert_int_equal(json_int(row, "age_seconds", -1), 21);
    row = json_next(row);
    assert_string_equal(json_string(row, "state", ""), "error");
    assert_string_equal(json_string(row, "error", ""), "HTTP 500");
    row = json_next(row);
    assert_string_equal(json_string(row, "state", ""), "disabled");
    json_free(document);
    world_free(world);
}

static void
stages_are_an_object_of_milliseconds(void **state)
{
    struct world *world = world_new();
    struct json *document;
    const struct json *stages;

    (void)state;
    world_check(world, CHECK_API_443, "api", 4)->stage_us[STAGE_tls] = -1;
    document = document_of(world);
    stages = json_get(json_first(json_get(document, "checks")), "stages");
    assert_true(json_double(stages, "tcp", 0) > 11.79 && json_double(stages, "tcp", 0) < 11.81);
    assert_null(json_get(stages, "tls"));
    assert_null(json_get(stages, "quic"));
    json_free(document);
    world_free(world);
}

/* The page in memory; caller frees. */
static char *
page_of(struct world *world, const struct status_options *how)
{
    struct report report = report_of(world);
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    assert_non_null(out);
    report.options = how;
    report_text(out, &report);
    fclose(out);
    return bytes;
}

static void
the_page_says_when_nothing_is_wrong(void **state)
{
    struct world *world = world_healthy();
    char *page = page_of(world, &options);

    (void)state;
    assert_non_null(strstr(page, "nothing is wrong that can be seen from here"));
    assert_null(strstr(page, "\033"));
    free(page);
    world_free(world);
}

static void
the_page_begins_with_the_worst(void **state)
{
    struct world *world = world_incident();
    char *page = page_of(world, &options);
    const char *critical = strstr(page, "pool.no_workers"), *info = strstr(page, "pool.no_env");

    (void)state;
    if (getenv("SHOW"))
        puts(page);
    assert_non_null(critical);
    assert_non_null(info);
    assert_true(critical < info);
    assert_true(info < strstr(page, "Worker pools"));
    free(page);
    world_free(world);
}

static void
in_ascii_every_byte_is_ascii(void **state)
{
    static const struct status_options ascii = {.context = "test", .is_ascii = true};
    struct world *worlds[] = {world_hostile(), world_incident()};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(worlds); i++) {
        char *page = page_of(worlds[i], &ascii);

        for (const char *c = page; *c; c++)
            assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7F));
        free(page);
        world_free(worlds[i]);
    }
}

static void
no_control_byte_of_a_remote_reaches_the_page(void **state)
{
    struct world *world = world_hostile();
    char *page = page_of(world, &options);
    const char *s = page;
    size_t n = strlen(page);

    (void)state;
    while (n > 0) {
        bool is_newline = *s == '\n';
        const char *from = s;
        uint32_t c = text_next(&s, &n);

        assert_true(is_newline || c >= 0x20);
        assert_true(c != TEXT_REPLACEMENT || memcmp(from, "\xEF\xBF\xBD", 3) == 0);
    }
    free(page);
    world_free(world);
}

/* Run the command with standard output and standard error put aside. */
static int
run_quietly(struct store *store, int64_t timeout_ms)
{
    struct status_options how = {
        .context = "test", .timeout_ms = timeout_ms, .thresholds = thresholds_default()};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO), status;

    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    status = cli_status(&how, store);
    dup2(out, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    close(out);
    close(errors);
    close(nowhere);
    return status;
}

static void
sources_that_never_answer_are_not_waited_for_for_ever(void **state)
{
    struct world *world = world_loading();
    int64_t began_ms = clock_mono_ms();

    (void)state;
    assert_int_equal(run_quietly(world_store(world), 50), 1); /* nothing at all was read */
    assert_true(clock_mono_ms() - began_ms >= 50);
    world_free(world);
}

static void
what_is_settled_is_printed_at_once(void **state)
{
    struct world *world = world_healthy();
    int64_t began_ms = clock_mono_ms();

    (void)state;
    assert_int_equal(run_quietly(world_store(world), 60000), 0);
    assert_true(clock_mono_ms() - began_ms < 30000);
    world_free(world);
}

static void
rows_that_are_still_on_their_way_are_waited_for(void **state)
{
    struct world *world = world_healthy();
    int64_t began_ms = clock_mono_ms();

    (void)state;
    world_service(world)->is_settled = false;
    assert_int_equal(run_quietly(world_store(world), 50), 0);
    assert_true(clock_mono_ms() - began_ms >= 50);
    world_free(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_has_every_member_that_was_promised),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(a_source_is_ok_stale_error_or_disabled),
        cmocka_unit_test(stages_are_an_object_of_milliseconds),
        cmocka_unit_test(the_page_says_when_nothing_is_wrong),
        cmocka_unit_test(the_page_begins_with_the_worst),
        cmocka_unit_test(in_ascii_every_byte_is_ascii),
        cmocka_unit_test(no_control_byte_of_a_remote_reaches_the_page),
        cmocka_unit_test(sources_that_never_answer_are_not_waited_for_for_ever),
        cmocka_unit_test(what_is_settled_is_printed_at_once),
        cmocka_unit_test(rows_that_are_still_on_their_way_are_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
