/* measure.h — a probe and its store, for tests that wait until something is seen. */
#ifndef AID_MEASURE_H
#define AID_MEASURE_H

#include "model/store.h"
#include "probe/probe.h"

struct measure {
    struct store *store;
    struct probe *probe;
    struct snapshot snapshot; /* the last one waited for */
};

/* The probe must start. */
void measure_start(struct measure *measure, const struct probe_options *options);
void measure_stop(struct measure *measure);

/* Wait until a snapshot satisfies `is_so`, which may remember what it likes in context; false when
 * a minute has passed. The snapshot stays in measure either way. */
bool measure_until(struct measure *measure,
                   bool (*is_so)(const struct snapshot *snapshot, void *context), void *context);
/* Wait for complete passes of a source: this many since the start. */
bool measure_rounds(struct measure *measure, enum source source, uint32_t rounds);

/* Of the last snapshot; NULL when there is none. family 0: any. */
const struct check *measure_check(const struct measure *measure, const char *target,
                                  enum check_kind kind, int family);
const struct connector *measure_connector(const struct measure *measure, const char *name);

/* A loopback port where nobody listens, nor will in the next moment unless told to. */
uint16_t measure_free_port(int socket_type);

#endif
