#include "probe/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"

struct loop {
    int fd;
    struct timer *timers; /* a few hundred at most, in no order */
};

struct loop *
loop_open(struct err *err)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        die("out of memory");
    loop->fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->fd < 0) {
        err_set(err, ERR_IO, "cannot make an event queue: %s", strerror(errno));
        free(loop);
        return NULL;
    }
    return loop;
}

void
loop_close(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->fd);
    free(loop);
}

void
loop_watch(struct loop *loop, struct watch *watch, int fd, unsigned events)
{
    struct epoll_event event = {.data.ptr = watch};

    if (events & LOOP_READ)
        event.events |= EPOLLIN;
    if (events & LOOP_WRITE)
        event.events |= EPOLLOUT;
    /* a library may have closed and reopened the number behind our back: then it is new again */
    if (!(watch->is_on && epoll_ctl(loop->fd, EPOLL_CTL_MOD, fd, &event) == 0) &&
        epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("cannot wait for descriptor %d: %s", fd, strerror(errno));
    watch->fd = fd;
    watch->is_on = true;
}

void
loop_unwatch(struct loop *loop, struct watch *watch)
{
    if (!watch->is_on)
        return;
    (void)epoll_ctl(loop->fd, EPOLL_CTL_DEL, watch->fd, NULL); /* closed already: gone as well */
    watch->is_on = false;
}

void
timer_set(struct loop *loop, struct timer *timer, int64_t due_us)
{
    timer->due_us = due_us;
    if (timer->is_set)
        return;
    timer->is_set = true;
    timer->next = loop->timers;
    loop->timers = timer;
}

void
timer_clear(struct loop *loop, struct timer *timer)
{
    struct timer **link = &loop->timers;

    if (!timer->is_set)
        return;
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    timer->is_set = false;
}

static struct timer *
first_due(const struct loop *loop)
{
    struct timer *first = loop->timers;

    for (struct timer *timer = loop->timers; timer; timer = timer->next)
        if (timer->due_us < first->due_us)
            first = timer;
    return first;
}

/* Rounded up, so that a deadline is never met a little early and then waited for in circles. */
static int
wait_ms(const struct timer *first)
{
    int64_t us;

    if (!first)
        return -1;
    us = first->due_us - clock_mono_us();
    if (us <= 0)
        return 0;
    return us / 1000 >= INT_MAX ? INT_MAX : (int)((us + 999) / 1000);
}

static unsigned
meaning(uint32_t events)
{
    unsigned what = 0;

    if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
        what |= LOOP_READ;
    if (events & EPOLLOUT)
        what |= LOOP_WRITE;
    if (events & (EPOLLERR | EPOLLHUP))
        what |= LOOP_TROUBLE;
    return what;
}

void
loop_turn(struct loop *loop)
{
    struct timer *first = first_due(loop);
    struct epoll_event event;
    int n = epoll_wait(loop->fd, &event, 1, wait_ms(first));

    if (n < 0 && errno != EINTR)
        die("cannot wait for events: %s", strerror(errno));
    if (n == 1) {
        struct watch *watch = event.data.ptr;

        watch->ready(watch->context, meaning(event.events));
    }
    first = first_due(loop); /* events may not hold deadlines back */
    if (first && first->due_us <= clock_mono_us()) {
        timer_clear(loop, first);
        first->due(first->context);
    }
}
