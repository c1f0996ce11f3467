#include "probe/meter.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "probe/udp.h"
#include "probe/vn.h"

enum { SENDS = METER_BURST + METER_SINGLES, HALF = METER_BURST / 2, POLICED = 4 };

struct shot {
    struct vn_probe probe;
    int64_t at_us, rtt_us; /* rtt_us -1: no answer */
};

struct meter {
    struct loop *loop;
    void (*done)(void *context);
    void *context;
    struct meter_result result;
    int fd;
    struct watch watch;
    struct timer next_send, deadline;
    struct shot shots[SENDS];
    size_t n_sent, n_answered, n_planned;
};

static void
hang_up(struct meter *meter)
{
    loop_unwatch(meter->loop, &meter->watch);
    timer_clear(meter->loop, &meter->next_send);
    timer_clear(meter->loop, &meter->deadline);
    if (meter->fd >= 0)
        close(meter->fd);
    meter->fd = -1;
}

/* --- what the shots say --- */

static void
count_burst(struct meter *meter)
{
    struct meter_result *result = &meter->result;
    int64_t sum_us = 0, last_us = -1, differences_us = 0, n_differences = 0, n = 0;

    result->sent = METER_BURST;
    for (size_t i = 0; i < METER_BURST; i++) {
        int64_t us = meter->shots[i].rtt_us;

        if (us < 0) {
            result->lost++;
            result->late_lost += i >= HALF;
            continue;
        }
        sum_us += us;
        n++;
        result->best_us = result->best_us < 0 || us < result->best_us ? us : result->best_us;
        result->worst_us = us > result->worst_us ? us : result->worst_us;
        if (last_us >= 0) {
            differences_us += us > last_us ? us - last_us : last_us - us;
            n_differences++;
        }
        last_us = us;
    }
    result->rtt_us = n > 0 ? sum_us / n : -1;
    result->jitter_us = n_differences > 0 ? differences_us / n_differences : -1;
}

static void
count_singles(struct meter *meter)
{
    for (size_t i = METER_BURST; i < meter->n_sent; i++) {
        meter->result.single_sent++;
        meter->result.single_lost += meter->shots[i].rtt_us < 0;
    }
}

bool
meter_has_measured(const struct meter_result *result)
{
    return result->sent > 0 &&
           result->lost + result->single_lost < result->sent + result->single_sent;
}

/* Chance alone rarely loses four of the last ten and none of five single ones. */
void
meter_judge(const struct meter_result *result, struct fault *fault)
{
    bool passes_singly = result->single_sent > 0 && result->single_lost == 0;

    if (!meter_has_measured(result) || result->lost < METER_LOSSY)
        return;
    fault_set(fault, STAGE_quic,
              passes_singly && result->late_lost >= POLICED ? SIGNAL_policed : SIGNAL_lossy,
              (int)result->lost,
              "%u of %u datagrams %d ms apart are lost, and %u of %u single ones",
              (unsigned)result->lost, (unsigned)result->sent, METER_EVERY_MS,
              (unsigned)result->single_lost, (unsigned)result->single_sent);
}

/* --- the course --- */

static void
tell(void *context)
{
    struct meter *meter = context;

    meter->done(meter->context);
}

static void
finish(struct meter *meter)
{
    count_singles(meter);
    hang_up(meter);
    meter->deadline = (struct timer){.due = tell, .context = meter};
    timer_set(meter->loop, &meter->deadline, 0);
}

/* All that were planned are answered, or will never be. */
static void
conclude(void *context)
{
    struct meter *meter = context;

    if (meter->result.sent == 0)
        count_burst(meter);
    if (meter->n_planned == METER_BURST && meter->n_answered > 0 &&
        meter->result.lost >= METER_LOSSY) {
        meter->n_planned = SENDS;
        timer_clear(meter->loop, &meter->deadline);
        timer_set(meter->loop, &meter->next_send,
                  clock_mono_us() + METER_SINGLE_EVERY_MS * INT64_C(1000));
        return;
    }
    finish(meter);
}

static void
take(struct meter *meter, const uint8_t *bytes, size_t n)
{
    struct vn_reply reply;

    for (size_t i = 0; i < meter->n_sent; i++) {
        struct shot *shot = &meter->shots[i];

        if (shot->rtt_us >= 0 || !vn_read(bytes, n, &shot->probe, &reply))
            continue;
        shot->rtt_us = clock_mono_us() - shot->at_us;
        meter->n_answered++;
        return;
    }
}

/* ICMP's answer to a datagram is a loss like any other here. */
static void
receive(void *context, unsigned events)
{
    struct meter *meter = context;
    uint8_t bytes[VN_LARGEST_REPLY];
    struct fault ignored;
    ssize_t n;

    (void)events;
    while ((n = recv(meter->fd, bytes, sizeof(bytes), 0)) >= 0)
        take(meter, bytes, (size_t)n);
    while (udp_read_error(meter->fd, &ignored))
        ;
    if (meter->n_answered == meter->n_planned)
        conclude(meter);
}

static void
send_next(void *context)
{
    struct meter *meter = context;
    struct shot *shot = &meter->shots[meter->n_sent++];
    bool is_single = meter->n_sent > METER_BURST;
    int64_t every_ms = is_single ? METER_SINGLE_EVERY_MS : METER_EVERY_MS;
    uint8_t datagram[VN_DATAGRAM_BYTES];

    vn_fill(datagram, sizeof(datagram), &shot->probe);
    shot->at_us = clock_mono_us();
    shot->rtt_us = -1;
    (void)!send(meter->fd, datagram, sizeof(datagram), MSG_NOSIGNAL); /* else it counts as lost */
    if (meter->n_sent < meter->n_planned)
        timer_set(meter->loop, &meter->next_send, shot->at_us + every_ms * 1000);
    else
        timer_set(meter->loop, &meter->deadline, shot->at_us + METER_PATIENCE_MS * INT64_C(1000));
}

struct meter *
meter_start(struct loop *loop, const struct address *address, void (*done)(void *context),
            void *context)
{
    struct meter *meter = calloc(1, sizeof(*meter));

    if (!meter)
        die("out of memory");
    meter->loop = loop;
    meter->done = done;
    meter->context = context;
    meter->result =
        (struct meter_result){.rtt_us = -1, .best_us = -1, .worst_us = -1, .jitter_us = -1};
    meter->n_planned = METER_BURST;
    meter->watch = (struct watch){.ready = receive, .context = meter};
    meter->next_send = (struct timer){.due = send_next, .context = meter};
    meter->deadline = (struct timer){.due = conclude, .context = meter};
    meter->fd = udp_open(address);
    if (meter->fd < 0) { /* no way there: nothing was measured */
        finish(meter);
        return meter;
    }
    loop_watch(loop, &meter->watch, meter->fd, LOOP_READ);
    timer_set(loop, &meter->next_send, 0);
    return meter;
}

const struct meter_result *
meter_result(const struct meter *meter)
{
    return &meter->result;
}

void
meter_free(struct meter *meter)
{
    if (!meter)
        return;
    hang_up(meter);
    free(meter);
}
