/* trend.h — what a connector's counters did in the last minutes: the difference that a single look
 * cannot show. */
#ifndef PROBE_TREND_H
#define PROBE_TREND_H

#include "probe/cloudflared.h"

enum {
    TREND_WINDOW_MS = 10 * 60000,
    TREND_POINTS = 64, /* one each ten seconds */
    TREND_EVERY_MS = 10000,
    TREND_RTTS = 60, /* one a minute: the last hour */
};

struct trend_point {
    int64_t at_ms; /* monotonic */
    int64_t registrations, failures, lost, sent_bytes, requests, errors;
};

/* Zeroed: nothing is known. */
struct trend {
    struct trend_point point[TREND_POINTS];
    size_t n, next;
    int64_t rtt_us[CLOUDFLARED_CONNECTIONS][TREND_RTTS];
    size_t n_rtts, next_rtt;
    int64_t rtt_at_ms;
    int64_t started_ms, restarts;
};

/* now_ms: monotonic; counters begin anew when the process does. */
void trend_add(struct trend *trend, const struct cloudflared_metrics *metrics, int64_t now_ms);

/* The round trips of the connections that are up, once a minute: the metrics keep those of dead
 * ones (facts/connectivity.md C3). After trend_add of the same metrics. */
void trend_add_rtts(struct trend *trend, const struct cloudflared_metrics *metrics,
                    const struct cloudflared_tunnel *tunnel, int64_t now_ms);

/* How many connections were registered again in the last ten minutes, and how many registrations
 * failed; -1: not known. A process younger than that needs one look only. wall_ms: now. */
int64_t trend_registrations(const struct trend *trend, const struct cloudflared_metrics *metrics,
                            int64_t expected, int64_t wall_ms);
int64_t trend_failures(const struct trend *trend, const struct cloudflared_metrics *metrics,
                       int64_t wall_ms);
/* Lost packets among those sent, which are not counted: estimated by their bytes, as facts C3
 * advise. Negative: not known. */
double trend_loss(const struct trend *trend);
/* The part of the last ten minutes' requests that it could not hand on (facts/connectivity.md H
 * 36). Negative: not known, or too few to say. */
double trend_request_errors(const struct trend *trend);
/* The median round trip of a connection; -1: fewer than five minutes are known. */
int64_t trend_median_rtt_us(const struct trend *trend, int connection);

#endif
