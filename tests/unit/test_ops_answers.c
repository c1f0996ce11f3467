/* Every op and every answer of the service: how it ends, and that nothing is sent twice that may
 * have happened. The ops of one table run at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aid/acting.h"
#include "aid/apart.h"
#include "aid/fetch.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/text.h"

enum { GRACE_MS = 3000, ANSWER_WITHIN_MS = 1200, REQUEUE_MS = 4000, MOST_ROWS = 20 };

static struct acting run;

/* What the service answers, once, and whether it did what it was asked. */
static const struct row {
    const char *name;
    const char *order; /* members of POST /sim/fault; docs/simulator.md */
    /* how the op ends, or stands */
    enum op_state stop, restart, rotate;
    size_t requests; /* of the stop that it takes */
} rows[] = {
    {"200 with the work item",
     "\"status\":200,\"body\":{\"type\":\"work\",\"state\":\"stopping\"},\"acted\":true",
     OP_STATE_done, OP_STATE_done, OP_STATE_failed, 1},
    {"204", "\"status\":204,\"acted\":true", OP_STATE_done, OP_STATE_done, OP_STATE_failed, 1},
    {"401", "\"status\":401", OP_STATE_failed, OP_STATE_failed, OP_STATE_failed, 1},
    {"403", "\"status\":403", OP_STATE_failed, OP_STATE_failed, OP_STATE_failed, 1},
    {"404", "\"status\":404", OP_STATE_done, OP_STATE_failed, OP_STATE_failed, 1},
    {"409", "\"status\":409", OP_STATE_asking, OP_STATE_failed, OP_STATE_failed, 1},
    {"412", "\"status\":412", OP_STATE_failed, OP_STATE_failed, OP_STATE_failed, 1},
    {"429, then as usual", "\"status\":429,\"headers\":{\"retry-after\":\"1\"}", OP_STATE_done,
     OP_STATE_done, OP_STATE_failed, 2},
    {"500", "\"status\":500", OP_STATE_asking, OP_STATE_asking, OP_STATE_failed, 1},
    {"500 after it was done", "\"status\":500,\"acted\":true", OP_STATE_done, OP_STATE_done,
     OP_STATE_failed, 1},
    {"no answer in time", "\"answer\":\"silence\"", OP_STATE_asking, OP_STATE_asking,
     OP_STATE_failed, 1},
    {"no answer in time after it was done", "\"answer\":\"silence\",\"acted\":true", OP_STATE_done,
     OP_STATE_done, OP_STATE_failed, 1},
    {"reset", "\"answer\":\"reset\"", OP_STATE_asking, OP_STATE_asking, OP_STATE_failed, 1},
    {"reset after it was done", "\"answer\":\"reset\",\"acted\":true", OP_STATE_done, OP_STATE_done,
     OP_STATE_failed, 1},
    {"garbage", "\"status\":200,\"body\":\"<html>{[\",\"content_type\":\"text/html\"",
     OP_STATE_asking, OP_STATE_asking, OP_STATE_failed, 1},
    {"garbage after it was done",
     "\"status\":200,\"body\":\"<html>{[\",\"content_type\":\"text/html\",\"acted\":true",
     OP_STATE_done, OP_STATE_done, OP_STATE_failed, 1},
};

static char objects[MOST_ROWS][ORDER_ID_BYTES]; /* of each row */
static char pool_id[ORDER_ID_BYTES];

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/long-calls.yaml");
    run.options.grace_ms = GRACE_MS;
    run.options.requeue_ms = REQUEUE_MS;
    run.options.send_within_ms = 1000;
    run.watch.options.effect_within_ms = ANSWER_WITHIN_MS;
    acting_use_controls(&run);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

static void
prepare(const char *path, const char *order)
{
    char body[1024];

    snprintf(body, sizeof(body),
             "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"%s\",%s,\"from\":\"api_key\"}",
             path, order);
    watch_post(&run.watch, "/sim/fault", body);
}

/* How often a whole path was posted to with our key. */
static size_t
posted(const char *path)
{
    struct fetched answer = fetch_at(run.watch.config.base_url, "/sim/log");
    struct json *json = json_parse(answer.body, strlen(answer.body), NULL);
    const struct json *list = json_get(json, "data");
    size_t n = 0;

    for (const struct json *one = json_first(list); one; one = json_next(one))
        n += strcmp(json_string(one, "method", ""), "POST") == 0 &&
             strcmp(json_string(one, "path", ""), path) == 0 &&
             strcmp(json_string(one, "credential", ""), "api_key") == 0;
    json_free(json);
    fetched_free(&answer);
    return n;
}

/* Of row i, whose tickets are 1, 2, …; NULL while it is not there. */
static const struct op *
op_of_row(const struct snapshot *snapshot, size_t i)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t k = 0; k < n; k++)
        if (ops[k].ticket == i + 1)
            return &ops[k];
    return NULL;
}

static enum op_state
expected_of(size_t i, size_t offset)
{
    return *(const enum op_state *)(const void *)((const char *)&rows[i] + offset);
}

static bool
are_as_expected(const struct snapshot *snapshot, const void *offset)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct op *op = op_of_row(snapshot, i);

        if (!op || op->state != expected_of(i, *(const size_t *)offset))
            return false;
    }
    return true;
}

static void
expect_states(const char *what, size_t offset)
{
    if (watch_until(&run.watch, are_as_expected, &offset))
        return;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct op *op = op_of_row(&run.watch.snapshot, i);
        enum op_state expected = expected_of(i, offset);

        if (!op || op->state != expected)
            print_error("%s, answered %s: expected %s, found %s: %s (%s)\n", what, rows[i].name,
                        op_state_name(expected), op ? op_state_name(op->state) : "nothing",
                        op ? op->summary : "", op && op->n_items ? op->items[0].note : "");
    }
    fail();
}

static void
take_jobs(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct job *job = acting_job(&run, JOB_STATE_active, i);

        assert_non_null(job);
        snprintf(objects[i], ORDER_ID_BYTES, "%s", job->id);
        snprintf(pool_id, sizeof(pool_id), "%s", job->pool_id);
    }
}

static const char *
stop_path(size_t i)
{
    static char path[2 * ORDER_ID_BYTES + MOST_ROWS * ORDER_ID_BYTES + 64];

    snprintf(path, sizeof(path), "/v1/environments/%s/work/%s/stop", pool_id, objects[i]);
    return path;
}

static void
start_all(enum op_kind kind)
{
    run.last_ticket = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct op *op = acting_plan(&run, kind, (const char *const[]){objects[i], NULL});

        assert_int_equal(op->state, OP_STATE_planned);
        acting_confirm(&run);
    }
}

static void
a_stop_ends_as_its_answer_and_the_world_say(void **state)
{
    (void)state;
    acting_start(&run);
    take_jobs();
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        prepare(stop_path(i), rows[i].order);
    start_all(OP_stop_job);
    expect_states("stop job", offsetof(struct row, stop));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (posted(stop_path(i)) != rows[i].requests)
            fail_msg("%s: %zu requests", rows[i].name, posted(stop_path(i)));
}

/* 409, 500, silence, reset and garbage, none of which was done. */
static bool
only_the_undone_are_left(const struct snapshot *snapshot, const void *context)
{
    size_t n, n_open = 0, n_waiting = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n == 1 && i < ops[0].n_items; i++) {
        n_open += ops[0].items[i].progress == OP_ITEM_taken;
        n_waiting += ops[0].items[i].progress < OP_ITEM_taken;
    }
    return n == 1 && ops[0].offer == OP_OFFER_force && n_open == 5 && n_waiting == 0;
}

/* A pool of one job for each answer would be a world of its own; one drain meets them all. */
static void
a_drain_meets_every_answer_and_names_what_is_left(void **state)
{
    const struct op *op;
    size_t n_failed = 0, n_open = 0;

    (void)state;
    acting_start(&run);
    take_jobs();
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, "401") != 0 && strcmp(rows[i].name, "403") != 0)
            prepare(stop_path(i), rows[i].order);
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){pool_id, NULL},
                          1u << OP_CHOICE_stop_running);
    assert_int_equal(op->state, OP_STATE_planned);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, only_the_undone_are_left, NULL));
    op = acting_op(&run);
    assert_int_equal(op->offer, OP_OFFER_force);
    for (size_t i = 0; i < op->n_items; i++) {
        n_failed += op->items[i].progress == OP_ITEM_failed;
        n_open += op->items[i].progress == OP_ITEM_taken;
    }
    assert_int_equal(n_failed, 1); /* 412 */
    assert_int_equal(n_open, 5);
    assert_int_equal(op->n_done, op->n_items - 6);
}

static void
a_refused_credential_ends_a_drain_before_it_has_asked_for_all(void **state)
{
    const struct op *op;

    (void)state;
    acting_start(&run);
    take_jobs();
    watch_post(&run.watch, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"/v1/environments/{id}/work/"
               "{id}/stop\",\"status\":403,\"times\":1000}");
    acting_plan_with(&run, OP_drain_pool, (const char *const[]){pool_id, NULL},
                     1u << OP_CHOICE_stop_running);
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_failed);
    assert_int_equal(op->n_done, 0);
    assert_true(acting_stops(&run) <= 8); /* two rounds of those that may be in flight */
}

/* Sessions that wait for a tool call, so that one is open when their jobs stop. */
static void
make_busy_sessions(void)
{
    static const char call[] =
        "{\"type\":\"tool\",\"name\":\"bash\",\"input\":{\"command\":\"make\"}}";
    struct text script = {.bytes = (char[8192]){""}, .size = 8192};
    size_t n;

    snprintf(pool_id, sizeof(pool_id), "%s", snapshot_pools(&run.watch.snapshot, &n)[0].id);
    for (int i = 0; i < 60; i++)
        text_addf(&script, "%s%s", i ? "," : "", call);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[9000];

        snprintf(body, sizeof(body),
                 "{\"environment_id\":\"%s\",\"title\":\"busy %zu\",\"script\":[%s]}", pool_id, i,
                 script.bytes);
        watch_post(&run.watch, "/sim/session", body);
    }
}

static bool
are_busy(const struct snapshot *snapshot, const void *context)
{
    size_t n, found = 0;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++) {
        unsigned nth;

        if (jobs[i].state_kind != JOB_STATE_active || !jobs[i].session_status[0] ||
            sscanf(jobs[i].title, "busy %u", &nth) != 1 || nth >= COUNT_OF(rows))
            continue;
        snprintf(objects[nth], ORDER_ID_BYTES, "%s", jobs[i].id);
        found++;
    }
    return found == COUNT_OF(rows);
}

static void
a_restart_ends_as_the_answer_to_its_interrupt_and_the_world_say(void **state)
{
    (void)state;
    acting_start(&run);
    make_busy_sessions();
    assert_true(watch_until(&run.watch, are_busy, NULL));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct job *job = NULL;
        size_t n;
        const struct job *jobs = snapshot_jobs(&run.watch.snapshot, &n);
        char path[256];

        for (size_t k = 0; k < n; k++)
            if (strcmp(jobs[k].id, objects[i]) == 0)
                job = &jobs[k];
        assert_non_null(job);
        snprintf(path, sizeof(path), "/v1/sessions/%s/events", job->session_id);
        prepare(path, rows[i].order);
    }
    start_all(OP_restart_job);
    expect_states("restart job", offsetof(struct row, restart));
}

static void
a_rotation_whose_answer_is_not_its_own_fails_and_says_what_that_means(void **state)
{
    size_t n;
    const struct tunnel *tunnels;
    char id[ORDER_ID_BYTES], path[256];

    (void)state;
    acting_start(&run);
    tunnels = snapshot_tunnels(&run.watch.snapshot, &n);
    snprintf(id, sizeof(id), "%s", tunnels[0].id);
    snprintf(path, sizeof(path), "/v1/tunnels/%s/rotate_token", id);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[1024];
        const struct op *op;
        bool is_unsure = strstr(rows[i].order, "acted") || strstr(rows[i].name, "500") ||
                         strstr(rows[i].name, "reset") || strstr(rows[i].name, "garbage") ||
                         strstr(rows[i].name, "no answer");

        snprintf(body, sizeof(body), "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"%s\",%s}",
                 path, rows[i].order);
        watch_post(&run.watch, "/sim/fault", body);
        op = acting_plan(&run, OP_rotate_token, (const char *const[]){id, NULL});
        assert_int_equal(op->state, OP_STATE_planned);
        assert_true(*op->must_type);
        acting_confirm(&run);
        op = acting_over(&run);
        if (op->state != rows[i].rotate ||
            !strstr(op->summary, is_unsure ? "not known" : "nothing was rotated"))
            fail_msg("%s: %s: %s", rows[i].name, op_state_name(op->state), op->summary);
    }
}

static void
a_service_that_is_gone_has_not_been_asked(void **state)
{
    const struct op *op;

    (void)state;
    run.options.retry_ms = 2000;
    acting_start(&run);
    take_jobs();
    acting_plan(&run, OP_stop_job, (const char *const[]){objects[0], NULL});
    watch_end_world(&run.watch);
    acting_confirm(&run);
    op = acting_over(&run);
    assert_int_equal(op->state, OP_STATE_failed);
    assert_non_null(strstr(op->summary, "not sent"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_stop_ends_as_its_answer_and_the_world_say),
        TEST(a_drain_meets_every_answer_and_names_what_is_left),
        TEST(a_refused_credential_ends_a_drain_before_it_has_asked_for_all),
        TEST(a_restart_ends_as_the_answer_to_its_interrupt_and_the_world_say),
        TEST(a_rotation_whose_answer_is_not_its_own_fails_and_says_what_that_means),
        TEST(a_service_that_is_gone_has_not_been_asked),
    };

    return apart_run(tests, COUNT_OF(tests));
}
