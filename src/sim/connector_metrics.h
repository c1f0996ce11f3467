/* connector_metrics.h — /metrics of a pretend cloudflared, in Prometheus' text format. */
#ifndef SIM_CONNECTOR_METRICS_H
#define SIM_CONNECTOR_METRICS_H

#include "sim/connector_life.h"

/* Caller frees with free(). */
char *connector_metrics(const struct life *life);

#endif
