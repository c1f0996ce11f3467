/* attempt_udp.c — two questions at once: version negotiation, whose first valid answer tells the
 * network's delay, and a QUIC v1 handshake, which tells who answers. Either may be silent without
 * the other: facts/connectivity.md F. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/text.h"
#include "probe/attempt.h"
#include "probe/knock.h"
#include "probe/quic.h"
#include "probe/udp.h"

enum {
    GRACE_MS = 250, /* for version negotiation, once the handshake has passed */
    HEAD_START_MS =
        50, /* for version negotiation: its delay is the network's when no cryptography runs */
};

static const int send_after_ms[VN_SENDS] = {0, 250, 750, 1750};

/* --- both are over --- */

static bool
is_timeout(const struct fault *fault)
{
    return fault->signal == SIGNAL_timeout;
}

/* Somebody on the way, this host among them, says that nothing gets to the peer. */
static bool
names_cause(const struct fault *fault)
{
    return fault->signal == SIGNAL_icmp || fault->signal == SIGNAL_errno;
}

/* How large the datagrams may be, once everything else is fine. */
static void
swept(void *context)
{
    struct attempt *attempt = context;
    struct attempt_result *result = &attempt->result;
    const struct sweep_result *sweep =
        attempt->knock ? knock_result(attempt->knock) : sweep_result(attempt->sweep);
    struct text note = {
        .bytes = result->note, .size = sizeof(result->note), .n = strlen(result->note)};

    result->datagram_bytes = sweep->passed_bytes;
    if (sweep->passed_bytes > 0 && sweep->passed_bytes < SWEEP_ENOUGH_BYTES)
        fault_set(&result->fault, STAGE_quic, result->fault.signal ? SIGNAL_mtu_fatal : SIGNAL_mtu,
                  (int)sweep->passed_bytes, "datagrams of %d bytes pass, %d bytes %s",
                  (int)sweep->passed_bytes, (int)sweep->lost_bytes,
                  sweep->is_local ? "do not fit this host's interface" : "vanish");
    else if (sweep->passed_bytes > 0 && result->fault.signal == SIGNAL_none)
        text_addf(&note, "; %d-byte datagrams pass", (int)sweep->passed_bytes);
    attempt_finish(attempt);
}

/* Nothing answers version negotiation, and the handshake has passed. */
static void
knock(struct attempt *attempt)
{
    const struct knock_plan plan = {
        .loop = attempt->tools->loop,
        .trust = attempt->tools->edge_trust,
        .address = &attempt->address,
        .name = attempt->name,
        .passed_bytes = quic_result(attempt->quic)->datagram_bytes,
        .done = swept,
        .context = attempt,
    };

    attempt->knock = knock_start(&plan);
}

static void
finish_or_sweep(struct attempt *attempt)
{
    struct attempt_result *result = &attempt->result;

    bool passes = result->fault.signal == SIGNAL_none,
         negotiates = result->vn_signal == SIGNAL_none;

    if (attempt->tries_sizes && negotiates && (passes || fault_is_silence(&result->fault)))
        attempt->sweep = sweep_start(attempt->tools->loop, &attempt->address, swept, attempt);
    else if (attempt->tries_sizes && passes)
        knock(attempt);
    else
        attempt_finish(attempt);
}

/* The handshake proves what version negotiation only suggests, so it has the last word; but of two
 * failures the one that names a cause is worth more than silence. */
static void
conclude(struct attempt *attempt)
{
    struct attempt_result *result = &attempt->result;
    const struct quic_result *quic = quic_result(attempt->quic);
    struct text note = {
        .bytes = result->note, .size = sizeof(result->note), .n = strlen(result->note)};

    result->vn_signal = attempt->vn_fault.signal;
    if (names_cause(&quic->fault))
        result->shaken_at_ms = 0;
    result->stage_us[STAGE_quic] = quic->us;
    if (result->rtt_us < 0)
        result->rtt_us = quic->first_us;
    if (*quic->note) {
        text_clear(&note);
        text_add(&note, quic->note);
    } else if (quic->has_retried) {
        text_addf(&note, "%safter Retry", note.n > 0 ? ", " : "");
    }
    result->fault = quic->fault;
    if (quic->fault.signal == SIGNAL_none) {
        result->sent = result->sent ? result->sent : 1;
        if (result->vn_signal != SIGNAL_none) {
            result->lost = 0; /* it does not answer that, so nothing was lost */
            text_add(&note, "; no answer to version negotiation");
        }
    } else if (attempt->vn_fault.signal != SIGNAL_none &&
               (is_timeout(&quic->fault) || !is_timeout(&attempt->vn_fault))) {
        result->fault = attempt->vn_fault;
    } else if (is_timeout(&quic->fault)) {
        fault_set(&result->fault, STAGE_quic, SIGNAL_quic_silent, QUIC_DEADLINE_MS,
                  "version negotiation passes, QUIC v1 gets no answer within %d ms",
                  QUIC_DEADLINE_MS);
    }
    finish_or_sweep(attempt);
}

static void
settle(struct attempt *attempt)
{
    if (!attempt->is_vn_over || !attempt->is_quic_over)
        return;
    if (attempt->quic) {
        conclude(attempt);
        return;
    }
    attempt->result.fault = attempt->vn_fault;
    attempt->result.vn_signal = attempt->vn_fault.signal;
    attempt_finish(attempt);
}

/* --- version negotiation --- */

static void
end_vn(struct attempt *attempt)
{
    struct loop *loop = attempt->tools->loop;

    loop_unwatch(loop, &attempt->watch);
    timer_clear(loop, &attempt->deadline);
    timer_clear(loop, &attempt->next_send);
    attempt->is_vn_over = true;
    if (attempt->handshake.is_set) {
        timer_clear(loop, &attempt->handshake);
        timer_set(loop, &attempt->handshake, 0);
    }
    settle(attempt);
}

static void
fail(struct attempt *attempt)
{
    attempt->result.sent = attempt->result.lost = (uint32_t)attempt->n_sends;
    end_vn(attempt);
}

static bool
take_answer(struct attempt *attempt, const uint8_t *bytes, size_t n)
{
    struct attempt_result *result = &attempt->result;
    struct text note = {.bytes = result->note, .size = sizeof(result->note)};
    struct vn_reply reply;

    for (size_t i = 0; i < attempt->n_sends; i++) {
        if (!vn_read(bytes, n, &attempt->sends[i].probe, &reply))
            continue;
        result->rtt_us = clock_mono_us() - attempt->sends[i].at_us;
        result->sent = (uint32_t)i + 1; /* the later ones had no time to be answered */
        result->lost = (uint32_t)i;
        text_add(&note, "QUIC ");
        vn_add_versions(&note, &reply);
        return true;
    }
    return false;
}

static void
receive(void *context, unsigned events)
{
    struct attempt *attempt = context;
    uint8_t bytes[VN_LARGEST_REPLY];
    ssize_t n;

    while ((n = recv(attempt->fd, bytes, sizeof(bytes), 0)) >= 0)
        if (take_answer(attempt, bytes, (size_t)n)) {
            end_vn(attempt);
            return;
        }
    if (errno != EAGAIN || events & LOOP_TROUBLE) {
        int error = errno;

        if (udp_read_error(attempt->fd, &attempt->vn_fault)) {
            fail(attempt);
        } else if (error != EAGAIN && error != EINTR) {
            fault_set_errno(&attempt->vn_fault, STAGE_quic, error, "receiving");
            fail(attempt);
        }
    }
}

/* --- sending --- */

static void
give_up(void *context)
{
    struct attempt *attempt = context;

    fault_set(&attempt->vn_fault, STAGE_quic, SIGNAL_timeout, VN_DEADLINE_MS,
              "timeout after %d ms, %zu datagrams and no answer", VN_DEADLINE_MS, attempt->n_sends);
    fail(attempt);
}

static void
send_failed(struct attempt *attempt, int error)
{
    if (error == EAGAIN || error == ENOBUFS || error == EINTR)
        return; /* a full queue here; the next one may pass */
    if (!udp_read_error(attempt->fd, &attempt->vn_fault) || error == EPERM || error == EMSGSIZE)
        fault_set_errno(&attempt->vn_fault, STAGE_quic, error, "sending");
    fail(attempt);
}

static void
send_next(void *context)
{
    struct attempt *attempt = context;
    struct vn_send *next = &attempt->sends[attempt->n_sends];
    uint8_t datagram[VN_DATAGRAM_BYTES];

    vn_fill(datagram, sizeof(datagram), &next->probe);
    next->at_us = clock_mono_us();
    attempt->n_sends++;
    if (attempt->n_sends < VN_SENDS)
        timer_set(attempt->tools->loop, &attempt->next_send,
                  attempt->stage_started_us + send_after_ms[attempt->n_sends] * INT64_C(1000));
    if (send(attempt->fd, datagram, sizeof(datagram), MSG_NOSIGNAL) < 0)
        send_failed(attempt, errno);
}

static void
begin_vn(struct attempt *attempt)
{
    struct loop *loop = attempt->tools->loop;

    attempt->fd = udp_open(&attempt->address);
    if (attempt->fd < 0) {
        fault_set_errno(&attempt->vn_fault, STAGE_quic, errno, NULL);
        fail(attempt);
        return;
    }
    attempt->watch.ready = receive;
    attempt->watch.context = attempt;
    attempt->next_send = (struct timer){.due = send_next, .context = attempt};
    attempt->deadline = (struct timer){.due = give_up, .context = attempt};
    timer_set(loop, &attempt->deadline, attempt->stage_started_us + VN_DEADLINE_MS * INT64_C(1000));
    loop_watch(loop, &attempt->watch, attempt->fd, LOOP_READ);
    send_next(attempt);
}

/* --- the handshake --- */

static void
shaken(void *context)
{
    struct attempt *attempt = context;
    const struct quic_result *quic = quic_result(attempt->quic);
    int64_t patience_us = GRACE_MS * INT64_C(1000) + 2 * quic->us;

    attempt->is_quic_over = true;
    if (!attempt->is_vn_over && quic->us >= 0 && patience_us < VN_DEADLINE_MS * INT64_C(1000)) {
        timer_clear(attempt->tools->loop, &attempt->deadline);
        timer_set(attempt->tools->loop, &attempt->deadline, clock_mono_us() + patience_us);
    }
    settle(attempt);
}

static void
shake_hands(void *context)
{
    struct attempt *attempt = context;
    const struct quic_plan plan = {
        .loop = attempt->tools->loop,
        .trust = attempt->tools->edge_trust,
        .address = &attempt->address,
        .name = attempt->name,
        .is_large = attempt->is_large,
        .done = shaken,
        .context = attempt,
    };

    attempt->result.shaken_at_ms = clock_mono_ms();
    attempt->quic = quic_start(&plan);
}

void
attempt_over_udp(struct attempt *attempt)
{
    fault_clear(&attempt->vn_fault);
    attempt->is_vn_over = false;
    attempt->is_quic_over = attempt->is_light || !attempt->name;
    begin_vn(attempt);
    if (attempt->is_quic_over)
        return;
    attempt->handshake = (struct timer){.due = shake_hands, .context = attempt};
    timer_set(attempt->tools->loop, &attempt->handshake,
              attempt->is_vn_over ? 0 : attempt->stage_started_us + HEAD_START_MS * INT64_C(1000));
}
