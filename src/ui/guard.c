#include "ui/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/die.h"

enum { RESTORE_BYTES = 1024, RESTORE_WITHIN_MS = 300, ALTERNATE_STACK_BYTES = 64 * 1024 };

/* Whatever ends a program without asking; the four polite ones are read by the console itself. */
static const int fatal[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,   SIGTRAP, SIGSYS,
                            SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF};

static struct {
    int fd;
    struct termios saved;
    char restore[RESTORE_BYTES];
    size_t n;
    struct sigaction before[COUNT_OF(fatal)];
    void *stack;
} guard;

static atomic_bool is_armed;
static volatile sig_atomic_t is_mid_frame;

/* Written with patience, for a stopped or slow line, but not for ever. */
static void
send_all(const char *bytes, size_t n)
{
    int tries = RESTORE_WITHIN_MS / 10;

    while (n > 0 && tries-- > 0) {
        struct pollfd room = {.fd = guard.fd, .events = POLLOUT};
        ssize_t wrote;

        if (poll(&room, 1, 10) != 1)
            continue;
        if (room.revents & (POLLHUP | POLLERR | POLLNVAL))
            return;
        wrote = write(guard.fd, bytes, n);
        if (wrote < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (wrote > 0) {
            bytes += wrote;
            n -= (size_t)wrote;
        }
    }
}

void
guard_restore(void)
{
    static const char cancel[] = "\030"; /* CAN ends a sequence that was cut (ECMA-48 8.3.6) */
    int before = errno;
    sigset_t background, mask;

    if (!atomic_exchange(&is_armed, false))
        return;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU); /* killed in the background, it must end and not stop here */
    pthread_sigmask(SIG_BLOCK, &background, &mask);
    tcflow(guard.fd, TCOON); /* ^S must not keep the terminal from being given back */
    if (is_mid_frame)
        send_all(cancel, 1);
    send_all(guard.restore, guard.n);
    tcsetattr(guard.fd, TCSANOW, &guard.saved);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = before;
}

static void
on_fatal(int number)
{
    guard_restore();
    for (size_t i = 0; i < COUNT_OF(fatal); i++)
        if (fatal[i] == number)
            sigaction(number, &guard.before[i], NULL);
    raise(number); /* delivered when the handler returns, to whoever had it before */
}

void
guard_arm(int fd, const struct termios *saved, const char *restore)
{
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    bool has_handlers = guard.stack != NULL;

    guard.fd = fd;
    guard.saved = *saved;
    guard_set_restore(restore);
    is_mid_frame = 0;
    atomic_store(&is_armed, true);
    die_rescue(guard_restore);
    if (has_handlers)
        return;
    guard.stack = malloc(ALTERNATE_STACK_BYTES);
    if (!guard.stack)
        die("out of memory");
    sigaltstack(&(stack_t){.ss_sp = guard.stack, .ss_size = ALTERNATE_STACK_BYTES}, NULL);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(fatal); i++)
        sigaction(fatal[i], &action, &guard.before[i]);
}

void
guard_set_restore(const char *restore)
{
    size_t n = strlen(restore);

    if (n >= RESTORE_BYTES)
        return; /* no terminal we know needs a tenth of it */
    memcpy(guard.restore, restore, n + 1);
    guard.n = n;
}

void
guard_mid_frame(bool is_open)
{
    is_mid_frame = is_open;
}

void
guard_disarm(void)
{
    guard_restore();
    die_rescue(NULL);
    if (!guard.stack)
        return;
    for (size_t i = 0; i < COUNT_OF(fatal); i++)
        sigaction(fatal[i], &guard.before[i], NULL);
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    free(guard.stack);
    guard.stack = NULL;
}
