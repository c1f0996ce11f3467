/* Programs that we run: what they get, what we hear, and how each way to end is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/child.h"
#include "core/clock.h"
#include "core/environment.h"

enum { WITHIN_MS = 20000, PLENTY_BYTES = 1024 * 1024 };

static struct child *
start(const struct child_plan *plan)
{
    struct err err = {0};
    struct child *child = child_start(plan, &err);

    assert_non_null(child);
    return child;
}

/* To its end, woken only by its descriptor. */
static enum child_state
finish(struct child *child)
{
    int64_t give_up_ms = clock_mono_ms() + WITHIN_MS;
    enum child_state state = child_step(child);

    while (state == CHILD_RUNNING) {
        struct pollfd fd = {.fd = child_fd(child), .events = POLLIN};
        int64_t left_ms = child_deadline_ms(child) - clock_mono_ms();

        assert_true(clock_mono_ms() < give_up_ms);
        poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0);
        state = child_step(child);
    }
    return state;
}

static struct child *
shell(const char *script, int64_t within_ms)
{
    const char *const argv[] = {"sh", "-c", script, NULL};

    return start(&(struct child_plan){
        .argv = argv, .most_output_bytes = 4096, .most_error_bytes = 4096, .within_ms = within_ms});
}

static void
assert_said(struct child_output output, const char *expected)
{
    assert_int_equal(output.n, strlen(expected));
    assert_memory_equal(output.bytes, expected, output.n);
    assert_false(output.is_cut);
}

static void
both_streams_are_heard_and_told_apart(void **state)
{
    struct child *child = shell("echo result; echo trouble >&2", WITHIN_MS);
    struct err err = {0};

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_int_equal(child_status(child), 0);
    assert_true(child_succeeded(child, &err));
    assert_said(child_output(child), "result\n");
    assert_said(child_error(child), "trouble\n");
    child_free(child);
}

static void
arguments_are_not_read_by_a_shell(void **state)
{
    const char *const argv[] = {"printf", "%s|", "$HOME", "a b", "`id`; exit 1", NULL};
    struct child *child = start(
        &(struct child_plan){.argv = argv, .most_output_bytes = 4096, .within_ms = WITHIN_MS});

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_said(child_output(child), "$HOME|a b|`id`; exit 1|");
    child_free(child);
}

static void
a_child_reads_what_it_is_given_however_much(void **state)
{
    const char *const argv[] = {"cat", NULL};
    char *bytes = malloc(PLENTY_BYTES);
    struct child *child;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < PLENTY_BYTES; i++)
        bytes[i] = (char)(i * 31 >> 4);
    child = start(&(struct child_plan){.argv = argv,
                                       .input = bytes,
                                       .input_bytes = PLENTY_BYTES,
                                       .most_output_bytes = PLENTY_BYTES,
                                       .within_ms = WITHIN_MS});
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_int_equal(child_output(child).n, PLENTY_BYTES);
    assert_memory_equal(child_output(child).bytes, bytes, PLENTY_BYTES);
    assert_false(child_output(child).is_cut);
    child_free(child);
    free(bytes);
}

static void
a_child_that_reads_nothing_does_not_kill_us(void **state)
{
    const char *const argv[] = {"true", NULL};
    char *bytes = calloc(1, PLENTY_BYTES);
    struct child *child;

    (void)state;
    assert_non_null(bytes);
    child = start(&(struct child_plan){
        .argv = argv, .input = bytes, .input_bytes = PLENTY_BYTES, .within_ms = WITHIN_MS});
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_int_equal(child_status(child), 0);
    child_free(child);
    free(bytes);
}

static void
without_input_a_child_reads_the_end_at_once(void **state)
{
    struct child *child = shell("cat; tty || true", WITHIN_MS);

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_said(child_output(child), "not a tty\n");
    child_free(child);
}

static void
more_than_the_cap_is_cut_and_the_child_goes_on(void **state)
{
    struct child *child = shell("head -c 200000 /dev/zero; exit 7", WITHIN_MS);

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_int_equal(child_status(child), 7);
    assert_int_equal(child_output(child).n, 4096);
    assert_true(child_output(child).is_cut);
    child_free(child);
}

static void
an_exit_status_and_a_signal_are_told_apart(void **state)
{
    struct child *exits =
        shell("echo how >&2; echo 'no such thing' >&2; echo >&2; exit 137", WITHIN_MS);
    struct child *dies = shell("kill -9 $$", WITHIN_MS);
    struct err err = {0};

    (void)state;
    assert_int_equal(finish(exits), CHILD_EXITED);
    assert_int_equal(child_status(exits), 137);
    assert_false(child_succeeded(exits, &err));
    assert_string_equal(err.message, "command sh: exit status 137: no such thing");
    assert_int_equal(finish(dies), CHILD_SIGNALLED);
    assert_int_equal(child_status(dies), SIGKILL);
    assert_false(child_succeeded(dies, &err));
    assert_string_equal(err.message, "command sh: killed by signal 9");
    child_free(exits);
    child_free(dies);
}

static void
where_a_program_says_to_look_is_not_its_reason(void **state)
{
    static const char *const cases[][2] = {
        {"echo 'Interactive authentication required.' >&2; echo 'See man page for details.' >&2; "
         "exit 4",
         "command sh: exit status 4: Interactive authentication required"},
        {"echo 'unknown flag: --x' >&2; echo 'See docker --help.' >&2; echo 'Try it.' >&2; exit 1",
         "command sh: exit status 1: unknown flag: --x"},
        {"echo 'See below.' >&2; exit 1", "command sh: exit status 1: See below"},
        {"printf '\n \n' >&2; exit 1", "command sh: exit status 1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct child *child = shell(cases[i][0], WITHIN_MS);
        struct err err = {0};

        assert_int_equal(finish(child), CHILD_EXITED);
        assert_false(child_succeeded(child, &err));
        assert_string_equal(err.message, cases[i][1]);
        child_free(child);
    }
}

static void
what_it_says_reaches_a_message_made_safe(void **state)
{
    struct child *child = shell("printf '\\033[31mred\\n' >&2; exit 1", WITHIN_MS);
    struct err err = {0};

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_false(child_succeeded(child, &err));
    assert_null(strchr(err.message, '\033'));
    assert_non_null(strstr(err.message, "[31mred"));
    child_free(child);
}

/* The grandchild writes its number and hangs, holding the streams open. */
static void
a_late_child_is_killed_with_its_whole_group(void **state)
{
    int64_t before_ms = clock_mono_ms();
    struct child *child = shell("sleep 60 & echo $!; wait", 1500);
    struct err err = {0};
    char line[32] = "";
    pid_t grandchild;

    (void)state;
    assert_int_equal(finish(child), CHILD_LATE);
    assert_true(clock_mono_ms() - before_ms >= 1500);
    assert_false(child_succeeded(child, &err));
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_non_null(strstr(err.message, "not done within"));
    memcpy(line, child_output(child).bytes, child_output(child).n);
    grandchild = (pid_t)atoi(line);
    assert_true(grandchild > 1);
    while (kill(grandchild, 0) == 0) { /* whoever inherits it buries it; a zombie is dead too */
        char path[64], stat[256] = "";
        FILE *file;

        assert_true(clock_mono_ms() - before_ms < WITHIN_MS);
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
        file = fopen(path, "re");
        if (!file || !fgets(stat, sizeof(stat), file) || strstr(stat, ") Z ")) {
            if (file)
                fclose(file);
            break;
        }
        fclose(file);
    }
    child_free(child);
}

static void
a_child_that_left_others_behind_is_not_waited_for(void **state)
{
    struct child *child = shell("sleep 30 & echo done", WITHIN_MS);
    int64_t before_ms = clock_mono_ms();

    (void)state;
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_true(clock_mono_ms() - before_ms < 15000);
    assert_said(child_output(child), "done\n");
    child_free(child);
}

static void
a_running_child_is_ended_when_it_is_freed(void **state)
{
    struct child *child = shell("sleep 60; echo late", WITHIN_MS);
    int64_t before_ms = clock_mono_ms();

    (void)state;
    assert_int_equal(child_step(child), CHILD_RUNNING);
    child_free(child);
    assert_true(clock_mono_ms() - before_ms < 15000);
}

static void
what_is_not_there_cannot_start(void **state)
{
    const char *const argv[] = {"no-such-program-here", NULL};
    const struct child_plan plan = {.argv = argv, .most_output_bytes = 10, .within_ms = WITHIN_MS};
    struct err err = {0};

    (void)state;
    assert_null(child_start(&plan, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "cannot start"));
}

static void
credentials_do_not_reach_a_child(void **state)
{
    struct child *child;

    (void)state;
    setenv("ANTHROPIC_API_KEY", "a", 1);
    setenv("TUNNEL_TOKEN", "b", 1);
    setenv("POOL_KEY", "c", 1);
    setenv("POOL_KEY_FILE", "d", 1);
    environment_hide("POOL_KEY");
    child =
        shell("echo ${ANTHROPIC_API_KEY-1}${TUNNEL_TOKEN-2}${POOL_KEY-3}$POOL_KEY_FILE", WITHIN_MS);
    assert_int_equal(finish(child), CHILD_EXITED);
    assert_said(child_output(child), "123d\n");
    child_free(child);
    unsetenv("ANTHROPIC_API_KEY");
    unsetenv("TUNNEL_TOKEN");
    unsetenv("POOL_KEY");
    unsetenv("POOL_KEY_FILE");
}

static void
descriptors_and_ignored_signals_do_not_reach_a_child(void **state)
{
    struct child *child;
    int leak = dup(STDOUT_FILENO); /* not close-on-exec */

    (void)state;
    assert_true(leak > 2);
    signal(SIGPIPE, SIG_IGN);
    child = shell("ls /proc/self/fd | wc -l; sh -c 'kill -PIPE $$; echo ignored'", WITHIN_MS);
    signal(SIGPIPE, SIG_DFL);
    finish(child);
    assert_said(child_output(child), "4\n"); /* 0, 1, 2 and the folder that ls reads */
    child_free(child);
    close(leak);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_streams_are_heard_and_told_apart),
        cmocka_unit_test(arguments_are_not_read_by_a_shell),
        cmocka_unit_test(a_child_reads_what_it_is_given_however_much),
        cmocka_unit_test(a_child_that_reads_nothing_does_not_kill_us),
        cmocka_unit_test(without_input_a_child_reads_the_end_at_once),
        cmocka_unit_test(more_than_the_cap_is_cut_and_the_child_goes_on),
        cmocka_unit_test(an_exit_status_and_a_signal_are_told_apart),
        cmocka_unit_test(where_a_program_says_to_look_is_not_its_reason),
        cmocka_unit_test(what_it_says_reaches_a_message_made_safe),
        cmocka_unit_test(a_late_child_is_killed_with_its_whole_group),
        cmocka_unit_test(a_child_that_left_others_behind_is_not_waited_for),
        cmocka_unit_test(a_running_child_is_ended_when_it_is_freed),
        cmocka_unit_test(what_is_not_there_cannot_start),
        cmocka_unit_test(credentials_do_not_reach_a_child),
        cmocka_unit_test(descriptors_and_ignored_signals_do_not_reach_a_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
