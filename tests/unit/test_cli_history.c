/* `sandwatch history`: times, the table, one op in full, the document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/home.h"
#include "aid/output.h"
#include "cli/cli.h"
#include "core/clock.h"
#include "core/json.h"
#include "history/journal.h"

/* One journal and what was printed of it. */
struct world {
    char *folder;
    int status;
    char out[OUTPUT_BYTES], said[OUTPUT_BYTES];
};

static const struct journal_item items[] = {
    {.id = "work_1",
     .name = "nightly bump",
     .progress = OP_ITEM_done,
     .note = "204",
     .asked_ms = 3000,
     .done_ms = 4000},
    {.id = "work_2", .name = "triage", .progress = OP_ITEM_taken, .asked_ms = 3000},
};

static void
add(struct journal *journal, const char *id, enum op_state state, int64_t planned_ms)
{
    struct journal_op op = home_drain(id);
    const struct journal_step steps[] = {
        {.at_ms = 3000, .what = "stop", .target = "work_1", .detail = "POST …/work_1/stop"},
        {.at_ms = 3500, .what = "stop", .target = "work_2", .detail = "POST …/work_2/stop"},
    };
    int64_t seq;

    op.state = state;
    op.choices = 1u << OP_CHOICE_command;
    op.planned_ms = planned_ms;
    op.confirmed_ms = op.started_ms = planned_ms + 1000;
    op.ended_ms = op_state_is_over(state) ? planned_ms + 61000 : 0;
    op.summary = "stopping two jobs";
    op.phase = "stopping jobs";
    op.items = items;
    op.n_items = COUNT_OF(items);
    if (!journal || !journal_begin(journal, &op, NULL))
        _exit(1);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (!journal_step(journal, id, &steps[i], NULL, &seq, NULL))
            _exit(1);
    if (!journal_result(journal, id, 1, "204", 3100, NULL))
        _exit(1);
}

/* One that is over, and one whose process was killed. */
static int
begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    int status;
    pid_t pid;

    world->folder = folder_new();
    pid = fork();
    if (pid == 0) {
        struct journal *journal = journal_open(world->folder, NULL);

        add(journal, "op_old", OP_STATE_done, 1795425000000);
        add(journal, "op_new", OP_STATE_running, 1795425900000);
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    *state = world;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1;
}

static int
finish(void **state)
{
    struct world *world = *state;

    folder_free(world->folder);
    free(world);
    return 0;
}

static void
print(struct world *world, struct history_options options)
{
    int out = output_begin(STDOUT_FILENO), said = output_begin(STDERR_FILENO);

    options.folder = options.folder ? options.folder : world->folder;
    world->status = cli_history(&options);
    output_end(STDERR_FILENO, said, world->said);
    output_end(STDOUT_FILENO, out, world->out);
}

static void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void
the_table_says_who_what_why_and_how_it_ended(void **state)
{
    struct world *world = *state;

    print(world, (struct history_options){0});
    assert_int_equal(world->status, 0);
    assert_has(world->out, "2026-11-23T09:10:00Z  op_old  drain pool eu-west  done");
    assert_has(world->out, "1/2  1m00s  alice@ops1 from 192.0.2.7  OPS-12  stopping two jobs");
    assert_true(strstr(world->out, "op_new") < strstr(world->out, "op_old")); /* newest first */
}

static void
an_interrupted_op_is_marked_and_the_way_on_is_told(void **state)
{
    struct world *world = *state;

    print(world, (struct history_options){0});
    assert_has(world->out, "op_new  drain pool eu-west  interrupted");
    assert_has(world->out, "  interrupted: ");
    assert_has(world->said, "1 interrupted; history --resume ID");
}

static void
since_leaves_out_what_is_older(void **state)
{
    struct world *world = *state;

    print(world, (struct history_options){.since_ms = 1795425600000});
    assert_has(world->out, "op_new");
    assert_null(strstr(world->out, "op_old"));
}

static void
one_op_is_printed_with_its_objects_and_steps(void **state)
{
    struct world *world = *state;

    print(world, (struct history_options){.op_id = "op_new"});
    assert_has(world->out, "triage");
    assert_has(world->out, "POST …/work_1/stop");
    assert_has(world->out, "work_2  not known"); /* it was sent, and no answer was recorded */
    print(world, (struct history_options){.op_id = "op_none"});
    assert_int_equal(world->status, 1);
    assert_has(world->said, "no op \"op_none\"");
}

static void
the_document_has_ops_with_items_and_steps(void **state)
{
    struct world *world = *state;
    struct json *document;
    const struct json *op, *step;

    print(world, (struct history_options){.look.is_json = true});
    document = json_parse(world->out, strlen(world->out), NULL);
    assert_non_null(document);
    assert_int_equal(json_count(json_get(document, "ops")), 2);
    op = json_first(json_get(document, "ops"));
    assert_string_equal(json_string(op, "id", ""), "op_new");
    assert_string_equal(json_string(op, "state", ""), "interrupted");
    assert_string_equal(json_string(op, "context", ""), "production");
    assert_true(json_is_null(json_get(op, "ended_at")));
    assert_string_equal(json_as_string(json_first(json_get(op, "choices")), ""), "command");
    assert_int_equal(json_count(json_get(op, "items")), 2);
    step = json_first(json_get(op, "steps"));
    assert_string_equal(json_string(step, "result", ""), "204");
    assert_true(json_is_null(json_get(json_next(step), "result")));
    json_free(document);
}

static void
no_journal_is_an_empty_history(void **state)
{
    struct world *world = *state;
    char elsewhere[512];

    snprintf(elsewhere, sizeof(elsewhere), "%s/nothing", world->folder);
    print(world, (struct history_options){.folder = elsewhere});
    assert_int_equal(world->status, 0);
    assert_string_equal(world->out, "no ops\n");
}

static void
times_are_ages_or_dates(void **state)
{
    static const struct {
        const char *text;
        int64_t since_ms;
    } good[] = {
        {"90s", 1000000000 - 90000},
        {"45m", 1000000000 - 45 * 60000},
        {"2h", 1000000000 - 2 * 3600000},
        {"3d", 1000000000 - 3 * 86400000},
        {"2026-11-23T09:10:00Z", 1795425000000},
    };
    static const char *const bad[] = {"", "h", "2", "2w", "-2h", "2 h", "yesterday", "9999999d"};
    struct err err = {0};
    int64_t since_ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(history_since_read(good[i].text, 1000000000, &since_ms, NULL));
        assert_int_equal(since_ms, good[i].since_ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(history_since_read(bad[i], 1000000000, &since_ms, &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_table_says_who_what_why_and_how_it_ended),
        T(an_interrupted_op_is_marked_and_the_way_on_is_told),
        T(since_leaves_out_what_is_older),
        T(one_op_is_printed_with_its_objects_and_steps),
        T(the_document_has_ops_with_items_and_steps),
        T(no_journal_is_an_empty_history),
        cmocka_unit_test(times_are_ages_or_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
