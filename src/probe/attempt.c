#include "probe/attempt.h"

#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "probe/quic.h"
#include "probe/tls.h"

static void (*const ways[])(struct attempt *) = {
    [CHECK_API_443] = attempt_over_tcp,
    [CHECK_EDGE_TCP_7844] = attempt_over_tcp,
    [CHECK_EDGE_UDP_7844] = attempt_over_udp,
};

void
attempt_start(struct attempt *attempt)
{
    struct attempt_result *result = &attempt->result;

    memset(result, 0, sizeof(*result));
    for (int i = 0; i < STAGE_COUNT; i++)
        result->stage_us[i] = -1;
    result->rtt_us = -1;
    attempt->is_running = true;
    attempt->fd = -1;
    attempt->tls = NULL;
    attempt->quic = NULL;
    attempt->n_sends = 0;
    memset(&attempt->get, 0, sizeof(attempt->get));
    memset(&attempt->watch, 0, sizeof(attempt->watch));
    memset(&attempt->deadline, 0, sizeof(attempt->deadline));
    memset(&attempt->next_send, 0, sizeof(attempt->next_send));
    memset(&attempt->handshake, 0, sizeof(attempt->handshake));
    attempt->stage_started_us = clock_mono_us();
    ways[attempt->kind](attempt);
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
    quic_free(attempt->quic);
    attempt->quic = NULL;
    tls_close(attempt->tls);
    attempt->tls = NULL;
    if (attempt->fd >= 0)
        close(attempt->fd);
    attempt->fd = -1;
}

void
attempt_cancel(struct attempt *attempt)
{
    if (!attempt->is_running)
        return;
    attempt_hang_up(attempt);
    attempt->is_running = false;
}

static void
tell(void *context)
{
    struct attempt *attempt = context;

    attempt->is_running = false;
    attempt->done(attempt->context);
}

void
attempt_finish(struct attempt *attempt)
{
    attempt_hang_up(attempt);
    attempt->result.at_ms = clock_wall_ms();
    attempt->deadline = (struct timer){.due = tell, .context = attempt};
    timer_set(attempt->tools->loop, &attempt->deadline, 0);
}

int64_t
attempt_stage_passed(struct attempt *attempt, enum check_stage stage)
{
    int64_t now_us = clock_mono_us(), us = now_us - attempt->stage_started_us;

    attempt->result.stage_us[stage] = us;
    attempt->stage_started_us = now_us;
    return us;
}
