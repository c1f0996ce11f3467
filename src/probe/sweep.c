#include "probe/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "probe/udp.h"
#include "probe/vn.h"

enum { LARGEST_BYTES = 1472, LARGEST_BYTES_IPV6 = 1452, SENDS = 3 };

const size_t sweep_sizes[SWEEP_SIZES] = {1200, 1232, 1252, 1280, 1350, 1400, 1452, LARGEST_BYTES};
static const int send_after_ms[SENDS] = {0, 150, 450};

struct sweep {
    struct loop *loop;
    void (*done)(void *context);
    void *context;
    struct sweep_result result;
    int fd;
    struct watch watch;
    struct timer next_send, deadline;
    int64_t started_us;
    size_t n_sizes, n_sends;
    struct vn_probe probe[SENDS][SWEEP_SIZES];
    bool is_answered[SWEEP_SIZES], is_refused[SWEEP_SIZES];
};

size_t
sweep_n_sizes(const struct address *address)
{
    size_t n = SWEEP_SIZES;

    while (address_family(address) == 6 && sweep_sizes[n - 1] > LARGEST_BYTES_IPV6)
        n--;
    return n;
}

static void
hang_up(struct sweep *sweep)
{
    loop_unwatch(sweep->loop, &sweep->watch);
    timer_clear(sweep->loop, &sweep->next_send);
    timer_clear(sweep->loop, &sweep->deadline);
    if (sweep->fd >= 0)
        close(sweep->fd);
    sweep->fd = -1;
}

static void
tell(void *context)
{
    struct sweep *sweep = context;

    sweep->done(sweep->context);
}

static void
conclude(void *context)
{
    struct sweep *sweep = context;
    struct sweep_result *result = &sweep->result;

    for (size_t i = 0; i < sweep->n_sizes; i++)
        if (sweep->is_answered[i])
            result->passed_bytes = (int64_t)sweep_sizes[i];
    for (size_t i = sweep->n_sizes; i-- > 0 && (int64_t)sweep_sizes[i] > result->passed_bytes;) {
        result->lost_bytes = (int64_t)sweep_sizes[i];
        result->is_local = sweep->is_refused[i];
    }
    hang_up(sweep);
    sweep->deadline = (struct timer){.due = tell, .context = sweep};
    timer_set(sweep->loop, &sweep->deadline, 0);
}

static bool
is_complete(const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_sizes; i++)
        if (!sweep->is_answered[i] && !sweep->is_refused[i])
            return false;
    return true;
}

static void
take(struct sweep *sweep, const uint8_t *bytes, size_t n)
{
    struct vn_reply reply;

    for (size_t k = 0; k < sweep->n_sends; k++)
        for (size_t i = 0; i < sweep->n_sizes; i++)
            if (!sweep->is_answered[i] && vn_read(bytes, n, &sweep->probe[k][i], &reply))
                sweep->is_answered[i] = true;
}

/* ICMP's "too big" is what a sweep is for, and needs no more than being taken note of. */
static void
receive(void *context, unsigned events)
{
    struct sweep *sweep = context;
    uint8_t bytes[VN_LARGEST_REPLY];
    struct fault ignored;
    ssize_t n;

    (void)events;
    do {
        n = recv(sweep->fd, bytes, sizeof(bytes), 0);
        if (n > 0)
            take(sweep, bytes, (size_t)n);
    } while (n >= 0);
    while (udp_read_error(sweep->fd, &ignored))
        ;
    if (is_complete(sweep))
        conclude(sweep);
}

static void
send_size(struct sweep *sweep, size_t i, struct vn_probe *probe)
{
    uint8_t datagram[LARGEST_BYTES];

    vn_fill(datagram, sweep_sizes[i], probe);
    if (send(sweep->fd, datagram, sweep_sizes[i], MSG_NOSIGNAL) < 0 && errno == EMSGSIZE)
        sweep->is_refused[i] = true;
}

/* The largest first: a device that polices bursts takes the last ones, and must not look like one
 * that takes the large ones. */
static void
send_all(void *context)
{
    struct sweep *sweep = context;

    for (size_t i = sweep->n_sizes; i-- > 0;)
        if (!sweep->is_answered[i] && !sweep->is_refused[i])
            send_size(sweep, i, &sweep->probe[sweep->n_sends][i]);
    sweep->n_sends++;
    if (sweep->n_sends < SENDS)
        timer_set(sweep->loop, &sweep->next_send,
                  sweep->started_us + send_after_ms[sweep->n_sends] * INT64_C(1000));
    if (is_complete(sweep))
        conclude(sweep);
}

struct sweep *
sweep_start(struct loop *loop, const struct address *address, void (*done)(void *context),
            void *context)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));

    if (!sweep)
        die("out of memory");
    sweep->loop = loop;
    sweep->done = done;
    sweep->context = context;
    sweep->started_us = clock_mono_us();
    sweep->result = (struct sweep_result){.passed_bytes = -1, .lost_bytes = -1};
    sweep->n_sizes = sweep_n_sizes(address);
    sweep->fd = udp_open(address);
    sweep->deadline = (struct timer){.due = conclude, .context = sweep};
    sweep->next_send = (struct timer){.due = send_all, .context = sweep};
    sweep->watch = (struct watch){.ready = receive, .context = sweep};
    if (sweep->fd < 0) {
        timer_set(loop, &sweep->deadline, 0);
        return sweep;
    }
    timer_set(loop, &sweep->deadline, sweep->started_us + SWEEP_DEADLINE_MS * INT64_C(1000));
    timer_set(loop, &sweep->next_send, 0);
    loop_watch(loop, &sweep->watch, sweep->fd, LOOP_READ);
    return sweep;
}

const struct sweep_result *
sweep_result(const struct sweep *sweep)
{
    return &sweep->result;
}

void
sweep_free(struct sweep *sweep)
{
    if (!sweep)
        return;
    hang_up(sweep);
    free(sweep);
}
