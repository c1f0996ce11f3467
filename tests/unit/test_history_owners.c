/* The journal's owners: who may write about an op, and what happens when processes end, race and
 * read each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/home.h"
#include "core/arena.h"
#include "history/owner.h"

enum { WITHIN_MS = 20000, RACERS = 8, MANY_STEPS = 1000, KILL_AFTER = 300 };

/* ---- owners ---- */

static void
a_pid_that_was_used_again_is_somebody_else(void **state)
{
    struct owner owner = owner_self();

    (void)state;
    assert_true(owner_is_alive(&owner));
    owner.started--;
    assert_false(owner_is_alive(&owner));
    owner = owner_self();
    owner.boot[0] = owner.boot[0] == 'a' ? 'b' : 'a';
    assert_false(owner_is_alive(&owner));
    assert_false(owner_is_alive(&(struct owner){0}));
}

static void
a_process_that_ended_is_gone_before_it_is_waited_for(void **state)
{
    struct owner owner;
    siginfo_t info;
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        owner = owner_self();
        _exit(write(ends[1], &owner, sizeof(owner)) == (ssize_t)sizeof(owner) ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &owner, sizeof(owner)), sizeof(owner));
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_false(owner_is_alive(&owner));
    assert_int_equal(home_exit_status(pid), 0);
    close(ends[0]);
    close(ends[1]);
}

static void
an_op_whose_process_was_killed_is_interrupted(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    const struct journal_op *op;

    home_leave_op(home, "op_1");
    op = home_read_op(home, journal, "op_1");
    assert_false(op->is_alive);
    assert_false(op->is_mine);
    assert_int_equal(op->state, OP_STATE_undo); /* as it was written */
    assert_true(journal_claim(journal, "op_1", NULL));
    op = home_read_op(home, journal, "op_1");
    assert_true(op->is_alive && op->is_mine);
    journal_close(journal);
}

static void
an_op_that_is_left_to_the_journal_can_be_claimed(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_1");

    home_begin_op(journal, "op_1");
    op.state = OP_STATE_interrupted;
    assert_true(journal_update(journal, &op, NULL));
    assert_false(home_read_op(home, journal, "op_1")->is_alive); /* though this process runs */
    assert_false(journal_update(journal, &op, NULL));
    assert_true(journal_claim(journal, "op_1", NULL));
    assert_true(journal_update(journal, &op, NULL));
    journal_close(journal);
}

static void
what_is_alive_over_or_unknown_cannot_be_claimed(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct journal_op op = home_drain("op_over");
    struct err err = {0};
    pid_t pid;

    home_begin_op(journal, "op_1");
    op.state = OP_STATE_done;
    assert_true(journal_begin(journal, &op, NULL));
    pid = fork();
    if (pid == 0) {
        struct journal *other = journal_open(home->folder, NULL);
        bool is_named = !journal_claim(other, "op_1", &err) && err.code == ERR_REFUSED &&
                        strstr(err.message, "alice");

        _exit(is_named ? 0 : 1);
    }
    assert_int_equal(home_exit_status(pid), 0);
    assert_false(journal_claim(journal, "op_over", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_false(journal_claim(journal, "op_none", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_true(journal_claim(journal, "op_1", &err)); /* one's own */
    journal_close(journal);
}

/* Somebody else tries to write about op_1, whose first step is seq. */
static bool
is_refused_what_the_owner_may(const struct home *home, int64_t seq)
{
    struct journal *other = journal_open(home->folder, NULL);
    const struct journal_step step = {.what = "stop", .target = "work_1"};
    struct journal_op op = home_drain("op_1");
    struct err update = {0}, items = {0}, another = {0};

    journal_update(other, &op, &update);
    journal_items(other, "op_1", &home_nightly_is_done, 1, &items);
    journal_step(other, "op_1", &step, NULL, &(int64_t){0}, &another);
    return update.code == ERR_REFUSED && items.code == ERR_REFUSED && another.code == ERR_REFUSED &&
           journal_result(other, "op_1", seq, "204", 1, NULL);
}

static void
only_the_owner_writes_but_the_result_of_what_was_done(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    const struct journal_step step = {.what = "stop", .target = "work_1"};
    struct journal_op op = home_drain("op_1");
    int64_t seq;
    pid_t pid;

    home_begin_op(journal, "op_1");
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    pid = fork();
    if (pid == 0)
        _exit(is_refused_what_the_owner_may(home, seq) ? 0 : 1);
    assert_int_equal(home_exit_status(pid), 0);
    assert_true(journal_update(journal, &op, NULL));
    assert_int_equal(home_read_op(home, journal, "op_1")->items[0].progress, OP_ITEM_waiting);
    journal_close(journal);
}

/* ---- several processes ---- */

typedef bool (*attempt)(struct journal *journal, struct err *err);

/* Waits for the others, so that all try at once; winners stay until the pipe closes. */
static void
race(const struct home *home, attempt wins, int start, int result, int stay)
{
    struct journal *journal = journal_open(home->folder, NULL);
    struct err err = {0};
    char c;

    if (write(result, "r", 1) != 1 || read(start, &c, 1) != 0)
        _exit(1);
    c = !journal ? 'x' : wins(journal, &err) ? 'w' : 'l';
    if (c == 'l' && err.code != ERR_REFUSED)
        c = 'x';
    if (write(result, &c, 1) != 1)
        _exit(1);
    (void)!read(stay, &c, 1);
    _exit(0);
}

static void
race_of_eight(const struct home *home, attempt wins)
{
    int start[2], result[2], stay[2], n[128] = {0};
    pid_t pids[RACERS];
    char c;

    assert_int_equal(pipe(start) | pipe(result) | pipe(stay), 0);
    for (int i = 0; i < RACERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            close(start[1]);
            close(stay[1]);
            race(home, wins, start[0], result[1], stay[0]);
        }
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(read(result[0], &c, 1), 1);
    close(start[1]);
    for (int i = 0; i < RACERS && read(result[0], &c, 1) == 1; i++)
        n[c & 127]++;
    close(stay[1]);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(home_exit_status(pids[i]), 0);
    assert_int_equal(n['w'], 1);
    assert_int_equal(n['l'], RACERS - 1);
    close(start[0]), close(result[0]), close(result[1]), close(stay[0]);
}

static bool
claims(struct journal *journal, struct err *err)
{
    return journal_claim(journal, "op_1", err);
}

static void
of_eight_that_claim_an_op_one_gets_it(void **state)
{
    home_leave_op(*state, "op_1");
    race_of_eight(*state, claims);
}

static bool
begins_alone(struct journal *journal, struct err *err)
{
    const struct journal_op *rival;
    struct arena *arena = arena_new();
    struct journal_op op = home_drain("");
    char id[OP_ID_BYTES];
    bool begins;

    snprintf(id, sizeof(id), "op_of_%d", (int)getpid());
    op.id = id;
    begins = journal_begin_alone(journal, &op, arena, &rival, err);
    if (!begins && (!rival || strcmp(rival->user, "alice") != 0))
        err_set(err, ERR_IO, "it does not say who was faster");
    arena_free(arena);
    return begins;
}

static void
of_eight_that_begin_on_one_pool_one_is_alone(void **state)
{
    home_leave_op(*state, "op_of_one_that_is_gone"); /* who is in nobody's way */
    race_of_eight(*state, begins_alone);
}

static void
write_steps(const struct home *home, const char *id, int steps, int told)
{
    struct journal *journal = journal_open(home->folder, NULL);
    struct journal_op op = home_drain(id);
    struct journal_step step = {.at_ms = 1, .what = "stop", .target = "work_1"};
    int64_t seq;

    if (!journal || !journal_begin(journal, &op, NULL))
        _exit(1);
    for (int i = 0; i < steps; i++) {
        if (!journal_step(journal, id, &step, NULL, &seq, NULL))
            _exit(2);
        if (told >= 0 && write(told, &seq, sizeof(seq)) != (ssize_t)sizeof(seq))
            _exit(3);
    }
    journal_close(journal);
    _exit(0);
}

static void
two_processes_open_a_new_journal_and_write_at_once(void **state)
{
    struct home *home = *state;
    struct journal *journal;
    pid_t a, b;

    a = fork();
    if (a == 0)
        write_steps(home, "op_a", 200, -1);
    b = fork();
    if (b == 0)
        write_steps(home, "op_b", 200, -1);
    assert_int_equal(home_exit_status(a), 0);
    assert_int_equal(home_exit_status(b), 0);
    journal = home_open(home);
    assert_int_equal(home_count_steps(home, journal, "op_a"), 200);
    assert_int_equal(home_count_steps(home, journal, "op_b"), 200);
    journal_close(journal);
}

static void
a_writer_killed_in_the_middle_loses_nothing_it_was_told_of(void **state)
{
    struct home *home = *state;
    struct journal *journal;
    int64_t seq, last = 0;
    int told[2];
    pid_t pid;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    if (pid == 0)
        write_steps(home, "op_1", MANY_STEPS, told[1]);
    close(told[1]);
    while (read(told[0], &seq, sizeof(seq)) == (ssize_t)sizeof(seq)) {
        last = seq;
        if (seq == KILL_AFTER)
            kill(pid, SIGKILL);
    }
    assert_int_equal(home_exit_status(pid), -SIGKILL);
    assert_true(last >= KILL_AFTER && last < MANY_STEPS);
    journal = home_open(home);
    assert_true((int64_t)home_count_steps(home, journal, "op_1") >= last);
    assert_true((int64_t)home_count_steps(home, journal, "op_1") <= last + 1);
    assert_false(home_read_op(home, journal, "op_1")->is_alive);
    journal_close(journal);
    close(told[0]);
}

static void
readers_see_the_last_truth_while_a_writer_holds_the_pen(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home), *reader;
    struct err err = {0};
    sqlite3 *pen;

    home_begin_op(journal, "op_1");
    assert_int_equal(sqlite3_open(home->file, &pen), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(pen, "BEGIN IMMEDIATE; UPDATE op SET summary = 'not yet'", NULL, NULL, NULL),
        SQLITE_OK);
    reader = journal_open_to_read(home->folder, &err);
    assert_non_null(reader);
    assert_string_equal(home_read_op(home, reader, "op_1")->summary, "confirmed");
    assert_int_equal(sqlite3_exec(pen, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(pen);
    assert_string_equal(home_read_op(home, reader, "op_1")->summary, "not yet");
    journal_close(reader);
    journal_close(journal);
}

static void
what_others_write_wakes_and_is_told_from_our_own(void **state)
{
    struct home *home = *state;
    struct journal *journal = home_open(home);
    struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};

    home_begin_op(journal, "op_1");
    assert_false(journal_noticed(journal));
    home_leave_op(home, "op_2");
    assert_int_equal(poll(&fd, 1, WITHIN_MS), 1);
    assert_true(journal_noticed(journal));
    assert_false(journal_noticed(journal));
    assert_int_equal(poll(&fd, 1, 0), 0); /* reading it does not wake again */
    journal_close(journal);
}

#define T(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_pid_that_was_used_again_is_somebody_else),
        T(a_process_that_ended_is_gone_before_it_is_waited_for),
        T(an_op_whose_process_was_killed_is_interrupted),
        T(an_op_that_is_left_to_the_journal_can_be_claimed),
        T(what_is_alive_over_or_unknown_cannot_be_claimed),
        T(only_the_owner_writes_but_the_result_of_what_was_done),
        T(of_eight_that_claim_an_op_one_gets_it),
        T(of_eight_that_begin_on_one_pool_one_is_alone),
        T(two_processes_open_a_new_journal_and_write_at_once),
        T(a_writer_killed_in_the_middle_loses_nothing_it_was_told_of),
        T(readers_see_the_last_truth_while_a_writer_holds_the_pen),
        T(what_others_write_wakes_and_is_told_from_our_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
