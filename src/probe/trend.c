#include "probe/trend.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEWEST_RTTS = 5,
    RTT_EVERY_MS = 60000,
    PACKET_BYTES = 1232,
    FEWEST_PACKETS = 1000,
    FEWEST_REQUESTS = 10
};

void
trend_add_rtts(struct trend *trend, const struct cloudflared_metrics *metrics,
               const struct cloudflared_tunnel *tunnel, int64_t now_ms)
{
    if (trend->n_rtts > 0 && now_ms - trend->rtt_at_ms < RTT_EVERY_MS)
        return;
    for (int i = 0; i < CLOUDFLARED_CONNECTIONS; i++)
        trend->rtt_us[i][trend->next_rtt] = -1;
    for (size_t i = 0; i < tunnel->n_connections; i++) {
        int index = tunnel->connections[i].index;

        if (tunnel->connections[i].is_quic && index < CLOUDFLARED_CONNECTIONS)
            trend->rtt_us[index][trend->next_rtt] = metrics->connections[index].smoothed_rtt_us;
    }
    trend->next_rtt = (trend->next_rtt + 1) % TREND_RTTS;
    trend->n_rtts += trend->n_rtts < TREND_RTTS;
    trend->rtt_at_ms = now_ms;
}

void
trend_add(struct trend *trend, const struct cloudflared_metrics *metrics, int64_t now_ms)
{
    const struct trend_point *last = &trend->point[(trend->next + TREND_POINTS - 1) % TREND_POINTS];

    if (trend->started_ms != metrics->started_ms) {
        int64_t restarts = trend->started_ms ? trend->restarts + 1 : 0;

        memset(trend, 0, sizeof(*trend));
        trend->started_ms = metrics->started_ms;
        trend->restarts = restarts;
    }
    if (trend->n > 0 && now_ms - last->at_ms < TREND_EVERY_MS)
        return;
    trend->point[trend->next] = (struct trend_point){
        .at_ms = now_ms,
        .registrations = metrics->register_successes,
        .failures = metrics->register_failures,
        .lost = metrics->lost_packets,
        .sent_bytes = metrics->sent_bytes,
        .requests = metrics->requests,
        .errors = metrics->request_errors,
    };
    trend->next = (trend->next + 1) % TREND_POINTS;
    trend->n += trend->n < TREND_POINTS;
}

/* The oldest point of the window, and the newest; false when there are no two. */
static bool
find_ends(const struct trend *trend, const struct trend_point **old,
          const struct trend_point **newest)
{
    if (trend->n < 2)
        return false;
    *newest = &trend->point[(trend->next + TREND_POINTS - 1) % TREND_POINTS];
    for (size_t i = trend->n; i > 1; i--) {
        *old = &trend->point[(trend->next + TREND_POINTS - i) % TREND_POINTS];
        if ((*newest)->at_ms - (*old)->at_ms <= TREND_WINDOW_MS)
            return true;
    }
    return false;
}

static bool
is_young(const struct cloudflared_metrics *metrics, int64_t wall_ms)
{
    return metrics->started_ms > 0 && wall_ms - metrics->started_ms < TREND_WINDOW_MS;
}

int64_t
trend_registrations(const struct trend *trend, const struct cloudflared_metrics *metrics,
                    int64_t expected, int64_t wall_ms)
{
    const struct trend_point *old, *newest;

    if (metrics->register_successes >= 0 && is_young(metrics, wall_ms))
        return metrics->register_successes > expected ? metrics->register_successes - expected : 0;
    if (!find_ends(trend, &old, &newest) || old->registrations < 0)
        return -1;
    return newest->registrations - old->registrations;
}

int64_t
trend_failures(const struct trend *trend, const struct cloudflared_metrics *metrics,
               int64_t wall_ms)
{
    const struct trend_point *old, *newest;

    if (is_young(metrics, wall_ms))
        return metrics->register_failures;
    if (!find_ends(trend, &old, &newest) || old->failures < 0)
        return -1;
    return newest->failures - old->failures;
}

double
trend_loss(const struct trend *trend)
{
    const struct trend_point *old, *newest;
    int64_t packets;

    if (!find_ends(trend, &old, &newest) || old->lost < 0 || old->sent_bytes < 0)
        return -1;
    packets = (newest->sent_bytes - old->sent_bytes) / PACKET_BYTES;
    if (packets < FEWEST_PACKETS || newest->lost < old->lost)
        return -1;
    return (double)(newest->lost - old->lost) / (double)packets;
}

double
trend_request_errors(const struct trend *trend)
{
    const struct trend_point *old, *newest;
    int64_t requests;

    if (!find_ends(trend, &old, &newest) || old->requests < 0 || old->errors < 0)
        return -1;
    requests = newest->requests - old->requests;
    if (requests < FEWEST_REQUESTS || newest->errors < old->errors)
        return -1;
    return (double)(newest->errors - old->errors) / (double)requests;
}

static int
by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t
trend_median_rtt_us(const struct trend *trend, int connection)
{
    int64_t known[TREND_RTTS];
    size_t n = 0;

    for (size_t i = 0; i < trend->n_rtts; i++)
        if (trend->rtt_us[connection][i] >= 0)
            known[n++] = trend->rtt_us[connection][i];
    if (n < FEWEST_RTTS)
        return -1;
    qsort(known, n, sizeof(known[0]), by_size);
    return known[n / 2];
}
