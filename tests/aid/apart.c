#include "aid/apart.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/lanes.h"
#include "core/base.h"
#include "core/die.h"

enum { SIDE_BY_SIDE = 4 };

struct one {
    const struct CMUnitTest *test;
    size_t number; /* from 1 */
    pid_t child;   /* 0: none, or told already */
    FILE *said;
};

static void
begin(struct one *one)
{
    one->said = tmpfile();
    fflush(NULL);
    one->child = fork();
    if (!one->said || one->child < 0)
        die("cannot run a test apart");
    if (one->child > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fileno(one->said), STDOUT_FILENO);
    dup2(fileno(one->said), STDERR_FILENO);
    exit(_cmocka_run_group_tests("tests", one->test, 1, NULL, NULL) == 0 ? 0 : 1);
}

/* The first of its kind is number 1 of 1; here it has its own number, and all have one plan. */
static bool
tell_line(const struct one *one, const char *line)
{
    const char *result = strncmp(line, "not ", 4) == 0 ? line + 4 : line;
    bool is_result = strncmp(result, "ok 1 ", 5) == 0;

    if (is_result)
        printf("%.*sok %zu %s", (int)(result - line), line, one->number, result + 5);
    else if (strncmp(line, "1..", 3) != 0)
        fputs(line, stdout);
    return is_result;
}

static void
tell(const struct one *one, int status)
{
    char line[4096];
    bool has_result = false;

    rewind(one->said);
    while (fgets(line, sizeof(line), one->said))
        has_result |= tell_line(one, line);
    if (status != 0 && !has_result)
        printf("not ok %zu - %s\n# wait status %#x\n", one->number, one->test->name,
               (unsigned)status);
    fclose(one->said);
    fflush(stdout);
}

/* One of the children that run; whether it failed. */
static bool
end(struct one *ones, size_t n)
{
    int status;
    pid_t child = waitpid(-1, &status, 0);

    for (size_t i = 0; i < n; i++)
        if (ones[i].child == child) {
            ones[i].child = 0;
            tell(&ones[i], status);
            return status != 0;
        }
    die("no test runs");
}

int
apart_run(const struct CMUnitTest *tests, size_t n)
{
    struct one *ones = calloc(n, sizeof(*ones));
    size_t beside = (size_t)lanes_beside(SIDE_BY_SIDE);
    int failed = 0;

    if (!ones)
        die("out of memory");
    printf("1..%zu\n", n);
    for (size_t begun = 0, ended = 0; ended < n;) {
        if (begun < n && begun - ended < beside) {
            ones[begun] = (struct one){.test = &tests[begun], .number = begun + 1};
            begin(&ones[begun++]);
        } else {
            failed += end(ones, begun);
            ended++;
        }
    }
    free(ones);
    return failed;
}
