#include "aid/killed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/lanes.h"
#include "core/arena.h"
#include "history/journal.h"

enum { MOST_POINTS = 90 };

/* --- the console that is killed --- */

static void
kill_at_point(void *points_left, const char *where)
{
    int *left = points_left;

    if (strcmp(where, "confirm") == 0)
        return; /* nothing is written yet, so nothing is left */
    if ((*left)-- == 0)
        kill(getpid(), SIGKILL);
}

static const char *the_folder, *the_phase; /* in the console that is killed */

static void
kill_in_phase(void *context, const char *where)
{
    struct arena *arena = arena_new();
    struct journal *journal = journal_open_to_read(the_folder, NULL);
    const struct journal_op *ops;
    size_t n;

    (void)context;
    (void)where;
    if (journal && journal_read(journal, &(struct journal_query){0}, arena, &ops, &n, NULL) &&
        n == 1 && strcmp(ops[0].phase, the_phase) == 0)
        kill(getpid(), SIGKILL);
    journal_close(journal);
    arena_free(arena);
}

static NORETURN void
act_in_child(const struct killed *killed)
{
    struct acting *acting = killed->acting;
    const struct op *op;

    killed->start();
    killed->act();
    op = acting_over(acting);
    if (op->state != killed->ends)
        print_error("it ends by itself: %s: %s\n", op_state_name(op->state), op->summary);
    _exit(op->state == killed->ends ? 0 : 1);
}

/* A console of its own that looks out for that. */
static bool
was_killed(const struct killed *killed, void (*look_out)(void *, const char *), void *context)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        killed->acting->options.checkpoint = look_out;
        killed->acting->options.checkpoint_context = context;
        act_in_child(killed);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fail_msg("it was not killed: exit status %d", WEXITSTATUS(status));
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool
killed_at(const struct killed *killed, int point)
{
    return was_killed(killed, kill_at_point, &point);
}

bool
killed_in_phase(const struct killed *killed, const char *phase)
{
    the_folder = killed->acting->folder;
    the_phase = phase;
    return was_killed(killed, kill_in_phase, NULL);
}

/* --- the next one --- */

static bool
is_left(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    return n == 1 && (ops[0].state == OP_STATE_interrupted || op_state_is_over(ops[0].state));
}

static void
check_next(const struct killed *killed, int point)
{
    const struct op *op;

    killed->start();
    if (!watch_until(&killed->acting->watch, is_left, NULL))
        fail_msg("point %d: the next console does not see it", point);
    op = &snapshot_ops(&killed->acting->watch.snapshot, &(size_t){0})[0];
    if (op->state == OP_STATE_interrupted && op->offer == OP_OFFER_resume)
        killed->check(point, op);
    else if (op->state != killed->ends) /* killed when all was written */
        fail_msg("point %d: it is %s: %s", point, op_state_name(op->state), op->summary);
}

static const struct killed *trying;

static bool
try_point(int point)
{
    bool is_killed;

    trying->begin();
    is_killed = killed_at(trying, point);
    if (is_killed)
        check_next(trying, point);
    acting_end(trying->acting);
    return is_killed;
}

int
killed_at_each_point(const struct killed *killed, int lanes)
{
    trying = killed;
    return lanes_run(lanes, MOST_POINTS, try_point);
}

/* --- what was written --- */

size_t
killed_steps(const struct acting *acting, const char *what, size_t *most)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    struct journal *journal = journal_open_to_read(acting->folder, &err);
    const struct journal_op *ops;
    const struct journal_step *steps;
    size_t n_ops, n, found = 0;

    assert_non_null(journal);
    assert_true(journal_read(journal, &(struct journal_query){0}, arena, &ops, &n_ops, &err));
    *most = 0;
    for (size_t op = 0; op < n_ops; op++) {
        assert_true(journal_read_steps(journal, ops[op].id, arena, &steps, &n, &err));
        for (size_t i = 0; i < n; i++) {
            size_t same = 0;

            for (size_t k = 0; k < n; k++)
                same += strcmp(steps[k].what, what) == 0 &&
                        strcmp(steps[k].target, steps[i].target) == 0;
            found += strcmp(steps[i].what, what) == 0;
            *most = same > *most ? same : *most;
        }
    }
    journal_close(journal);
    arena_free(arena);
    return found;
}
