#include "ui/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t
wanted(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGTSTP, SIGCONT};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaddset(&set, numbers[i]);
    return set;
}

int
signals_open(struct err *err)
{
    sigset_t set = wanted();
    int fd;

    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        err_set(err, ERR_IO, "cannot listen for signals: %s", strerror(errno));
    return fd;
}

int
signals_next(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

bool
signals_stop(int fd, int *fatal)
{
    sigset_t stop;
    bool was_continued = false;
    int number;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    while (signals_next(fd)) /* a stale CONT would look like ours */
        continue;
    kill(0, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops, and goes on after fg */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    *fatal = 0;
    while ((number = signals_next(fd)) != 0) {
        was_continued |= number == SIGCONT;
        if (number != SIGCONT && number != SIGTSTP && number != SIGWINCH)
            *fatal = number;
    }
    return was_continued;
}

void
signals_close(int fd)
{
    sigset_t set = wanted();

    close(fd);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
