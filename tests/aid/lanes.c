#include "aid/lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_LANES = 64, FINISHED = 100 /* exit status: that, and how many there were */ };

static pid_t
start_lane(int lane, int lanes, int most, lanes_trial *trial)
{
    pid_t child = fork();
    int n = 0;

    assert_true(child >= 0);
    if (child > 0)
        return child;
    while (lane + n * lanes < most && trial(lane + n * lanes))
        n++;
    _exit(FINISHED + n);
}

int
lanes_beside(int usual)
{
#ifdef __SANITIZE_THREAD__
    return usual / 2;
#else
    return usual;
#endif
}

int
lanes_run(int lanes, int most, lanes_trial *trial)
{
    pid_t lane[MOST_LANES];
    int done = 0, failed = 0, status;

    lanes = lanes_beside(lanes);
    assert_in_range(lanes, 1, MOST_LANES);
    for (int i = 0; i < lanes; i++)
        lane[i] = start_lane(i, lanes, most, trial);
    for (int i = 0; i < lanes; i++) {
        assert_int_equal(waitpid(lane[i], &status, 0), lane[i]);
        if (WIFEXITED(status) && WEXITSTATUS(status) >= FINISHED)
            done += WEXITSTATUS(status) - FINISHED;
        else
            failed++;
    }
    if (failed > 0)
        fail_msg("%d of %d lanes failed", failed, lanes);
    print_message("%d trials\n", done);
    assert_true(done < most);
    return done;
}
