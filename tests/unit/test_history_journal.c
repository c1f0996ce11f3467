/* The journal: what it keeps, who owns an op, and what happens when processes and disks fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/old_journal.h"
#include "core/arena.h"
#include "core/clock.h"
#include "history/journal.h"
#include "history/owner.h"

enum {
    LONGEST_PATH = 4096,
    WITHIN_MS = 20000,
    RACERS = 8,
    MANY_STEPS = 1000,
    KILL_AFTER = 300,
    NOBODY = 65534,
    CHILD_SKIPS = 77, /* exit status of a child that lacks the rights for its test */
};

struct world {
    char *root;
    char folder[LONGEST_PATH], file[LONGEST_PATH + 32];
    struct arena *arena;
};

static int
begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    world->root = folder_new();
    snprintf(world->folder, sizeof(world->folder), "%s/journal", world->root);
    snprintf(world->file, sizeof(world->file), "%s/journal.db", world->folder);
    world->arena = arena_new();
    *state = world;
    return 0;
}

static int
finish(void **state)
{
    struct world *world = *state;

    chmod(world->folder, 0700);
    folder_free(strdup(world->folder));
    folder_free(world->root);
    arena_free(world->arena);
    free(world);
    return 0;
}

static struct journal *
open_journal(const struct world *world)
{
    struct err err = {0};
    struct journal *journal = journal_open(world->folder, &err);

    if (!journal)
        fail_msg("%s", err.message);
    return journal;
}

static const struct journal_item two_items[] = {
    {.id = "work_1", .name = "nightly bump", .progress = OP_ITEM_waiting, .note = ""},
    {.id = "work_2",
     .name = "triage",
     .pool_id = "env_1",
     .session_id = "sesn_2",
     .progress = OP_ITEM_left,
     .note = "not chosen"},
};

static const struct journal_item nightly_is_done = {.id = "work_1",
                                                    .name = "nightly bump",
                                                    .progress = OP_ITEM_done,
                                                    .note = "204",
                                                    .asked_ms = 3000,
                                                    .done_ms = 4500,
                                                    .expected = 3,
                                                    .former_id = "conn_1",
                                                    .was_down = true,
                                                    .is_forced = true,
                                                    .is_foreign = true,
                                                    .is_told = true,
                                                    .is_late = true};

static struct journal_op
drain(const char *id)
{
    return (struct journal_op){
        .id = id,
        .kind = OP_drain_pool,
        .state = OP_STATE_undo,
        .context = "production",
        .object_id = "env_1",
        .object_name = "eu-west",
        .pool_id = "env_1",
        .user = "alice",
        .host = "ops1",
        .ssh_client = "192.0.2.7",
        .reason = "OPS-12",
        .choices = 1u << OP_CHOICE_stop_running | 1u << OP_CHOICE_keep,
        .grace_ms = 60000,
        .must_type = "eu-west",
        .is_headless = true,
        .planned_ms = 1000,
        .confirmed_ms = 2000,
        .summary = "confirmed",
        .phase = "",
        .items = two_items,
        .n_items = COUNT_OF(two_items),
    };
}

static void
begin_op(struct journal *journal, const char *id)
{
    struct journal_op op = drain(id);
    struct err err = {0};

    if (!journal_begin(journal, &op, &err))
        fail_msg("%s", err.message);
}

/* The one op of that id; NULL when there is none. */
static const struct journal_op *
read_one(struct world *world, struct journal *journal, const char *id)
{
    const struct journal_query query = {.op_id = id};
    const struct journal_op *ops;
    struct err err = {0};
    size_t n;

    if (!journal_read(journal, &query, world->arena, &ops, &n, &err))
        fail_msg("%s", err.message);
    return n == 1 ? ops : NULL;
}

static int
exit_status(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Leaves an op behind whose process is gone. */
static void
leave_op(const struct world *world, const char *id)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct journal *journal = journal_open(world->folder, NULL);
        struct journal_op op = drain(id);

        raise(journal && journal_begin(journal, &op, NULL) ? SIGKILL : SIGUSR1);
    }
    assert_int_equal(exit_status(pid), -SIGKILL);
}

/* ---- what it keeps ---- */

static void
an_op_is_read_as_it_was_written(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    const struct journal_op *op;

    begin_op(journal, "op_1");
    op = read_one(world, journal, "op_1");
    assert_non_null(op);
    assert_int_equal(op->kind, OP_drain_pool);
    assert_int_equal(op->state, OP_STATE_undo);
    assert_string_equal(op->context, "production");
    assert_string_equal(op->object_name, "eu-west");
    assert_string_equal(op->user, "alice");
    assert_string_equal(op->ssh_client, "192.0.2.7");
    assert_string_equal(op->reason, "OPS-12");
    assert_string_equal(op->must_type, "eu-west");
    assert_int_equal(op->choices, 1u << OP_CHOICE_stop_running | 1u << OP_CHOICE_keep);
    assert_int_equal(op->grace_ms, 60000);
    assert_int_equal(op->confirmed_ms, 2000);
    assert_true(op->is_headless && op->is_mine && op->is_alive);
    assert_int_equal(op->n_items, 2);
    assert_string_equal(op->items[1].name, "triage");
    assert_int_equal(op->items[1].progress, OP_ITEM_left);
    assert_string_equal(op->items[1].note, "not chosen");
    assert_string_equal(op->items[1].pool_id, "env_1");
    assert_string_equal(op->items[1].session_id, "sesn_2");
    assert_string_equal(op->items[0].session_id, "");
    journal_close(journal);
}

static void
an_update_replaces_what_changes_and_keeps_the_rest(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_1");
    const struct journal_item another = {
        .id = "work_2", .progress = OP_ITEM_failed, .note = "403", .expected = -1};
    const struct journal_op *is;

    begin_op(journal, "op_1");
    op.state = OP_STATE_done;
    op.summary = "drained";
    op.ended_ms = 9000;
    op.user = "mallory"; /* who it was is not a thing that changes */
    op.choices = 0;
    op.expected = 7;
    op.items = &another;
    op.n_items = 1;
    assert_true(journal_update(journal, &op, NULL));
    assert_true(journal_items(journal, "op_1", &nightly_is_done, 1, NULL));
    is = read_one(world, journal, "op_1");
    assert_int_equal(is->state, OP_STATE_done);
    assert_string_equal(is->summary, "drained");
    assert_string_equal(is->user, "alice");
    assert_int_equal(is->ended_ms, 9000);
    assert_int_equal(is->choices, 0);
    assert_int_equal(is->n_items, 2);
    assert_string_equal(is->items[0].id, "work_1"); /* in the order of the plan */
    assert_int_equal(is->items[0].done_ms, 4500);
    assert_string_equal(is->items[1].note, "403"); /* with the op itself */
    journal_close(journal);
}

static void
what_a_resumed_op_goes_by_is_kept(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_1");
    const struct journal_item *item;

    op.expected = 7;
    assert_true(journal_begin(journal, &op, NULL));
    assert_true(journal_items(journal, "op_1", &nightly_is_done, 1, NULL));
    assert_int_equal(read_one(world, journal, "op_1")->expected, 7);
    item = &read_one(world, journal, "op_1")->items[0];
    assert_int_equal(item->expected, 3);
    assert_string_equal(item->former_id, "conn_1");
    assert_true(item->was_down && item->is_forced && item->is_foreign && item->is_told);
    assert_true(item->is_late);
    item = &read_one(world, journal, "op_1")->items[1];
    assert_false(item->was_down || item->is_forced || item->is_foreign || item->is_told);
    op.expected = 8;
    assert_true(journal_update(journal, &op, NULL));
    assert_int_equal(read_one(world, journal, "op_1")->expected, 8);
    journal_close(journal);
}

static void
steps_are_numbered_and_get_their_result_later(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    const struct journal_step step = {.at_ms = 5, .what = "stop", .target = "work_1"};
    const struct journal_step *steps;
    struct err err = {0};
    int64_t seq;
    size_t n;

    begin_op(journal, "op_1");
    begin_op(journal, "op_2");
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 1);
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 2);
    assert_true(journal_step(journal, "op_2", &step, NULL, &seq, NULL));
    assert_int_equal(seq, 1);
    assert_true(journal_result(journal, "op_1", 2, "204", 7, NULL));
    assert_false(journal_result(journal, "op_1", 3, "204", 7, &err));
    assert_true(journal_read_steps(journal, "op_1", world->arena, &steps, &n, NULL));
    assert_int_equal(n, 2);
    assert_string_equal(steps[0].result, "");
    assert_string_equal(steps[1].result, "204");
    assert_int_equal(steps[1].answered_ms, 7);
    assert_false(journal_step(journal, "op_none", &step, NULL, &seq, &err)); /* a step of no op */
    journal_close(journal);
}

static void
what_was_written_outlives_the_process(void **state)
{
    struct world *world = *state;
    struct journal *journal;

    leave_op(world, "op_1");
    journal = open_journal(world);
    assert_non_null(read_one(world, journal, "op_1"));
    journal_close(journal);
}

static void
the_newest_come_first_and_a_query_narrows(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_a");
    const struct journal_op *ops;
    size_t n;

    assert_true(journal_begin(journal, &op, NULL));
    op.id = "op_b", op.planned_ms = 3000, op.state = OP_STATE_refused;
    assert_true(journal_begin(journal, &op, NULL));
    op.id = "op_c", op.planned_ms = 2000;
    assert_true(journal_begin(journal, &op, NULL));
    assert_true(journal_read(journal, &(struct journal_query){0}, world->arena, &ops, &n, NULL));
    assert_int_equal(n, 3);
    assert_string_equal(ops[0].id, "op_b");
    assert_string_equal(ops[2].id, "op_a");
    assert_true(journal_read(journal, &(struct journal_query){.since_ms = 2000}, world->arena, &ops,
                             &n, NULL));
    assert_int_equal(n, 2);
    assert_true(journal_read(journal, &(struct journal_query){.is_open_only = true}, world->arena,
                             &ops, &n, NULL));
    assert_int_equal(n, 1);
    assert_string_equal(ops[0].id, "op_a");
    assert_true(
        journal_read(journal, &(struct journal_query){.most = 1}, world->arena, &ops, &n, NULL));
    assert_int_equal(n, 1);
    journal_close(journal);
}

static void
stop_times_come_from_finished_items_of_the_pool(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_1");
    const struct journal_item items[] = {
        {.id = "a",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 5000},
        {.id = "b",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 9000},
        {.id = "c",
         .pool_id = "env_1",
         .progress = OP_ITEM_failed,
         .asked_ms = 1000,
         .done_ms = 2000},
        {.id = "d",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 0,
         .done_ms = 2000}, /* by others */
        {.id = "e",
         .pool_id = "env_1",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 7000,
         .is_late = true},
        {.id = "sesn_f", /* a session that was interrupted */
         .pool_id = "env_1",
         .session_id = "sesn_f",
         .progress = OP_ITEM_done,
         .asked_ms = 1000,
         .done_ms = 1010},
    };
    struct journal_op restart = drain("op_2");
    const int64_t *times;
    size_t n;

    op.items = items;
    op.n_items = COUNT_OF(items);
    assert_true(journal_begin(journal, &op, NULL));
    restart.kind = OP_restart_job; /* its items are done when they are queued again */
    restart.items = items;
    restart.n_items = COUNT_OF(items);
    assert_true(journal_begin(journal, &restart, NULL));
    assert_true(journal_stop_times(journal, "env_1", 10, world->arena, &times, &n, NULL));
    assert_int_equal(n, 2);
    assert_int_equal(times[0], 8000); /* the newest first */
    assert_int_equal(times[1], 4000);
    assert_true(journal_stop_times(journal, "env_2", 10, world->arena, &times, &n, NULL));
    assert_int_equal(n, 0);
    journal_close(journal);
}

static void
no_column_could_hold_a_secret(void **state)
{
    static const char *const words[] = {"token", "key", "secret", "password", "credential"};
    struct world *world = *state;
    sqlite3_stmt *rows;
    sqlite3 *db;
    int n = 0;

    journal_close(open_journal(world));
    assert_int_equal(sqlite3_open(world->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT lower(p.name) FROM sqlite_schema s,"
                                        " pragma_table_info(s.name) p WHERE s.type = 'table'",
                                        -1, &rows, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; n++)
        for (size_t i = 0; i < COUNT_OF(words); i++)
            assert_null(strstr((const char *)sqlite3_column_text(rows, 0), words[i]));
    assert_true(n > 30); /* the columns were seen */
    sqlite3_finalize(rows);
    sqlite3_close(db);
}

/* ---- the place ---- */

static unsigned
mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void
the_folder_and_the_files_are_private(void **state)
{
    struct world *world = *state;
    mode_t before = umask(0);
    struct journal *journal = open_journal(world);
    char log[LONGEST_PATH + 64];

    umask(before);
    begin_op(journal, "op_1");
    snprintf(log, sizeof(log), "%s-wal", world->file);
    assert_int_equal(mode_of(world->folder), 0700);
    assert_int_equal(mode_of(world->file), 0600);
    assert_int_equal(mode_of(log), 0600);
    journal_close(journal);
}

static void
a_shared_folder_shares_the_files(void **state)
{
    struct world *world = *state;
    struct journal *journal;
    mode_t before = umask(077);
    char log[LONGEST_PATH + 64];

    assert_int_equal(mkdir(world->folder, 0700), 0);
    assert_int_equal(chmod(world->folder, 02770), 0);
    journal = open_journal(world);
    begin_op(journal, "op_1");
    umask(before);
    snprintf(log, sizeof(log), "%s-wal", world->file);
    assert_int_equal(mode_of(world->file), 0660);
    assert_int_equal(mode_of(log), 0660);
    journal_close(journal);
}

static void
a_folder_that_others_may_write_is_refused(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    assert_int_equal(mkdir(world->folder, 0700), 0);
    assert_int_equal(chmod(world->folder, 0777), 0);
    assert_null(journal_open(world->folder, &err));
    assert_non_null(strstr(err.message, "everybody may write"));
    assert_int_equal(chmod(world->folder, 0770), 0);
    assert_null(journal_open(world->folder, &err));
    assert_non_null(strstr(err.message, "chmod g+s"));
}

static void
a_link_in_place_of_the_file_is_not_followed(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    assert_int_equal(mkdir(world->folder, 0700), 0);
    assert_int_equal(symlink("/dev/null", world->file), 0);
    assert_null(journal_open(world->folder, &err));
    assert_int_equal(err.code, ERR_IO);
}

static const char *pretended_state, *pretended_home;

static const char *
pretend(const char *name)
{
    if (strcmp(name, "XDG_STATE_HOME") == 0)
        return pretended_state;
    return strcmp(name, "HOME") == 0 ? pretended_home : NULL;
}

static void
the_folder_follows_the_xdg_specification(void **state)
{
    struct world *world = *state;

    pretended_state = "/var/state";
    pretended_home = "/home/a";
    assert_string_equal(journal_folder(world->arena, pretend), "/var/state/sandwatch");
    pretended_state = "relative";
    assert_string_equal(journal_folder(world->arena, pretend), "/home/a/.local/state/sandwatch");
    pretended_state = pretended_home = NULL;
    assert_null(journal_folder(world->arena, pretend));
}

static void
reading_makes_nothing(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct journal *journal = journal_open_to_read(world->folder, &err);
    const struct journal_op *ops;
    struct stat status;
    size_t n = 9;

    assert_non_null(journal);
    assert_true(journal_read(journal, &(struct journal_query){0}, world->arena, &ops, &n, &err));
    assert_int_equal(n, 0);
    journal_close(journal);
    assert_int_equal(stat(world->folder, &status), -1);
}

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
    assert_int_equal(exit_status(pid), 0);
    close(ends[0]);
    close(ends[1]);
}

static void
an_op_whose_process_was_killed_is_interrupted(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    const struct journal_op *op;

    leave_op(world, "op_1");
    op = read_one(world, journal, "op_1");
    assert_false(op->is_alive);
    assert_false(op->is_mine);
    assert_int_equal(op->state, OP_STATE_undo); /* as it was written */
    assert_true(journal_claim(journal, "op_1", NULL));
    op = read_one(world, journal, "op_1");
    assert_true(op->is_alive && op->is_mine);
    journal_close(journal);
}

static void
an_op_that_is_left_to_the_journal_can_be_claimed(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_1");

    begin_op(journal, "op_1");
    op.state = OP_STATE_interrupted;
    assert_true(journal_update(journal, &op, NULL));
    assert_false(read_one(world, journal, "op_1")->is_alive); /* though this process runs */
    assert_false(journal_update(journal, &op, NULL));
    assert_true(journal_claim(journal, "op_1", NULL));
    assert_true(journal_update(journal, &op, NULL));
    journal_close(journal);
}

static void
what_is_alive_over_or_unknown_cannot_be_claimed(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct journal_op op = drain("op_over");
    struct err err = {0};
    pid_t pid;

    begin_op(journal, "op_1");
    op.state = OP_STATE_done;
    assert_true(journal_begin(journal, &op, NULL));
    pid = fork();
    if (pid == 0) {
        struct journal *other = journal_open(world->folder, NULL);
        bool is_named = !journal_claim(other, "op_1", &err) && err.code == ERR_REFUSED &&
                        strstr(err.message, "alice");

        _exit(is_named ? 0 : 1);
    }
    assert_int_equal(exit_status(pid), 0);
    assert_false(journal_claim(journal, "op_over", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_false(journal_claim(journal, "op_none", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_true(journal_claim(journal, "op_1", &err)); /* one's own */
    journal_close(journal);
}

/* Somebody else tries to write about op_1, whose first step is seq. */
static bool
is_refused_what_the_owner_may(const struct world *world, int64_t seq)
{
    struct journal *other = journal_open(world->folder, NULL);
    const struct journal_step step = {.what = "stop", .target = "work_1"};
    struct journal_op op = drain("op_1");
    struct err update = {0}, items = {0}, another = {0};

    journal_update(other, &op, &update);
    journal_items(other, "op_1", &nightly_is_done, 1, &items);
    journal_step(other, "op_1", &step, NULL, &(int64_t){0}, &another);
    return update.code == ERR_REFUSED && items.code == ERR_REFUSED && another.code == ERR_REFUSED &&
           journal_result(other, "op_1", seq, "204", 1, NULL);
}

static void
only_the_owner_writes_but_the_result_of_what_was_done(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    const struct journal_step step = {.what = "stop", .target = "work_1"};
    struct journal_op op = drain("op_1");
    int64_t seq;
    pid_t pid;

    begin_op(journal, "op_1");
    assert_true(journal_step(journal, "op_1", &step, NULL, &seq, NULL));
    pid = fork();
    if (pid == 0)
        _exit(is_refused_what_the_owner_may(world, seq) ? 0 : 1);
    assert_int_equal(exit_status(pid), 0);
    assert_true(journal_update(journal, &op, NULL));
    assert_int_equal(read_one(world, journal, "op_1")->items[0].progress, OP_ITEM_waiting);
    journal_close(journal);
}

/* ---- several processes ---- */

typedef bool (*attempt)(struct journal *journal, struct err *err);

/* Waits for the others, so that all try at once; winners stay until the pipe closes. */
static void
race(const struct world *world, attempt wins, int start, int result, int stay)
{
    struct journal *journal = journal_open(world->folder, NULL);
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
race_of_eight(const struct world *world, attempt wins)
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
            race(world, wins, start[0], result[1], stay[0]);
        }
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(read(result[0], &c, 1), 1);
    close(start[1]);
    for (int i = 0; i < RACERS && read(result[0], &c, 1) == 1; i++)
        n[c & 127]++;
    close(stay[1]);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(exit_status(pids[i]), 0);
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
    leave_op(*state, "op_1");
    race_of_eight(*state, claims);
}

static bool
begins_alone(struct journal *journal, struct err *err)
{
    const struct journal_op *rival;
    struct arena *arena = arena_new();
    struct journal_op op = drain("");
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
    leave_op(*state, "op_of_one_that_is_gone"); /* who is in nobody's way */
    race_of_eight(*state, begins_alone);
}

static void
write_steps(const struct world *world, const char *id, int steps, int told)
{
    struct journal *journal = journal_open(world->folder, NULL);
    struct journal_op op = drain(id);
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

static size_t
count_steps(struct world *world, struct journal *journal, const char *id)
{
    const struct journal_step *steps;
    struct err err = {0};
    size_t n;

    if (!journal_read_steps(journal, id, world->arena, &steps, &n, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(steps[i].seq, i + 1);
    return n;
}

static void
two_processes_open_a_new_journal_and_write_at_once(void **state)
{
    struct world *world = *state;
    struct journal *journal;
    pid_t a, b;

    a = fork();
    if (a == 0)
        write_steps(world, "op_a", 200, -1);
    b = fork();
    if (b == 0)
        write_steps(world, "op_b", 200, -1);
    assert_int_equal(exit_status(a), 0);
    assert_int_equal(exit_status(b), 0);
    journal = open_journal(world);
    assert_int_equal(count_steps(world, journal, "op_a"), 200);
    assert_int_equal(count_steps(world, journal, "op_b"), 200);
    journal_close(journal);
}

static void
a_writer_killed_in_the_middle_loses_nothing_it_was_told_of(void **state)
{
    struct world *world = *state;
    struct journal *journal;
    int64_t seq, last = 0;
    int told[2];
    pid_t pid;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    if (pid == 0)
        write_steps(world, "op_1", MANY_STEPS, told[1]);
    close(told[1]);
    while (read(told[0], &seq, sizeof(seq)) == (ssize_t)sizeof(seq)) {
        last = seq;
        if (seq == KILL_AFTER)
            kill(pid, SIGKILL);
    }
    assert_int_equal(exit_status(pid), -SIGKILL);
    assert_true(last >= KILL_AFTER && last < MANY_STEPS);
    journal = open_journal(world);
    assert_true((int64_t)count_steps(world, journal, "op_1") >= last);
    assert_true((int64_t)count_steps(world, journal, "op_1") <= last + 1);
    assert_false(read_one(world, journal, "op_1")->is_alive);
    journal_close(journal);
    close(told[0]);
}

static void
readers_see_the_last_truth_while_a_writer_holds_the_pen(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world), *reader;
    struct err err = {0};
    sqlite3 *pen;

    begin_op(journal, "op_1");
    assert_int_equal(sqlite3_open(world->file, &pen), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(pen, "BEGIN IMMEDIATE; UPDATE op SET summary = 'not yet'", NULL, NULL, NULL),
        SQLITE_OK);
    reader = journal_open_to_read(world->folder, &err);
    assert_non_null(reader);
    assert_string_equal(read_one(world, reader, "op_1")->summary, "confirmed");
    assert_int_equal(sqlite3_exec(pen, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(pen);
    assert_string_equal(read_one(world, reader, "op_1")->summary, "not yet");
    journal_close(reader);
    journal_close(journal);
}

static void
what_others_write_wakes_and_is_told_from_our_own(void **state)
{
    struct world *world = *state;
    struct journal *journal = open_journal(world);
    struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};

    begin_op(journal, "op_1");
    assert_false(journal_noticed(journal));
    leave_op(world, "op_2");
    assert_int_equal(poll(&fd, 1, WITHIN_MS), 1);
    assert_true(journal_noticed(journal));
    assert_false(journal_noticed(journal));
    assert_int_equal(poll(&fd, 1, 0), 0); /* reading it does not wake again */
    journal_close(journal);
}

/* ---- disks that fail ---- */

/* In a child with its own mounts: a tiny file system on the folder. */
static void
mount_tiny(const struct world *world, const char *options)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        _exit(CHILD_SKIPS);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", world->folder, "tmpfs", 0, options) != 0)
        _exit(CHILD_SKIPS);
}

/* The line that a full disk gives; 0 when it is right. */
static int
is_told_full(bool is_written, const struct err *err)
{
    if (is_written || err->code != ERR_IO || !strstr(err->message, "is full"))
        fprintf(stderr, "written %d: %s\n", is_written, err->message);
    return !is_written && err->code == ERR_IO && strstr(err->message, "is full") ? 0 : 1;
}

static void
fill(const struct world *world)
{
    static const char zeros[4096];
    char path[LONGEST_PATH + 32];
    int fd;

    snprintf(path, sizeof(path), "%s/ballast", world->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        ;
    close(fd);
}

static void
child_fills_disk(const struct world *world)
{
    struct err err = {0};
    struct journal *journal;
    struct arena *arena = arena_new();
    const struct journal_op *ops;
    struct journal_op op = drain("op_1");
    size_t n;

    mount_tiny(world, "size=1m,mode=0700");
    journal = journal_open(world->folder, &err);
    if (!journal || !journal_begin(journal, &op, &err) || !journal_try(journal, &err)) {
        fprintf(stderr, "%s\n", err.message);
        _exit(2);
    }
    fill(world);
    /* what was recorded is still there, and an op that is begun now is refused with the reason */
    for (int i = 0; i < 200 && journal_try(journal, &err); i++)
        ;
    if (is_told_full(err.code == 0, &err) != 0)
        _exit(3);
    if (!journal_read(journal, &(struct journal_query){0}, arena, &ops, &n, &err) || n != 1)
        _exit(4);
    _exit(0);
}

static void
a_full_disk_is_told(void **state)
{
    struct world *world = *state;
    pid_t pid;
    int status;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    pid = fork();
    if (pid == 0)
        child_fills_disk(world);
    status = exit_status(pid);
    if (status == CHILD_SKIPS)
        skip();
    assert_int_equal(status, 0);
}

/* A limit on the size of files stands for a full disk where mounting is not allowed. */
static void
a_file_that_may_not_grow_is_told(void **state)
{
    struct world *world = *state;
    pid_t pid;

    pid = fork();
    if (pid == 0) {
        struct journal *journal = journal_open(world->folder, NULL);
        struct journal_op op = drain("op_1");
        struct err err = {0};
        const struct rlimit limit = {100 * 1024, 100 * 1024};
        bool is_good = journal && journal_begin(journal, &op, NULL);

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (int i = 0; i < 50 && is_good && journal_try(journal, &err); i++)
            ;
        if (err.code != ERR_IO || !strchr(err.message, '/'))
            fprintf(stderr, "code %d: %s\n", (int)err.code, err.message);
        _exit(is_good && err.code == ERR_IO && strchr(err.message, '/') ? 0 : 1);
    }
    assert_int_equal(exit_status(pid), 0);
}

static void
child_reads_only(const struct world *world)
{
    struct err err = {0};
    struct journal *journal;
    struct journal_op op = drain("op_1");
    const struct journal_op *ops;
    size_t n;

    mount_tiny(world, "size=4m,mode=0700");
    journal = journal_open(world->folder, &err);
    if (!journal || !journal_begin(journal, &op, &err))
        _exit(2);
    journal_close(journal);
    if (mount(NULL, world->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        _exit(CHILD_SKIPS);
    if (journal_open(world->folder, &err) || err.code != ERR_IO || strchr(err.message, '\n') ||
        !strstr(err.message, world->folder))
        _exit(3);
    journal = journal_open_to_read(world->folder, &err);
    if (!journal) {
        fprintf(stderr, "%s\n", err.message);
        _exit(4);
    }
    _exit(journal_read(journal, &(struct journal_query){0}, world->arena, &ops, &n, &err) && n == 1
              ? 0
              : 5);
}

static void
read_only_media_refuse_writing_and_allow_reading(void **state)
{
    struct world *world = *state;
    pid_t pid;
    int status;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    pid = fork();
    if (pid == 0)
        child_reads_only(world);
    status = exit_status(pid);
    if (status == CHILD_SKIPS)
        skip();
    assert_int_equal(status, 0);
}

static void
child_may_not_write(const struct world *world)
{
    struct err err = {0};

    if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) /* root may write anywhere */
        _exit(2);
    if (journal_open(world->folder, &err) || err.code != ERR_IO ||
        !strstr(err.message, "Permission denied"))
        _exit(3);
    _exit(0);
}

static void
a_folder_without_write_permission_is_told(void **state)
{
    struct world *world = *state;
    pid_t pid;

    assert_int_equal(chmod(world->root, 0755), 0);
    assert_int_equal(mkdir(world->folder, 0555), 0);
    pid = fork();
    if (pid == 0)
        child_may_not_write(world);
    assert_int_equal(exit_status(pid), 0);
}

/* ---- files that are damaged ---- */

static void
prepare_file(const struct world *world)
{
    struct journal *journal = open_journal(world);

    for (int i = 0; i < 40; i++) {
        char id[16];

        snprintf(id, sizeof(id), "op_%d", i);
        begin_op(journal, id);
    }
    journal_close(journal);
}

static void
assert_damaged_and_untouched(const struct world *world)
{
    struct err err = {0};
    struct stat before, after;

    assert_int_equal(stat(world->file, &before), 0);
    assert_null(journal_open(world->folder, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.message, "damaged"));
    assert_non_null(strstr(err.message, world->file));
    assert_null(strchr(err.message, '\n'));
    assert_int_equal(stat(world->file, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void
a_file_that_is_no_journal_is_left_alone(void **state)
{
    struct world *world = *state;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    folder_write(world->folder, "journal.db",
                 "this is somebody's shopping list, which nobody wants to lose\n");
    assert_damaged_and_untouched(world);
}

static void
a_truncated_file_is_told_and_left_alone(void **state)
{
    struct world *world = *state;
    struct stat status;

    prepare_file(world);
    assert_int_equal(stat(world->file, &status), 0);
    assert_int_equal(truncate(world->file, status.st_size / 2 / 4096 * 4096), 0);
    assert_damaged_and_untouched(world);
}

static void
a_file_with_overwritten_pages_is_told_and_left_alone(void **state)
{
    struct world *world = *state;
    char noise[3 * 4096];
    int fd;

    prepare_file(world);
    memset(noise, 0x5a, sizeof(noise));
    fd = open(world->file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, noise, sizeof(noise), 4096), sizeof(noise));
    close(fd);
    assert_damaged_and_untouched(world);
}

static void
the_log_of_a_file_cut_to_nothing_is_kept(void **state)
{
    struct world *world = *state;
    char log[LONGEST_PATH + 64];
    struct stat before, after;

    leave_op(world, "op_1"); /* killed: its log was not folded into the file */
    snprintf(log, sizeof(log), "%s-wal", world->file);
    assert_int_equal(truncate(world->file, 0), 0);
    assert_int_equal(stat(log, &before), 0);
    assert_true(before.st_size > 0);
    assert_damaged_and_untouched(world);
    assert_int_equal(stat(log, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

static void
a_journal_of_a_newer_program_is_refused(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    sqlite3 *db;

    prepare_file(world);
    assert_int_equal(sqlite3_open(world->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_null(journal_open(world->folder, &err));
    assert_non_null(strstr(err.message, "newer"));
    assert_null(journal_open_to_read(world->folder, &err));
    assert_non_null(strstr(err.message, "newer"));
}

static const char an_old_op[] =
    "INSERT INTO op VALUES ('op_old', 'restart', 'pool', 'running', 'test', 'env_1', 'eu', 'env_1',"
    " 'alice', 'ops1', '', '', 'stop-running', 60000, '', 0, 1, 2, 3, 0, '', 'up', '', 0, 0, 0);"
    "INSERT INTO item VALUES ('op_old', 'work_1', 'bump', 'env_1', 'sesn_1', 'taken', '', 4, 0);"
    "INSERT INTO step VALUES ('op_old', 1, 4, 0, 'stop', 'work_1', 'POST', '');";

static void
assert_old_op_is_there(struct world *world, struct journal *journal)
{
    const struct journal_op *op = read_one(world, journal, "op_old");

    assert_non_null(op);
    assert_int_equal(op->state, OP_STATE_running);
    assert_false(op->is_alive);
    assert_int_equal(op->choices, 1u << OP_CHOICE_stop_running);
    assert_int_equal(op->expected, -1);
    assert_int_equal(op->n_items, 1);
    assert_int_equal(op->items[0].progress, OP_ITEM_taken);
    assert_int_equal(op->items[0].expected, -1);
    assert_string_equal(op->items[0].former_id, "");
    assert_false(op->items[0].is_forced || op->items[0].is_told);
    assert_int_equal(count_steps(world, journal, "op_old"), 1);
}

static void
a_journal_of_an_older_program_is_brought_up(void **state)
{
    struct world *world = *state;
    struct journal *journal;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    old_journal_write(world->file, an_old_op);
    journal = open_journal(world);
    assert_old_op_is_there(world, journal);
    assert_true(journal_claim(journal, "op_old", NULL));
    assert_true(journal_items(journal, "op_old", &nightly_is_done, 1, NULL));
    assert_string_equal(read_one(world, journal, "op_old")->items[0].former_id, "conn_1");
    journal_close(journal);
}

static void
a_journal_of_an_older_program_is_brought_up_by_whoever_reads_it_first(void **state)
{
    struct world *world = *state;
    struct err err = {0};
    struct journal *journal;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    old_journal_write(world->file, an_old_op);
    journal = journal_open_to_read(world->folder, &err);
    if (!journal)
        fail_msg("%s", err.message);
    assert_old_op_is_there(world, journal);
    journal_close(journal);
}

static void
an_older_program_that_is_still_open_goes_on_writing(void **state)
{
    struct world *world = *state;
    struct journal *journal;
    sqlite3 *old;

    assert_int_equal(mkdir(world->folder, 0700), 0);
    old_journal_write(world->file, "");
    assert_int_equal(sqlite3_open(world->file, &old), SQLITE_OK);
    journal = open_journal(world);
    assert_int_equal(sqlite3_exec(old, old_journal_statements, NULL, NULL, NULL), SQLITE_OK);
    assert_non_null(read_one(world, journal, "op_older"));
    assert_int_equal(read_one(world, journal, "op_older")->n_items, 1);
    sqlite3_close(old);
    journal_close(journal);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_op_is_read_as_it_was_written),
        T(an_update_replaces_what_changes_and_keeps_the_rest),
        T(what_a_resumed_op_goes_by_is_kept),
        T(steps_are_numbered_and_get_their_result_later),
        T(what_was_written_outlives_the_process),
        T(the_newest_come_first_and_a_query_narrows),
        T(stop_times_come_from_finished_items_of_the_pool),
        T(no_column_could_hold_a_secret),
        T(the_folder_and_the_files_are_private),
        T(a_shared_folder_shares_the_files),
        T(a_folder_that_others_may_write_is_refused),
        T(a_link_in_place_of_the_file_is_not_followed),
        T(the_folder_follows_the_xdg_specification),
        T(reading_makes_nothing),
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
        T(a_full_disk_is_told),
        T(a_file_that_may_not_grow_is_told),
        T(read_only_media_refuse_writing_and_allow_reading),
        T(a_folder_without_write_permission_is_told),
        T(a_file_that_is_no_journal_is_left_alone),
        T(a_truncated_file_is_told_and_left_alone),
        T(a_file_with_overwritten_pages_is_told_and_left_alone),
        T(the_log_of_a_file_cut_to_nothing_is_kept),
        T(a_journal_of_a_newer_program_is_refused),
        T(a_journal_of_an_older_program_is_brought_up),
        T(a_journal_of_an_older_program_is_brought_up_by_whoever_reads_it_first),
        T(an_older_program_that_is_still_open_goes_on_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
