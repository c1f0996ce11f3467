/* check.c — `sandwatch check`: can this host work? Measured once, or watched. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/check_look.h"
#include "cli/check_report.h"
#include "cli/cli.h"
#include "core/clock.h"
#include "core/text.h"

enum {
    LINE_BYTES = 512,
    MOST_CHECKS = 256,
    API_GRACE_MS = 150, /* for the tunnels' names, after everything was measured */
};

/* One run of the command. */
struct run {
    const struct check_options *options;
    struct store *store;
    int64_t started_ms, deadline_ms, measured_ms; /* of the monotonic clock; 0: not yet */
    bool is_told[MOST_CHECKS];
    bool is_line_open; /* the live line of progress stands on the terminal */
};

static volatile sig_atomic_t is_interrupted;

static void
interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* ---- progress, on standard error ---- */

static void
close_line(struct run *run)
{
    if (run->is_line_open)
        fputs("\r\033[K", stderr);
    run->is_line_open = false;
}

static void
tell(struct run *run, const struct check *check, size_t n_done, size_t n)
{
    TEXT(line, LINE_BYTES);
    TEXT(cut, LINE_BYTES);

    text_addf(&line, "%zu/%zu  ", n_done, n);
    check_line_add(&line, check);
    text_add_cells(&cut, line.bytes, 78, "…");
    close_line(run);
    fputs(cut.bytes, stderr);
    fflush(stderr);
    run->is_line_open = true;
}

static void
tell_progress(struct run *run, const struct snapshot *snapshot)
{
    size_t n, n_done = 0;
    const struct check *checks = snapshot_checks(snapshot, &n);

    n = n < MOST_CHECKS ? n : MOST_CHECKS;
    for (size_t i = 0; i < n; i++)
        n_done += run->is_told[i];
    for (size_t i = 0; i < n; i++) {
        if (run->is_told[i] || checks[i].at_ms == 0)
            continue;
        run->is_told[i] = true;
        tell(run, &checks[i], ++n_done, n);
    }
}

/* ---- waiting ---- */

static bool
is_tried(const struct snapshot *snapshot, enum source source)
{
    const struct source_status *status = &snapshot->source[source];

    return status->rounds > 0 || status->state == SOURCE_STATE_disabled;
}

static bool
is_api_settled(const struct snapshot *snapshot)
{
    size_t n;
    const struct service *service = snapshot_service(snapshot, &n);

    return n > 0 && service->is_settled;
}

/* Everything that was asked for is known. The management API only names the tunnels whose layers
 * are judged: it gets a fifth of the time that measuring took, and is not waited for beyond. */
static bool
is_complete(struct run *run, const struct snapshot *snapshot)
{
    const struct check_only *only = &run->options->only;
    int64_t now_ms = clock_mono_ms(), took_ms;

    if (only->kinds && !is_tried(snapshot, SOURCE_checks))
        return false;
    if (!only->has_layers)
        return true;
    if (!is_tried(snapshot, SOURCE_connectors) || !is_tried(snapshot, SOURCE_proxy) ||
        !is_tried(snapshot, SOURCE_upstreams))
        return false;
    if (is_api_settled(snapshot))
        return true;
    if (!only->kinds)
        return false; /* the layers are all that was asked for */
    if (run->measured_ms == 0)
        run->measured_ms = now_ms;
    took_ms = run->measured_ms - run->started_ms;
    return now_ms >= run->measured_ms + (took_ms / 6 > API_GRACE_MS ? took_ms / 6 : API_GRACE_MS);
}

static int
wait_ms(const struct run *run)
{
    int64_t left_ms = run->deadline_ms - clock_mono_ms();

    if (run->measured_ms > 0 && left_ms > 10)
        left_ms = 10; /* the grace has no event of its own */
    return left_ms < 0 ? 0 : (int)left_ms;
}

static void
wait_complete(struct run *run)
{
    for (;;) {
        struct pollfd wake = {.fd = store_wake_fd(run->store), .events = POLLIN};
        struct snapshot snapshot;
        bool is_over;

        store_woken(run->store);
        store_snapshot(run->store, &snapshot);
        if (run->options->has_live_progress)
            tell_progress(run, &snapshot);
        is_over = is_complete(run, &snapshot);
        store_release(run->store, &snapshot);
        if (is_over || is_interrupted || clock_mono_ms() >= run->deadline_ms)
            return;
        (void)poll(&wake, 1, wait_ms(run)); /* interrupted or over: looked at above */
    }
}

/* ---- watching ---- */

/* Nobody reads what we print: end as a write would. A pipe says so at once, a file or a terminal
 * never. */
static bool
is_unheard(const struct pollfd *out)
{
    if (!(out->revents & (POLLERR | POLLNVAL)))
        return false;
    (void)raise(SIGPIPE);
    return true;
}

/* Until a signal: a line for all that changes, or a document whenever something does. *look is what
 * was told last. */
static void
watch(struct store *store, struct check_look *look)
{
    bool is_json = look->options->look.is_json;
    sigset_t ends, before;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends,
                    &before); /* so that none comes between the look and the wait */
    while (!is_interrupted) {
        struct pollfd waits[] = {{.fd = store_wake_fd(store), .events = POLLIN},
                                 {.fd = STDOUT_FILENO}};
        struct check_look now;

        if (ppoll(waits, COUNT_OF(waits), NULL, &before) < 0 && errno != EINTR)
            return;
        if (is_unheard(&waits[1]))
            return;
        store_woken(store);
        check_look(&now, look->options, store);
        if (check_look_news(is_json ? NULL : stdout, look, &now) && is_json)
            check_look_print(stdout, &now);
        check_look_away(look);
        *look = now;
        if (fflush(stdout) != 0)
            return;
    }
}

int
cli_check(const struct check_options *options, struct store *store)
{
    struct run run = {.options = options, .store = store, .started_ms = clock_mono_ms()};
    const struct sigaction end = {.sa_handler = interrupt};
    struct check_look look;
    enum outlook_verdict verdict;

    if (options->is_watching) {
        sigaction(SIGINT, &end, NULL);
        sigaction(SIGTERM, &end, NULL);
    }
    run.deadline_ms = run.started_ms + options->look.timeout_ms;
    wait_complete(&run);
    close_line(&run);
    check_look(&look, options, store);
    check_look_print(stdout, &look);
    fflush(stdout);
    if (options->is_watching)
        watch(store, &look);
    verdict = look.outlook.verdict;
    check_look_away(&look);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("sandwatch: check: standard output");
        return OUTLOOK_unknown;
    }
    return (int)verdict;
}
