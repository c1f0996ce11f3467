/* prometheus.h — read the Prometheus text format: one call per sample.
 *
 * A pure function of bytes; exposition format 0.0.4. Lines that are no samples are passed over. */
#ifndef PROBE_PROMETHEUS_H
#define PROBE_PROMETHEUS_H

#include "core/base.h"

enum { PROMETHEUS_WORD_BYTES = 128 }; /* longer names and values are cut */

struct prometheus_sample {
    char name[PROMETHEUS_WORD_BYTES];
    const char *labels; /* raw, between the braces; borrowed from the text */
    size_t labels_bytes;
    double value; /* may be NaN or infinite */
};

/* Calls visit for every sample of text[0..n). Returns how many there were. */
size_t prometheus_read(const char *text, size_t n,
                       void (*visit)(void *context, const struct prometheus_sample *sample),
                       void *context);

/* The value of a label, unescaped, in out; false when the sample does not have it. The bytes are
 * foreign. */
bool prometheus_label(const struct prometheus_sample *sample, const char *label,
                      char out[PROMETHEUS_WORD_BYTES]);

#endif
