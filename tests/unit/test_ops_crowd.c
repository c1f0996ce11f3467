/* A drain of two thousand jobs: it goes on steadily, and acting on many costs little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/acting.h"

enum { JOBS = 2000, STOPPED = 300, MOST_MS_EACH = 60, REQUESTS_PER_MINUTE = 2400 };

static struct acting run;

static bool
knows_all(const struct snapshot *snapshot, const void *context)
{
    size_t n, found = 0;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    (void)context;
    for (size_t i = 0; i < n; i++)
        found += jobs[i].state_kind == JOB_STATE_active;
    return found >= JOBS;
}

static bool
have_many_stopped(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    return n == 1 && ops[0].n_done >= STOPPED;
}

/* Clock ticks that the thread of that name has used. */
static long
ticks_of_thread(const char *name)
{
    DIR *tasks = opendir("/proc/self/task");
    long found = -1;

    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks)) && found < 0;) {
        char path[300], line[600] = "";
        unsigned long user, system;
        const char *rest;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", task->d_name);
        file = fopen(path, "r");
        if (!file)
            continue;
        rest = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
        fclose(file);
        if (rest && strstr(line, name) &&
            sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) ==
                2)
            found = (long)(user + system);
    }
    closedir(tasks);
    return found;
}

static void
a_drain_of_two_thousand_jobs_takes_milliseconds_for_each(void **state)
{
    char pool[ORDER_ID_BYTES];
    long before, used_ms;
    const struct op *op;

    (void)state;
    acting_begin(&run, "tests/worlds/crowded.yaml");
    run.watch.options.requests_per_minute = REQUESTS_PER_MINUTE;
    run.options.tick_ms = 0; /* as in the console */
    acting_start(&run);
    assert_true(watch_until(&run.watch, knows_all, NULL));
    snprintf(pool, sizeof(pool), "%s", acting_job(&run, JOB_STATE_active, 0)->pool_id);
    op = acting_plan_with(&run, OP_drain_pool, (const char *const[]){pool, NULL},
                          1u << OP_CHOICE_stop_running);
    assert_int_equal(op->n_items, JOBS);
    before = ticks_of_thread("(ops)");
    acting_confirm(&run);
    assert_true(watch_until(&run.watch, have_many_stopped, NULL));
    used_ms = (ticks_of_thread("(ops)") - before) * 1000 / sysconf(_SC_CLK_TCK);
    print_message("%ld ms for %d jobs\n", used_ms, STOPPED);
    acting_order(&run, ORDER_cancel, "");
    assert_true(acting_until(&run, OP_STATE_cancelled));
    acting_end(&run);
    assert_true(used_ms <= STOPPED * MOST_MS_EACH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drain_of_two_thousand_jobs_takes_milliseconds_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
