/* act_wait.c — waiting for the ops room, a signal, a line from the terminal; and telling how far it
 * is. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/act.h"
#include "cli/op_report.h"
#include "core/clock.h"
#include "core/text.h"

enum { LINE_BYTES = 512, LIVE_CELLS = 78, TICK_MS = 1000 };

static sigset_t
our_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void
act_open(struct act *act, const struct act_options *options, struct store *store)
{
    sigset_t set = our_signals();

    *act = (struct act){
        .options = options, .store = store, .kind = options->kind, .started_ms = clock_mono_ms()};
    act->deadline_ms = act->started_ms + options->look.timeout_ms;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* nobody reads how far it is: the op goes on all the same */
    act->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    store_snapshot(store, &act->snapshot);
}

void
act_close(struct act *act)
{
    sigset_t set = our_signals();

    act_close_line(act);
    store_release(act->store, &act->snapshot);
    if (act->signal_fd >= 0)
        close(act->signal_fd);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGPIPE, SIG_DFL);
}

int
act_signal(struct act *act)
{
    struct signalfd_siginfo info;

    if (act->signal_fd < 0 || read(act->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

static void
look(struct act *act)
{
    store_release(act->store, &act->snapshot);
    store_woken(act->store);
    store_snapshot(act->store, &act->snapshot);
}

enum act_wait
act_wait_until(struct act *act, bool (*is_so)(struct act *act), int64_t within_ms)
{
    int64_t until_ms = clock_mono_ms() + within_ms;

    if (until_ms > act->deadline_ms)
        until_ms = act->deadline_ms;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = store_wake_fd(act->store), .events = POLLIN},
            {.fd = act->signal_fd, .events = POLLIN},
        };
        int64_t left_ms;

        look(act);
        if (is_so(act))
            return ACT_HOLDS;
        left_ms = until_ms - clock_mono_ms();
        if (left_ms <= 0)
            return ACT_LATE;
        (void)poll(fds, COUNT_OF(fds), left_ms < TICK_MS ? (int)left_ms : TICK_MS);
        if (fds[1].revents & POLLIN)
            return ACT_SIGNALLED;
    }
}

enum act_wait
act_read_line(struct act *act, char *out, size_t size)
{
    size_t n = 0;

    for (;;) {
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = act->signal_fd, .events = POLLIN},
        };
        int64_t left_ms = act->deadline_ms - clock_mono_ms();
        char c;

        out[n] = '\0';
        if (left_ms <= 0)
            return ACT_LATE;
        if (poll(fds, COUNT_OF(fds), left_ms < INT32_MAX ? (int)left_ms : INT32_MAX) < 0)
            continue;
        if (fds[1].revents & POLLIN)
            return ACT_SIGNALLED;
        if (fds[0].revents == 0)
            continue;
        if (read(STDIN_FILENO, &c, 1) != 1 || c == '\n')
            return ACT_HOLDS;
        if (n + 1 < size)
            out[n++] = c;
    }
}

/* By its id; the row of a plan that has none yet, by its ticket. */
const struct op *
act_op(const struct act *act)
{
    size_t n;
    const struct op *ops = snapshot_ops(&act->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        bool is_it = act->op_id[0] ? strcmp(ops[i].id, act->op_id) == 0
                                   : act->ticket && ops[i].ticket == act->ticket;

        if (is_it)
            return &ops[i];
    }
    return NULL;
}

/* ---- on standard error ---- */

void
act_close_line(struct act *act)
{
    if (act->is_line_open)
        fputs("\r\033[K", stderr);
    act->is_line_open = false;
}

void
act_say(struct act *act, const char *format, ...)
{
    TEXT(line, LINE_BYTES);
    va_list args;

    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    act_close_line(act);
    fprintf(stderr, "sandwatch: %s: %s\n", act->options->command, line.bytes);
}

static void
tell_live(struct act *act, const struct op *op)
{
    TEXT(line, LINE_BYTES);
    TEXT(cut, LINE_BYTES);

    op_standing_add(&line, op, clock_wall_ms());
    text_add_cells(&cut, line.bytes, LIVE_CELLS, "…");
    fprintf(stderr, "\r\033[K%s", cut.bytes);
    fflush(stderr);
    act->is_line_open = true;
}

/* Without a terminal: each step as it is recorded, and each new number or phase. No times that only
 * pass. */
static void
tell_lines(struct act *act, const struct op *op)
{
    TEXT(line, LINE_BYTES);

    if (act->n_told > op->n_lines)
        act->n_told = op->n_lines;
    for (; act->n_told < op->n_lines; act->n_told++)
        if (op->lines[act->n_told].kind == OP_LINE_step ||
            op->lines[act->n_told].kind == OP_LINE_output)
            fprintf(stderr, "  %s\n", op->lines[act->n_told].text);
    op_standing_add(&line, op, 0);
    if (strcmp(line.bytes, act->told) == 0)
        return;
    snprintf(act->told, sizeof(act->told), "%s", line.bytes);
    fprintf(stderr, "%s\n", line.bytes);
}

void
act_tell(struct act *act, const struct op *op)
{
    if (act->options->has_live_progress)
        tell_live(act, op);
    else
        tell_lines(act, op);
}
