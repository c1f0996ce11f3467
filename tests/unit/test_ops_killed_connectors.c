/* Consoles that are killed at each step of what they do about connectors: one taken down, one
 * restarted, a token replaced. Nothing is told or rotated twice, what ends well is seen in the
 * world, and what is not certain is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/fetch.h"
#include "aid/killed.h"
#include "core/json.h"

enum { LANES = 24, SETTLE_MS = 15000, FIRST_CONNECTOR = 1, CONNECTORS = 2, FILE_BYTES = 4096 };

static struct acting run;

/* Asked directly, by nobody whose answers are tested. */
struct process {
    char id[128];
    int64_t connections; /* 0: it does not answer */
};
static struct process before[CONNECTORS];
static char token_before[FILE_BYTES];

static struct process
look_at(size_t nth)
{
    struct fetched answer = fetch_at(run.watch.config.connectors[nth].url, "/ready");
    struct json *json = json_parse(answer.body, strlen(answer.body), NULL);
    struct process process = {.connections = json_int(json, "readyConnections", 0)};

    snprintf(process.id, sizeof(process.id), "%s", json_string(json, "connectorId", ""));
    json_free(json);
    fetched_free(&answer);
    return process;
}

static void
read_token(char out[FILE_BYTES])
{
    FILE *file = fopen(run.options.tokens[0].file, "r");

    assert_non_null(file);
    out[fread(out, 1, FILE_BYTES - 1, file)] = '\0';
    fclose(file);
}

static const char *
path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", run.folder, name);
    return path;
}

/* Did a command begin, whatever became of the console that began it? */
static bool
has_begun(void)
{
    return access(path_of("begun"), F_OK) == 0;
}

/* Commands take a while, so that what was there before is still there when they have begun. */
static void
begin(void)
{
    static char script[600];

    acting_begin(&run, "tests/worlds/idle.yaml");
    acting_use_controls(&run);
    snprintf(script, sizeof(script), "touch '%s'; sleep 1; exec \"$@\"", path_of("begun"));
    for (size_t i = FIRST_CONNECTOR; i < run.options.n_controls; i++) {
        acting_wrap_verb(&run, i, DRIVER_restart, script);
        acting_wrap_verb(&run, i, DRIVER_drain, script);
    }
    run.options.settle_ms = SETTLE_MS;
    for (size_t i = 0; i < CONNECTORS; i++)
        before[i] = look_at(i);
    read_token(token_before);
}

static void
start(void)
{
    acting_start(&run);
    acting_use_connectors(&run);
}

static void
act(enum op_kind kind, const char *id)
{
    acting_until_connected(&run);
    assert_int_equal(acting_plan(&run, kind, (const char *const[]){id, NULL})->state,
                     OP_STATE_planned);
    acting_confirm(&run);
}

static const struct op *
resume(const struct op *left)
{
    acting_take_over(&run, ORDER_resume, left->id, left->must_type);
    return acting_over(&run);
}

/* The summary of an op that did not end well names what is open. */
static void
expect_said(int point, const struct op *op, const char *part)
{
    if (op->state != OP_STATE_failed || !strstr(op->summary, part))
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
}

static void
expect_steps(int point, const char *what, size_t most)
{
    size_t most_of_one, n = killed_steps(&run, what, &most_of_one);

    if (n > most || most_of_one > 1)
        fail_msg("point %d: %zu of %s, %zu of one", point, n, what, most_of_one);
}

static bool
is_another(size_t nth)
{
    struct process now = look_at(nth);

    return strcmp(now.id, before[nth].id) != 0 && now.connections == before[nth].connections;
}

/* --- taken down --- */

static void
drain(void)
{
    act(OP_drain_connector, run.watch.config.connectors[0].url);
}

static void
check_drain(int point, const struct op *left)
{
    const struct op *op = resume(left);

    if (op->state != OP_STATE_done)
        expect_said(point, op, "still carries traffic");
    if ((op->state == OP_STATE_done) != has_begun() ||
        (op->state == OP_STATE_done) != (look_at(0).connections == 0))
        fail_msg("point %d: %s, but it is not so", point, op->summary);
    expect_steps(point, "drain", 1);
}

static void
a_drain_that_is_killed_at_any_step_ends_when_the_connector_is_down(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin,
                                         .start = start,
                                         .act = drain,
                                         .check = check_drain,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= 6);
}

/* --- restarted --- */

static void
restart(void)
{
    act(OP_restart_connector, run.watch.config.connectors[0].url);
}

static void
check_restart(int point, const struct op *left)
{
    const struct op *op = resume(left);

    if (op->state != OP_STATE_done)
        expect_said(point, op, "is not known");
    if ((op->state == OP_STATE_done) != has_begun() ||
        (op->state == OP_STATE_done) != is_another(0))
        fail_msg("point %d: %s, but it is not so", point, op->summary);
    expect_steps(point, "restart", 1);
}

static void
a_restart_that_is_killed_at_any_step_ends_when_another_process_has_the_connections(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin,
                                         .start = start,
                                         .act = restart,
                                         .check = check_restart,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= 7);
}

/* --- a token --- */

static void
rotate(void)
{
    act(OP_rotate_token, run.options.tokens[0].tunnel_id);
}

static bool
has_new_token(void)
{
    char now[FILE_BYTES];

    read_token(now);
    return strcmp(now, token_before) != 0;
}

/* Once at most; and whoever lost the new one is told. */
static void
check_rotation(int point, const struct op *op)
{
    int64_t n = watch_asked(&run.watch, "POST /v1/tunnels/{id}/rotate_token");

    if (n > 1)
        fail_msg("point %d: rotated %d times", point, (int)n);
    if (n == 1 && !has_new_token() && !strstr(op->summary, "rotate again"))
        fail_msg("point %d: the token is lost, and it says: %s", point, op->summary);
    if (n == 0 && has_new_token())
        fail_msg("point %d: a token came from nowhere", point);
    expect_steps(point, "send", 1);
    expect_steps(point, "deliver", 1);
    expect_steps(point, "restart", CONNECTORS);
}

static void
check_resumed(int point, const struct op *left)
{
    const struct op *op = resume(left);

    check_rotation(point, op);
    if (op->state == OP_STATE_done && !(has_new_token() && is_another(0) && is_another(1)))
        fail_msg("point %d: %s, but it is not so", point, op->summary);
    if (op->state != OP_STATE_done)
        expect_said(point, op, strstr(op->summary, "rotate again") ? "rotate again" : "not known");
}

static void
a_rotation_that_is_killed_at_any_step_rotates_once_and_says_when_the_token_is_lost(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin,
                                         .start = start,
                                         .act = rotate,
                                         .check = check_resumed,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= 16);
}

static void
check_dismissed(int point, const struct op *left)
{
    const struct op *op;

    acting_take_over(&run, ORDER_dismiss, left->id, left->must_type);
    op = acting_over(&run);
    if (op->state != OP_STATE_dismissed)
        fail_msg("point %d: %s: %s", point, op_state_name(op->state), op->summary);
    check_rotation(point, op);
}

static void
a_rotation_that_is_killed_and_dismissed_says_when_the_token_is_lost(void **state)
{
    static const struct killed killed = {.acting = &run,
                                         .begin = begin,
                                         .start = start,
                                         .act = rotate,
                                         .check = check_dismissed,
                                         .ends = OP_STATE_done};

    (void)state;
    assert_true(killed_at_each_point(&killed, LANES) >= 16);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drain_that_is_killed_at_any_step_ends_when_the_connector_is_down),
        cmocka_unit_test(
            a_restart_that_is_killed_at_any_step_ends_when_another_process_has_the_connections),
        cmocka_unit_test(
            a_rotation_that_is_killed_at_any_step_rotates_once_and_says_when_the_token_is_lost),
        cmocka_unit_test(a_rotation_that_is_killed_and_dismissed_says_when_the_token_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
