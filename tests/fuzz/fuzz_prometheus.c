/* The Prometheus text that a connector sends. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "probe/cloudflared.h"
#include "probe/prometheus.h"

static void
look_at_sample(void *context, const struct prometheus_sample *sample)
{
    char value[PROMETHEUS_WORD_BYTES];

    (void)context;
    INSIST(sample->name[0] && strlen(sample->name) < PROMETHEUS_WORD_BYTES);
    prometheus_label(sample, "conn_index", value);
    INSIST(strlen(value) < sizeof(value));
    prometheus_label(sample, "no such label", value);
    INSIST(!*value);
}

FUZZ(prometheus)
{
    struct cloudflared_metrics metrics;

    prometheus_read((const char *)bytes, n, look_at_sample, NULL);
    if (!cloudflared_read_metrics((const char *)bytes, n, &metrics, NULL))
        return 0;
    INSIST(metrics.requests >= -1 && metrics.register_failures >= 0 && metrics.started_ms >= 0);
    for (int i = 0; i < CLOUDFLARED_CONNECTIONS; i++)
        INSIST(metrics.connections[i].smoothed_rtt_us >= -1);
    return 0;
}
