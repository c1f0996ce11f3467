#include "probe/berths.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/die.h"

enum {
    FILES_EACH = 4,     /* two handshakes at once, each with a socket beside it */
    FILES_BESIDES = 48, /* streams, event queues, resolvers, connectors, certificates */
    MOST_BERTHS = 1000,
};

struct berths {
    struct loop *loop;
    size_t n_free;
    struct berth *first, **end; /* they wait */
};

static size_t
count_berths(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > FILES_BESIDES + FILES_EACH * MOST_BERTHS)
        return MOST_BERTHS;
    if (limit.rlim_cur < FILES_BESIDES + FILES_EACH)
        return 1;
    return (size_t)(limit.rlim_cur - FILES_BESIDES) / FILES_EACH;
}

struct berths *
berths_open(struct loop *loop)
{
    struct berths *berths = calloc(1, sizeof(*berths));

    if (!berths)
        die("out of memory");
    berths->loop = loop;
    berths->n_free = count_berths();
    berths->end = &berths->first;
    return berths;
}

void
berths_close(struct berths *berths)
{
    free(berths);
}

static void
turn_came(void *context)
{
    struct berth *berth = context;

    berth->granted(berth->context);
}

bool
berth_take(struct berths *berths, struct berth *berth)
{
    if (!berths)
        return true;
    if (berths->n_free > 0) {
        berths->n_free--;
        berth->is_held = true;
        return true;
    }
    berth->is_waiting = true;
    berth->next = NULL;
    *berths->end = berth;
    berths->end = &berth->next;
    return false;
}

static void
leave_queue(struct berths *berths, struct berth *berth)
{
    struct berth **link = &berths->first;

    while (*link != berth)
        link = &(*link)->next;
    *link = berth->next;
    if (berths->end == &berth->next)
        berths->end = link;
    berth->is_waiting = false;
}

void
berth_give(struct berths *berths, struct berth *berth)
{
    struct berth *next;

    if (berth->is_waiting)
        leave_queue(berths, berth);
    if (!berth->is_held)
        return;
    timer_clear(berths->loop, &berth->turn);
    berth->is_held = false;
    next = berths->first;
    if (!next) {
        berths->n_free++;
        return;
    }
    leave_queue(berths, next);
    next->is_held = true;
    next->turn = (struct timer){.due = turn_came, .context = next};
    timer_set(berths->loop, &next->turn, 0);
}

bool
berths_lack_files(int *error)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    *error = errno;
    if (fd >= 0)
        close(fd);
    return fd < 0 && (*error == EMFILE || *error == ENFILE);
}
