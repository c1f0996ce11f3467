/* drain, restart, stop without a console: names, plans, words, offers, signals and exit statuses,
 * against a pretend ops room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/output.h"
#include "aid/room.h"
#include "aid/world.h"
#include "cli/act_target.h"
#include "cli/cli.h"
#include "core/clock.h"
#include "core/json.h"

/* One run of the command. */
struct run {
    int status;
    char out[OUTPUT_BYTES], said[OUTPUT_BYTES];
    char heard[4096];
    int64_t forced_after_ms;
};

static const char *const eu_west[] = {"eu-west"};

static struct act_options
drain(void)
{
    return (struct act_options){
        .look = {.context = "test", .timeout_ms = 20000},
        .command = "drain",
        .kind = OP_drain_pool,
        .names = eu_west,
        .n_names = 1,
        .is_yes = true,
        .grace_ms = -1,
        .reason = "",
        .message = "",
    };
}

/* What the operator types; NULL: nothing is there to be read. */
static struct run
run_typing(const struct act_options *options, const struct room_plan *plan, const char *typed)
{
    struct world *world = world_healthy();
    struct store *store;
    struct room *room;
    static struct run run;
    int out, said, in = dup(STDIN_FILENO), typing[2];

    world_pool(world, "eu-west-2");
    store = world_store(world);
    room = room_start(store, plan);
    assert_int_equal(pipe(typing), 0);
    if (typed)
        assert_int_equal(write(typing[1], typed, strlen(typed)), strlen(typed));
    dup2(typing[0], STDIN_FILENO);
    out = output_begin(STDOUT_FILENO);
    said = output_begin(STDERR_FILENO);
    run.status = cli_act(options, store);
    output_end(STDERR_FILENO, said, run.said);
    output_end(STDOUT_FILENO, out, run.out);
    dup2(in, STDIN_FILENO);
    close(in), close(typing[0]), close(typing[1]);
    snprintf(run.heard, sizeof(run.heard), "%s", room_heard(room));
    run.forced_after_ms = room_forced_after_ms(room);
    room_stop(room);
    world_free(world);
    return run;
}

static struct run
run_act(const struct act_options *options, const struct room_plan *plan)
{
    return run_typing(options, plan, NULL);
}

static void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void
assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text);
}

/* ---- names ---- */

static void
a_name_or_an_id_finds_its_object(void **state)
{
    struct world *world = world_new();
    const struct snapshot *snapshot;
    const char *id;

    (void)state;
    world_pool(world, "eu-west");
    world_job(world, "eu-west", "nightly bump")->session_id = "sesn_9";
    world_connector(world, "edge-1", "t")->url = "http://127.0.0.1:20241";
    snapshot = world_snapshot(world);
    assert_true(act_target_find(snapshot, "pool", "eu-west", &id, NULL));
    assert_string_equal(id, "env_eu-west");
    assert_true(act_target_find(snapshot, "pool", "env_eu-west", &id, NULL));
    assert_false(act_target_find(snapshot, "pool", "", &id, NULL)); /* also when there is one */
    assert_true(act_target_find(snapshot, "job", "nightly bump", &id, NULL));
    assert_string_equal(id, "work_1");
    assert_true(act_target_find(snapshot, "job", "sesn_9", &id, NULL));
    assert_string_equal(id, "work_1");
    assert_true(act_target_find(snapshot, "connector", "edge-1", &id, NULL));
    assert_string_equal(id, "http://127.0.0.1:20241");
    world_free(world);
}

static void
an_id_wins_over_a_name_and_a_stopped_job_over_none(void **state)
{
    struct world *world = world_new();
    const struct snapshot *snapshot;
    const char *id;

    (void)state;
    world_pool(world, "a")->name = "env_b"; /* called like another's id */
    world_pool(world, "b");
    world_job(world, "b", "same")->state_kind = JOB_STATE_stopped;
    world_job(world, "b", "same");
    snapshot = world_snapshot(world);
    assert_true(act_target_find(snapshot, "pool", "env_b", &id, NULL));
    assert_string_equal(id, "env_b");
    assert_true(act_target_find(snapshot, "job", "same", &id, NULL));
    assert_string_equal(id, "work_2"); /* the one that still runs */
    assert_true(act_target_find(snapshot, "job", "work_1", &id, NULL));
    world_free(world);
}

static void
several_and_none_name_the_candidates_in_one_line(void **state)
{
    struct world *world = world_new();
    const struct snapshot *snapshot;
    struct err err = {0};
    const char *id;

    (void)state;
    world_pool(world, "eu-west");
    world_pool(world, "batch");
    world_job(world, "batch", "same");
    world_job(world, "batch", "same");
    snapshot = world_snapshot(world);
    assert_false(act_target_find(snapshot, "job", "same", &id, &err));
    assert_has(err.message, "work_1");
    assert_has(err.message, "work_2");
    assert_false(act_target_find(snapshot, "pool", "eu-wst", &id, &err));
    assert_has(err.message, "near it: eu-west (env_eu-west)");
    assert_has_not(err.message, "batch");
    assert_false(act_target_find(snapshot, "pool", "zzzzzzzz", &id, &err));
    assert_has(err.message, "there are: ");
    assert_has(err.message, "batch");
    assert_null(strchr(err.message, '\n'));
    world_free(world);
}

static void
an_unknown_name_orders_nothing(void **state)
{
    static const char *const names[] = {"eu-wesst"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.names = names;
    run = run_act(&options, &(struct room_plan){0});
    assert_int_equal(run.status, ACT_failed);
    assert_string_equal(run.heard, "");
    assert_has(run.said, "eu-west");
    assert_string_equal(run.out, "");
}

/* ---- the plan ---- */

static void
a_drain_is_planned_confirmed_and_done(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.reason = "OPS-12";
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_string_equal(run.heard, "plan drain pool env_eu-west; confirm eu-west/ OPS-12; ");
    assert_has(run.said, "POST /v1/environments/env_a/work/work_1/stop"); /* before anything */
    assert_has(run.said, "polling workers will claim new work");
    assert_has(run.said, "stop work_1: 204"); /* progress */
    assert_has(run.out, "done: drain pool eu-west");
    assert_has(run.out, "nothing of it is left");
}

static void
a_dry_run_prints_the_plan_and_forgets_it(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.is_dry = true;
    options.is_yes = false;
    run = run_act(&options, &(struct room_plan){0});
    assert_int_equal(run.status, ACT_done);
    assert_string_equal(run.heard, "plan drain pool env_eu-west; dismiss; ");
    assert_has(run.out, "POST /v1/environments/env_a/work/work_1/stop");
    assert_has(run.out, "nightly bump");
    assert_string_equal(run.said, "");
}

static void
a_dry_run_is_not_refused_but_says_that_doing_it_would_be(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.is_dry = true;
    run = run_act(&options, &(struct room_plan){.is_read_only = true});
    assert_int_equal(run.status, ACT_done);
    assert_has(run.out, "POST /v1/environments/env_a/work/work_1/stop");
    assert_has(run.said, "to do it would be refused: drain pool: this is read-only");
    assert_string_equal(run.heard, "plan drain pool env_eu-west; dismiss; ");
}

static void
several_jobs_are_one_op(void **state)
{
    struct world *world = world_healthy();
    size_t n;
    const struct job *jobs = snapshot_jobs(world_snapshot(world), &n);
    const char *names[] = {jobs[0].id, jobs[1].id};
    struct act_options options = drain();
    struct run run;
    char expected[256];

    (void)state;
    options.command = "stop", options.kind = OP_stop_job;
    options.names = names, options.n_names = 2;
    run = run_act(&options, &(struct room_plan){0});
    snprintf(expected, sizeof(expected), "plan stop job %s %s; ", names[0], names[1]);
    assert_has(run.heard, expected);
    world_free(world);
}

static void
choices_are_those_of_the_plan_and_what_was_ordered(void **state)
{
    const struct room_plan plan = {
        .choices = 1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running,
        .choices_offered = 1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running |
                           1u << OP_CHOICE_stop_queued | 1u << OP_CHOICE_force,
    };
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.choices_on = 1u << OP_CHOICE_stop_queued;
    options.choices_off = 1u << OP_CHOICE_command;
    options.grace_ms = 90000;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_string_equal(run.heard, "plan drain pool env_eu-west grace 90000; "
                                   "choose stop-running stop-queued; confirm / ; ");
    options.is_forced = true;
    assert_has(run_act(&options, &plan).heard, "choose stop-running stop-queued force; ");
}

static void
a_choice_that_is_not_offered_is_refused(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.choices_on = 1u << OP_CHOICE_rolling;
    run = run_act(&options, &(struct room_plan){.choices_offered = 1u << OP_CHOICE_command});
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "\"rolling\" (one worker after the other");
    assert_has(run.said, ") is not possible here");
    assert_string_equal(run.heard, "plan drain pool env_eu-west; dismiss; ");
}

static void
a_refused_plan_is_told(void **state)
{
    struct act_options options = drain();
    struct run run = run_act(&options, &(struct room_plan){.refusal = "no key for this pool"});

    (void)state;
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.out, "refused: drain pool eu-west: no key for this pool");
    assert_has_not(run.heard, "confirm");
}

static void
read_only_orders_nothing(void **state)
{
    struct act_options options = drain();
    struct run run = run_act(&options, &(struct room_plan){.is_read_only = true});

    (void)state;
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "read-only");
    assert_string_equal(run.heard, "");
}

static void
a_console_that_is_locked_does_not_lock_the_command_line(void **state)
{
    struct act_options options = drain();

    (void)state;
    assert_int_equal(run_act(&options, &(struct room_plan){.is_locked = true}).status, ACT_done);
}

static void
a_room_that_does_not_answer_leaves_it_unknown(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.look.timeout_ms = 300;
    run = run_act(&options, &(struct room_plan){.is_silent = true});
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.said, "no plan was made in time");
}

static void
a_confirmation_that_is_not_taken_is_told(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    run = run_act(&options, &(struct room_plan){.is_unmoved = true}); /* at once, not when late */
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "not confirmed: the name to type is another");
    assert_has(run.heard, "dismiss; ");
}

/* The time is over between the confirmation and the beginning. */
static void
what_did_not_begin_in_time_is_taken_back_and_unknown(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.look.timeout_ms = 500;
    options.look.is_json = true;
    run = run_act(&options, &(struct room_plan){.is_lost = true});
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.said, "it was not begun in time; nothing was done");
    assert_has(run.out, "\"verdict\":\t\"unknown\"");
    assert_has(run.out, "\"state\":\t\"cancelled\"");
    assert_string_equal(run.heard, "plan drain pool env_eu-west; confirm / ; dismiss; ");
}

static void
what_began_meanwhile_is_left_to_the_journal(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.look.timeout_ms = 500;
    run = run_act(&options, &(struct room_plan){.is_stalled = true, .manner = ROOM_never_ends});
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.said, "not seen to begin in time; it is left to the journal");
    assert_has_not(run.said, "nothing was done");

    run = run_act(&options, &(struct room_plan){.is_stalled = true});
    assert_int_equal(run.status, ACT_done); /* and at its end already */
}

/* ---- the operator's word ---- */

static void
the_name_that_is_typed_confirms(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.is_yes = false, options.has_terminal = true;
    run = run_typing(&options, &plan, "eu-west\n");
    assert_int_equal(run.status, ACT_done);
    assert_has(run.said, "type eu-west to go on");
    run = run_typing(&options, &(struct room_plan){0}, "yes\n"); /* where no name is asked for */
    assert_int_equal(run.status, ACT_done);
}

static void
another_word_does_nothing(void **state)
{
    static const char *const words[] = {"y\n", "eu-west-2\n", "\n", "EU-WEST\n", "eu-west2"};
    const struct room_plan plan = {.must_type = "eu-west"};
    struct act_options options = drain();

    (void)state;
    options.is_yes = false, options.has_terminal = true;
    options.look.timeout_ms = 1000; /* for the line that does not end */
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct run run = run_typing(&options, &plan, words[i]);

        assert_int_equal(run.status, ACT_failed);
        assert_string_equal(run.heard, "plan drain pool env_eu-west; dismiss; ");
        assert_has(run.said, "nothing was done");
    }
}

static void
a_second_word_is_asked_for_where_the_plan_wants_one(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west", .must_retype = "last one"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.is_yes = false, options.has_terminal = true;
    run = run_typing(&options, &plan, "eu-west\nlast one\n");
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "confirm eu-west/last one ");
    run = run_typing(&options, &plan, "eu-west\neu-west\n");
    assert_int_equal(run.status, ACT_failed);
    assert_has_not(run.heard, "confirm");
}

static void
yes_is_not_enough_for_what_needs_a_second_word(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west", .must_retype = "last one"};
    struct act_options options = drain();
    struct run run = run_act(&options, &plan);

    (void)state;
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "it is the last one; --yes is not enough");
    assert_has_not(run.heard, "confirm");
    options.is_forced = true;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "confirm eu-west/last one ");
}

static void
what_somebody_began_meanwhile_takes_a_second_word(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west", .is_overtaken = true};
    struct act_options options = drain();
    struct run run = run_act(&options, &plan);

    (void)state;
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "bob@ops2 is at it; --yes is not enough");
    assert_has(run.heard, "confirm eu-west/ ");
    assert_has(run.heard, "dismiss; ");
    options.is_yes = false, options.has_terminal = true;
    run = run_typing(&options, &plan, "eu-west\neu-west\nlast one\n");
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "confirm eu-west/last one ");
}

static void
what_was_typed_ahead_does_not_confirm(void **state)
{
    const struct room_plan plan = {.must_type = "eu-west"};
    struct act_options options = drain();
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), line, in = dup(STDIN_FILENO);
    struct world *world = world_healthy();
    struct store *store = world_store(world);
    struct room *room = room_start(store, &plan);
    char said[OUTPUT_BYTES], out[OUTPUT_BYTES];
    int old_out, old_said, status;

    (void)state;
    assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
    line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_int_equal(write(terminal, "eu-west\n", 8), 8);
    dup2(line, STDIN_FILENO);
    options.is_yes = false, options.has_terminal = true;
    options.look.timeout_ms = 1000;
    old_out = output_begin(STDOUT_FILENO);
    old_said = output_begin(STDERR_FILENO);
    status = cli_act(&options, store);
    output_end(STDERR_FILENO, old_said, said);
    output_end(STDOUT_FILENO, old_out, out);
    dup2(in, STDIN_FILENO);
    close(in), close(line), close(terminal);
    assert_has(said, "type eu-west to go on");
    assert_int_equal(status, ACT_failed);
    assert_has_not(room_heard(room), "confirm");
    room_stop(room);
    world_free(world);
}

/* ---- how it ends ---- */

static void
each_end_has_its_exit_status(void **state)
{
    static const struct {
        struct room_plan plan;
        enum act_verdict verdict;
        const char *said;
    } ends[] = {
        {{.manner = ROOM_does_it}, ACT_done, "done: "},
        {{.manner = ROOM_half}, ACT_partly, "triage"},
        {{.manner = ROOM_fails}, ACT_failed, "failed: drain pool eu-west"},
        {{.manner = ROOM_never_ends, .signal = SIGINT}, ACT_partly, "cancelled: "},
    };
    struct act_options options = drain();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct run run = run_act(&options, &ends[i].plan);

        assert_int_equal(run.status, ends[i].verdict);
        assert_has(run.out, ends[i].said);
    }
}

static void
the_end_of_the_time_leaves_it_to_the_journal(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.look.timeout_ms = 500;
    run = run_act(&options, &(struct room_plan){.manner = ROOM_never_ends});
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.said, "sandwatch history --resume op_1");
    assert_has_not(run.heard, "cancel");
}

static void
the_first_interrupt_cancels_and_the_second_leaves(void **state)
{
    const struct room_plan plan = {
        .manner = ROOM_is_deaf, .signal = SIGINT, .second_signal = SIGINT};
    struct act_options options = drain();
    struct run run = run_act(&options, &plan);

    (void)state;
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.heard, "confirm / ; cancel; ");
    assert_has(run.said, "history --resume op_1");
}

static void
a_hang_up_leaves_it_at_once(void **state)
{
    struct act_options options = drain();
    struct run run =
        run_act(&options, &(struct room_plan){.manner = ROOM_never_ends, .signal = SIGHUP});

    (void)state;
    assert_int_equal(run.status, ACT_unknown);
    assert_has_not(run.heard, "cancel");
}

/* ---- offers ---- */

static void
force_is_ordered_when_it_is_offered_and_not_before_the_grace_time(void **state)
{
    const struct room_plan plan = {
        .manner = ROOM_asks, .offer = OP_OFFER_force, .grace_ms = 700, .must_type = "eu-west"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.is_forced = true;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "force eu-west; ");
    assert_true(run.forced_after_ms >= 700);
}

static void
force_that_was_not_ordered_is_only_told(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.look.timeout_ms = 800;
    run = run_act(&options, &(struct room_plan){.manner = ROOM_asks, .offer = OP_OFFER_force});
    assert_int_equal(run.status, ACT_unknown);
    assert_has(run.said, "work_2 does not stop; --force would do it");
    assert_has_not(run.heard, "force");
}

static void
a_message_is_sent_only_when_it_was_given(void **state)
{
    const struct room_plan plan = {.manner = ROOM_asks, .offer = OP_OFFER_message};
    struct act_options options = drain();
    struct run run = run_act(&options, &plan);

    (void)state;
    assert_int_equal(run.status, ACT_partly);
    assert_has(run.said, "--message TEXT sends one");
    assert_has_not(run.heard, "message");
    options.message = "please go on";
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "message please go on; ");
}

static void
new_work_is_stopped_only_when_that_was_ordered(void **state)
{
    const struct room_plan plan = {
        .manner = ROOM_asks, .offer = OP_OFFER_keep, .choices_offered = 1u << OP_CHOICE_keep};
    struct act_options options = drain();
    struct run run = run_act(&options, &plan);

    (void)state;
    assert_int_equal(run.status, ACT_partly);
    assert_has(run.heard, "cancel; ");
    options.choices_on = 1u << OP_CHOICE_keep;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_has(run.heard, "keep ; ");
}

/* ---- an interrupted op ---- */

static void
an_interrupted_op_is_resumed_or_dismissed(void **state)
{
    const struct room_plan plan = {.interrupted = "op_7"};
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.command = "history", options.op_id = "op_7";
    options.names = NULL, options.n_names = 0, options.kind = OP_stop_job;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_string_equal(run.heard, "resume; ");
    assert_has(run.out, "done: drain pool eu-west");
    options.is_dismissal = true;
    run = run_act(&options, &plan);
    assert_int_equal(run.status, ACT_done);
    assert_string_equal(run.heard, "dismiss; ");
}

static void
an_op_that_is_not_there_cannot_be_resumed(void **state)
{
    struct act_options options = drain();
    struct run run;

    (void)state;
    options.op_id = "op_8";
    options.look.timeout_ms = 300;
    run = run_act(&options, &(struct room_plan){.interrupted = "op_7"});
    assert_int_equal(run.status, ACT_failed);
    assert_has(run.said, "no open op op_8");
}

/* ---- as JSON ---- */

static void
the_document_has_the_op_its_items_and_its_steps(void **state)
{
    struct act_options options = drain();
    struct run run;
    struct json *document;
    const struct json *op, *item;

    (void)state;
    options.look.is_json = true;
    run = run_act(&options, &(struct room_plan){.manner = ROOM_half});
    document = json_parse(run.out, strlen(run.out), NULL);
    assert_non_null(document); /* one, and nothing else */
    assert_string_equal(json_string(document, "verdict", ""), "partly");
    assert_int_equal(json_int(document, "exit_code", -1), run.status);
    op = json_get(document, "op");
    assert_string_equal(json_string(op, "id", ""), "op_1");
    assert_string_equal(json_string(op, "state", ""), "done");
    assert_int_equal(json_count(json_get(op, "items")), 2);
    item = json_next(json_first(json_get(op, "items")));
    assert_string_equal(json_string(item, "progress", ""), "failed");
    assert_int_equal(json_count(json_get(document, "plan")), 2);
    assert_string_equal(json_string(json_first(json_get(document, "steps")), "text", ""),
                        "stop work_1: 204");
    json_free(document);
}

static void
a_failure_before_the_plan_is_a_document_too(void **state)
{
    struct act_options options = drain();
    struct run run;
    struct json *document;

    (void)state;
    options.look.is_json = true;
    run = run_act(&options, &(struct room_plan){.is_read_only = true});
    document = json_parse(run.out, strlen(run.out), NULL);
    assert_non_null(document);
    assert_has(json_string(document, "error", ""), "read-only");
    assert_true(json_is_null(json_get(document, "op")));
    json_free(document);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_or_an_id_finds_its_object),
        cmocka_unit_test(an_id_wins_over_a_name_and_a_stopped_job_over_none),
        cmocka_unit_test(several_and_none_name_the_candidates_in_one_line),
        cmocka_unit_test(an_unknown_name_orders_nothing),
        cmocka_unit_test(a_drain_is_planned_confirmed_and_done),
        cmocka_unit_test(a_dry_run_prints_the_plan_and_forgets_it),
        cmocka_unit_test(a_dry_run_is_not_refused_but_says_that_doing_it_would_be),
        cmocka_unit_test(several_jobs_are_one_op),
        cmocka_unit_test(choices_are_those_of_the_plan_and_what_was_ordered),
        cmocka_unit_test(a_choice_that_is_not_offered_is_refused),
        cmocka_unit_test(a_refused_plan_is_told),
        cmocka_unit_test(read_only_orders_nothing),
        cmocka_unit_test(a_console_that_is_locked_does_not_lock_the_command_line),
        cmocka_unit_test(a_room_that_does_not_answer_leaves_it_unknown),
        cmocka_unit_test(a_confirmation_that_is_not_taken_is_told),
        cmocka_unit_test(what_did_not_begin_in_time_is_taken_back_and_unknown),
        cmocka_unit_test(what_began_meanwhile_is_left_to_the_journal),
        cmocka_unit_test(the_name_that_is_typed_confirms),
        cmocka_unit_test(another_word_does_nothing),
        cmocka_unit_test(a_second_word_is_asked_for_where_the_plan_wants_one),
        cmocka_unit_test(yes_is_not_enough_for_what_needs_a_second_word),
        cmocka_unit_test(what_somebody_began_meanwhile_takes_a_second_word),
        cmocka_unit_test(what_was_typed_ahead_does_not_confirm),
        cmocka_unit_test(each_end_has_its_exit_status),
        cmocka_unit_test(the_end_of_the_time_leaves_it_to_the_journal),
        cmocka_unit_test(the_first_interrupt_cancels_and_the_second_leaves),
        cmocka_unit_test(a_hang_up_leaves_it_at_once),
        cmocka_unit_test(force_is_ordered_when_it_is_offered_and_not_before_the_grace_time),
        cmocka_unit_test(force_that_was_not_ordered_is_only_told),
        cmocka_unit_test(a_message_is_sent_only_when_it_was_given),
        cmocka_unit_test(new_work_is_stopped_only_when_that_was_ordered),
        cmocka_unit_test(an_interrupted_op_is_resumed_or_dismissed),
        cmocka_unit_test(an_op_that_is_not_there_cannot_be_resumed),
        cmocka_unit_test(the_document_has_the_op_its_items_and_its_steps),
        cmocka_unit_test(a_failure_before_the_plan_is_a_document_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
