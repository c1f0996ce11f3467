#include "probe/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "probe/knock.h"
#include "probe/quic.h"
#include "probe/sweep.h"
#include "probe/tls.h"

static void (*const ways[])(struct attempt *) = {
    [CHECK_API_443] = attempt_over_tcp,
    [CHECK_EDGE_TCP_7844] = attempt_over_tcp,
    [CHECK_EDGE_UDP_7844] = attempt_over_udp,
};

static void begin_second(void *context);

static void
begin(void *context)
{
    struct attempt *attempt = context;

    attempt->stage_started_us = clock_mono_us();
    attempt->second_due = (struct timer){.due = begin_second, .context = attempt};
    if (attempt->other_name && attempt->name && !attempt->is_light)
        timer_set(attempt->tools->loop, &attempt->second_due,
                  attempt->stage_started_us + SECOND_AFTER_MS * INT64_C(1000));
    ways[attempt->kind](attempt);
}

void
attempt_start(struct attempt *attempt)
{
    struct attempt_result *result = &attempt->result;

    memset(result, 0, sizeof(*result));
    for (int i = 0; i < STAGE_COUNT; i++)
        result->stage_us[i] = -1;
    result->rtt_us = result->retransmits = result->path_mtu = result->datagram_bytes = -1;
    attempt->is_running = true;
    attempt->is_first_over = false;
    attempt->second = NULL;
    attempt->fd = -1;
    attempt->tls = NULL;
    attempt->quic = NULL;
    attempt->sweep = NULL;
    attempt->knock = NULL;
    attempt->n_sends = 0;
    fault_clear(&attempt->path_fault);
    memset(&attempt->get, 0, sizeof(attempt->get));
    memset(&attempt->watch, 0, sizeof(attempt->watch));
    memset(&attempt->deadline, 0, sizeof(attempt->deadline));
    memset(&attempt->next_send, 0, sizeof(attempt->next_send));
    memset(&attempt->handshake, 0, sizeof(attempt->handshake));
    memset(&attempt->second_due, 0, sizeof(attempt->second_due));
    attempt->berth = (struct berth){.granted = begin, .context = attempt};
    if (attempt->is_second || berth_take(attempt->tools->berths, &attempt->berth))
        begin(attempt);
}

void
attempt_hang_up(struct attempt *attempt)
{
    struct loop *loop = attempt->tools->loop;

    loop_unwatch(loop, &attempt->watch);
    timer_clear(loop, &attempt->deadline);
    timer_clear(loop, &attempt->next_send);
    timer_clear(loop, &attempt->handshake);
    http_cancel(&attempt->get);
    sweep_free(attempt->sweep);
    attempt->sweep = NULL;
    knock_free(attempt->knock);
    attempt->knock = NULL;
    quic_free(attempt->quic);
    attempt->quic = NULL;
    tls_close(attempt->tls);
    attempt->tls = NULL;
    if (attempt->fd >= 0)
        close(attempt->fd);
    attempt->fd = -1;
}

static void
drop_second(struct attempt *attempt)
{
    timer_clear(attempt->tools->loop, &attempt->second_due);
    if (!attempt->second)
        return;
    attempt_cancel(attempt->second);
    free(attempt->second);
    attempt->second = NULL;
}

void
attempt_cancel(struct attempt *attempt)
{
    if (!attempt->is_running)
        return;
    drop_second(attempt);
    attempt_hang_up(attempt);
    berth_give(attempt->tools->berths, &attempt->berth);
    attempt->is_running = false;
}

/* --- a second opinion: is it our name, or the size of our first packet, that is filtered? --- */

static void
tell_large(struct fault *fault, enum check_stage stage, const char *why)
{
    fault_set(fault, stage, SIGNAL_large_hello, 0,
              "a small ClientHello passes, one of two packets does not: %s", why);
}

/* The first one has failed and the second passes, or the other way round. */
static void
compare(struct attempt *attempt)
{
    const struct attempt *second = attempt->second;
    struct fault *fault = &attempt->result.fault;
    const struct fault *other = &second->result.fault;
    const struct fault own = *fault;

    if (attempt->is_large && fault_is_silence(&own) && fault_is_bearable(other)) {
        attempt->result = second->result;
        tell_large(fault, own.stage, own.text);
    } else if (second->is_large && fault->signal == SIGNAL_none && fault_is_silence(other)) {
        tell_large(fault, other->stage, other->text);
    } else if (second->is_large && fault->signal == SIGNAL_none && fault_is_weakness(other)) {
        attempt->result.retransmits = second->result.retransmits;
        attempt->result.path_mtu = second->result.path_mtu;
        *fault = *other;
    } else if (!attempt->is_large && !second->is_large && fault_is_deep(fault) &&
               fault_is_bearable(other)) {
        fault_set(fault, own.stage, SIGNAL_sni_filter, 0, "%s passes, %s does not: %s",
                  second->name, attempt->name, own.text);
    }
}

static void
tell(void *context)
{
    struct attempt *attempt = context;

    attempt->is_running = false;
    attempt->done(attempt->context);
}

static void
end(struct attempt *attempt)
{
    if (attempt->second)
        compare(attempt);
    drop_second(attempt);
    berth_give(attempt->tools->berths, &attempt->berth);
    attempt->result.at_ms = clock_wall_ms();
    attempt->deadline = (struct timer){.due = tell, .context = attempt};
    timer_set(attempt->tools->loop, &attempt->deadline, 0);
}

static void
second_done(void *context)
{
    struct attempt *attempt = context;

    if (attempt->is_first_over)
        end(attempt);
}

/* Has the network answered, so that only the handshake is in question? */
static bool
is_in_handshake(const struct attempt *attempt)
{
    return attempt->kind == CHECK_EDGE_UDP_7844 ? attempt->result.rtt_us >= 0
                                                : attempt->result.stage_us[STAGE_tcp] >= 0;
}

static void
begin_second(void *context)
{
    struct attempt *attempt = context, *second;
    bool is_large = attempt->is_first_over && attempt->result.fault.signal == SIGNAL_none;

    if (!is_large && !is_in_handshake(attempt))
        return;
    second = calloc(1, sizeof(*second));
    if (!second)
        die("out of memory");
    second->tools = attempt->tools;
    second->kind = attempt->kind;
    second->address = attempt->address;
    second->name = is_large || attempt->is_large ? attempt->name : attempt->other_name;
    second->is_large = is_large;
    second->is_second = true;
    second->done = second_done;
    second->context = attempt;
    attempt->second = second;
    attempt_start(second);
}

static bool
is_late(const struct fault *fault)
{
    return fault->signal == SIGNAL_timeout || fault->signal == SIGNAL_quic_silent ||
           fault->signal == SIGNAL_quic_strange || fault->signal == SIGNAL_quic_unfinished;
}

static bool
wants_second(const struct attempt *attempt)
{
    const struct fault *fault = &attempt->result.fault;

    if (attempt->is_light || !attempt->name)
        return false;
    return fault->signal == SIGNAL_none ? attempt->tries_large
                                        : attempt->other_name && fault_is_hidden(fault);
}

void
attempt_finish(struct attempt *attempt)
{
    const struct fault *fault = &attempt->result.fault;

    attempt_hang_up(attempt);
    timer_clear(attempt->tools->loop, &attempt->second_due);
    attempt->is_first_over = true;
    if (fault_is_bearable(fault))
        drop_second(attempt); /* it was slow, not filtered */
    if (attempt->second && attempt->second->is_running && is_late(fault))
        drop_second(attempt); /* it had time enough, and would keep the operator waiting */
    if (!attempt->second && !is_late(fault) && wants_second(attempt))
        begin_second(attempt);
    if (!attempt->second || !attempt->second->is_running)
        end(attempt);
}

int64_t
attempt_stage_passed(struct attempt *attempt, enum check_stage stage)
{
    int64_t now_us = clock_mono_us(), us = now_us - attempt->stage_started_us;

    attempt->result.stage_us[stage] = us;
    attempt->stage_started_us = now_us;
    return us;
}
