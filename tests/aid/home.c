#include "aid/home.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/folder.h"
#include "core/arena.h"

int
home_begin(void **state)
{
    struct home *home = calloc(1, sizeof(*home));

    home->root = folder_new();
    snprintf(home->folder, sizeof(home->folder), "%s/journal", home->root);
    snprintf(home->file, sizeof(home->file), "%s/journal.db", home->folder);
    home->arena = arena_new();
    *state = home;
    return 0;
}

int
home_end(void **state)
{
    struct home *home = *state;

    chmod(home->folder, 0700);
    folder_free(strdup(home->folder));
    folder_free(home->root);
    arena_free(home->arena);
    free(home);
    return 0;
}

struct journal *
home_open(const struct home *home)
{
    struct err err = {0};
    struct journal *journal = journal_open(home->folder, &err);

    if (!journal)
        fail_msg("%s", err.message);
    return journal;
}

void
home_begin_op(struct journal *journal, const char *id)
{
    struct journal_op op = home_drain(id);
    struct err err = {0};

    if (!journal_begin(journal, &op, &err))
        fail_msg("%s", err.message);
}

const struct journal_op *
home_read_op(struct home *home, struct journal *journal, const char *id)
{
    const struct journal_query query = {.op_id = id};
    const struct journal_op *ops;
    struct err err = {0};
    size_t n;

    if (!journal_read(journal, &query, home->arena, &ops, &n, &err))
        fail_msg("%s", err.message);
    return n == 1 ? ops : NULL;
}

size_t
home_count_steps(struct home *home, struct journal *journal, const char *id)
{
    const struct journal_step *steps;
    struct err err = {0};
    size_t n;

    if (!journal_read_steps(journal, id, home->arena, &steps, &n, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(steps[i].seq, i + 1);
    return n;
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

struct journal_op
home_drain(const char *id)
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

const struct journal_item home_nightly_is_done = {.id = "work_1",
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

void
home_leave_op(const struct home *home, const char *id)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct journal *journal = journal_open(home->folder, NULL);
        struct journal_op op = home_drain(id);

        raise(journal && journal_begin(journal, &op, NULL) ? SIGKILL : SIGUSR1);
    }
    assert_int_equal(home_exit_status(pid), -SIGKILL);
}

int
home_exit_status(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
