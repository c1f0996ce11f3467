/* Connectors and the tokens of tunnels: taken down, brought back, replaced; workers one by one. The
 * control commands are the simulator's. */
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

static struct acting run;

static int
begin(void **state)
{
    (void)state;
    acting_begin(&run, "tests/worlds/many.yaml");
    watch_post(&run.watch, "/sim/switch", "{\"name\":\"fleet.pace\",\"value\":\"400\"}");
    acting_use_controls(&run);
    acting_start(&run);
    acting_use_connectors(&run);
    acting_until_connected(&run);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    acting_end(&run);
    return 0;
}

static const struct connector *
connector(const char *name)
{
    size_t n;
    const struct connector *rows = snapshot_connectors(&run.watch.snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    fail_msg("no connector is called %s", name);
    return NULL;
}

static const char *
url(const char *name)
{
    static char kept[ORDER_ID_BYTES];

    snprintf(kept, sizeof(kept), "%s", connector(name)->url);
    return kept;
}

static void
expect_done(const struct op *op)
{
    if (op->state != OP_STATE_done)
        fail_msg("%s: %s", op_state_name(op->state), op->summary);
}

static void
the_last_connector_of_a_tunnel_takes_a_second_word(void **state)
{
    const struct op *op;
    struct op_order *order;

    (void)state;
    op = acting_plan(&run, OP_drain_connector, (const char *const[]){url("alone-1"), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_string_equal(op->must_retype, "alone");
    assert_non_null(strstr(op->why_retype, "last connector"));
    order = op_order_new(ORDER_confirm);
    snprintf(order->op_id, sizeof(order->op_id), "%s", op->id);
    assert_true(store_order(run.watch.store, order)); /* without the second word */
    acting_confirm(&run);
    expect_done(acting_over(&run));
    assert_int_equal(connector("alone-1")->state, CONNECTOR_unreachable);
}

static void
a_restarted_connector_is_another_one_with_its_connections(void **state)
{
    char before[128];
    const struct op *op;

    (void)state;
    snprintf(before, sizeof(before), "%s", connector("pair-1")->connector_id);
    op = acting_plan(&run, OP_restart_connector, (const char *const[]){url("pair-1"), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    assert_string_equal(op->must_retype, "");
    acting_confirm(&run);
    expect_done(acting_over(&run));
    assert_string_not_equal(connector("pair-1")->connector_id, before);
    assert_int_equal(connector("pair-1")->ready_connections, 4);
}

static void
a_connector_that_is_down_is_brought_up_by_a_restart(void **state)
{
    const struct op *op;

    (void)state;
    acting_plan(&run, OP_drain_connector, (const char *const[]){url("pair-1"), NULL});
    acting_confirm(&run);
    expect_done(acting_over(&run));
    op = acting_plan(&run, OP_restart_connector, (const char *const[]){url("pair-1"), NULL});
    assert_int_equal(op->state, OP_STATE_planned);
    acting_confirm(&run);
    expect_done(acting_over(&run));
    assert_int_equal(connector("pair-1")->ready_connections, 4);
}

static bool
mentions(const struct op *op, const char *secret)
{
    for (size_t i = 0; i < op->n_lines; i++)
        if (strstr(op->lines[i].text, secret))
            return true;
    for (size_t i = 0; i < op->n_items; i++)
        if (strstr(op->items[i].note, secret) || strstr(op->items[i].what, secret))
            return true;
    return strstr(op->summary, secret) != NULL;
}

static char *
content(const char *path, size_t *n)
{
    FILE *file = fopen(path, "r");
    char *bytes = calloc(1, 1 << 20);

    if (!file || !bytes)
        fail_msg("cannot read %s", path);
    *n = file && bytes ? fread(bytes, 1, (1 << 20) - 1, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

static bool
journal_holds(const char *name, const char *secret)
{
    char path[512];
    size_t n;
    char *bytes;
    bool is;

    snprintf(path, sizeof(path), "%s/%s", run.folder, name);
    bytes = content(path, &n);
    is = memmem(bytes, n, secret, strlen(secret)) != NULL;
    free(bytes);
    return is;
}

static const struct ops_token *
token_of(const char *tunnel)
{
    for (size_t i = 0; i < run.options.n_tokens; i++)
        if (strcmp(run.options.tokens[i].tunnel_id, tunnel) == 0)
            return &run.options.tokens[i];
    fail_msg("no token of %s", tunnel);
    return NULL;
}

static void
a_rotated_token_reaches_its_file_and_nothing_else_and_its_connectors_follow(void **state)
{
    const char *tunnel = connector("pair-1")->tunnel_id;
    const struct ops_token *token = token_of(tunnel);
    char before[128], id[ORDER_ID_BYTES];
    const struct op *op;
    struct stat st;
    size_t n;
    char *old, *new;

    (void)state;
    old = content(token->file, &n);
    snprintf(before, sizeof(before), "%s", connector("pair-2")->connector_id);
    snprintf(id, sizeof(id), "%s", tunnel);
    op = acting_plan(&run, OP_rotate_token, (const char *const[]){id, NULL});
    assert_string_equal(op->must_type, "pair");
    assert_int_equal(op->n_items, 3);
    acting_confirm(&run);
    op = acting_over(&run);
    expect_done(op);
    new = content(token->file, &n);
    assert_true(n > 10);
    assert_string_not_equal(old, new);
    assert_int_equal(stat(token->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    new[strcspn(new, "\n")] = '\0';
    assert_false(mentions(op, new));
    assert_false(journal_holds("journal.db", new) || journal_holds("journal.db-wal", new));
    assert_string_not_equal(connector("pair-2")->connector_id, before);
    assert_int_equal(connector("pair-2")->ready_connections, 4);
    free(old);
    free(new);
}

static void
a_rotation_says_when_nothing_gets_through_meanwhile(void **state)
{
    char id[ORDER_ID_BYTES];

    (void)state;
    snprintf(id, sizeof(id), "%s", connector("alone-1")->tunnel_id);
    assert_true(acting_has_line(acting_plan(&run, OP_rotate_token, (const char *const[]){id, NULL}),
                                OP_LINE_warning, "nothing gets through alone while alone-1"));
    acting_order(&run, ORDER_dismiss, "");
    snprintf(id, sizeof(id), "%s", connector("pair-1")->tunnel_id);
    assert_false(
        acting_has_line(acting_plan(&run, OP_rotate_token, (const char *const[]){id, NULL}),
                        OP_LINE_warning, "nothing gets through"));
}

static bool
is_asked(const struct snapshot *snapshot, const void *ticket)
{
    const struct op *op = acting_op_in(snapshot, ticket);

    return op && op->n_items > 0 && op->items[0].progress == OP_ITEM_sent;
}

#define SLOW "{\"name\":\"api.slow_ms\",\"value\":\"1500\"}"
/* More than other requests may take, less than one with an effect. */
#define VERY_SLOW "{\"name\":\"api.slow_ms\",\"value\":\"18000\"}"

/* The console ends while the service takes its time. */
static void
leave_in_the_middle(const char *tunnel, const char *slow)
{
    char id[ORDER_ID_BYTES];

    snprintf(id, sizeof(id), "%s", tunnel);
    acting_plan(&run, OP_rotate_token, (const char *const[]){id, NULL});
    watch_post(&run.watch, "/sim/switch", slow);
    watch_fault(&run.watch, "api-slow", true);
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, is_asked, &run.last_ticket));
    acting_stop_ops(&run);
    watch_fault(&run.watch, "api-slow", false);
}

static void
resume_what_was_left(void)
{
    char op_id[OP_ID_BYTES];

    acting_start_ops(&run);
    snprintf(op_id, sizeof(op_id), "%s", acting_until_interrupted(&run)->id);
    acting_take_over(&run, ORDER_resume, op_id, "pair");
    expect_done(acting_over(&run));
}

static void
a_token_that_is_on_its_way_when_the_console_ends_reaches_its_file(void **state)
{
    const char *tunnel = connector("pair-1")->tunnel_id;
    const char *file = token_of(tunnel)->file;
    size_t n;
    char *old = content(file, &n), *new;

    (void)state;
    leave_in_the_middle(tunnel, VERY_SLOW);
    new = content(file, &n);
    assert_string_not_equal(old, new);
    free(old);
    free(new);
    resume_what_was_left();
    assert_int_equal(watch_asked(&run.watch, "POST /v1/tunnels/{id}/rotate_token"), 1);
}

static void
it_reaches_its_command_too(void **state)
{
    static const char *argv[] = {"sh", "-c", "sleep 1; cat > \"$0\"", NULL, NULL};
    const char *tunnel = connector("pair-1")->tunnel_id;
    struct ops_token *token = (struct ops_token *)(uintptr_t)token_of(tunnel);
    size_t n;
    char *old = content(token->file, &n), *new;
    const char *file = token->file;

    (void)state;
    argv[3] = file;
    token->command = argv;
    token->file = NULL;
    acting_stop_ops(&run);
    acting_start_ops(&run);
    leave_in_the_middle(tunnel, SLOW);
    new = content(file, &n);
    assert_true(n > 10);
    assert_string_not_equal(old, new);
    free(old);
    free(new);
    resume_what_was_left();
}

/* The first pool's control, with another argv for one verb. */
static void
replace_command(enum driver_verb verb, const char *const *words, size_t n, int deadline_ms)
{
    static struct driver driver;
    static struct driver_word argv[4];
    struct ops_control *control = (struct ops_control *)&run.options.controls[0];

    driver = *control->use.driver;
    for (size_t i = 0; i < n; i++)
        argv[i] = (struct driver_word){.text = words[i]};
    driver.verbs[verb].words = argv;
    driver.verbs[verb].n = n;
    driver.verbs[verb].deadline_ms = deadline_ms;
    control->use.driver = &driver;
    acting_stop_ops(&run);
    acting_start_ops(&run);
}

static void
a_command_that_fails_ends_the_op_before_anything_else_and_says_how(void **state)
{
    static const struct {
        const char *const words[3];
        size_t n;
        const char *says;
    } rows[] = {
        {{"sh", "-c", "echo out of paper >&2; exit 3"}, 3, "exit status 3: out of paper"},
        {{"sh", "-c", "kill -TERM $$"}, 3, "signal 15"},
        {{"sh", "-c", "while :; do :; done"}, 3, "not done within 1 s"},
        {{"no-such-program-anywhere", NULL, NULL}, 1, "cannot start"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct op *op;

        replace_command(DRIVER_drain, rows[i].words, rows[i].n, 1000);
        op = acting_plan(&run, OP_drain_pool,
                         (const char *const[]){run.options.controls[0].id, NULL});
        assert_int_equal(op->state, OP_STATE_planned);
        acting_confirm(&run);
        op = acting_over(&run);
        if (op->state != OP_STATE_failed || !strstr(op->summary, rows[i].says))
            fail_msg("%s: %s: %s", rows[i].says, op_state_name(op->state), op->summary);
    }
    assert_int_equal(acting_stops(&run), 0);
}

static bool
says_all(const struct snapshot *snapshot, const void *context)
{
    size_t n, found = 0;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    for (size_t i = 0; n > 0 && i < ops[0].n_lines; i++)
        found +=
            ops[0].lines[i].kind == OP_LINE_output && strcmp(ops[0].lines[i].text, "half way") == 0;
    return n > 0 && found == 1 && ops[0].state == OP_STATE_running;
}

static void
what_a_command_says_is_seen_while_it_runs_without_its_colours(void **state)
{
    static const char *const words[] = {
        "sh", "-c", "printf '\\033[0m\\n\\033[1;32mhalf\\033[0m way\\033[K\\n'; exec sleep 300"};

    (void)state;
    replace_command(DRIVER_drain, words, 3, 300000);
    acting_plan(&run, OP_drain_pool, (const char *const[]){run.options.controls[0].id, NULL});
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, says_all, NULL));
}

static void
what_a_driver_says_is_shown_without_arming_and_not_recorded(void **state)
{
    const struct op *op;
    char pool[ORDER_ID_BYTES];

    (void)state;
    acting_stop_ops(&run);
    run.options.arm = ARM_never;
    acting_start_ops(&run);
    snprintf(pool, sizeof(pool), "%s", run.options.controls[0].id);
    acting_plan(&run, OP_status_pool, (const char *const[]){pool, NULL});
    op = acting_over(&run);
    expect_done(op);
    assert_true(op->n_lines > 2 && op->lines[1].kind == OP_LINE_output);
    assert_false(journal_holds("journal.db", op->id) || journal_holds("journal.db-wal", op->id));
    acting_plan(&run, OP_logs_connector, (const char *const[]){url("pair-1"), NULL});
    expect_done(acting_over(&run));
    op = acting_plan(&run, OP_drain_pool, (const char *const[]){pool, NULL});
    assert_int_equal(op->state, OP_STATE_refused);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_last_connector_of_a_tunnel_takes_a_second_word),
        TEST(a_restarted_connector_is_another_one_with_its_connections),
        TEST(a_connector_that_is_down_is_brought_up_by_a_restart),
        TEST(a_rotated_token_reaches_its_file_and_nothing_else_and_its_connectors_follow),
        TEST(a_rotation_says_when_nothing_gets_through_meanwhile),
        TEST(a_token_that_is_on_its_way_when_the_console_ends_reaches_its_file),
        TEST(it_reaches_its_command_too),
        TEST(a_command_that_fails_ends_the_op_before_anything_else_and_says_how),
        TEST(what_a_command_says_is_seen_while_it_runs_without_its_colours),
        TEST(what_a_driver_says_is_shown_without_arming_and_not_recorded),
    };

    return apart_run(tests, COUNT_OF(tests));
}
