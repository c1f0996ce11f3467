/* clock.h — the two clocks: monotonic for waiting, wall for showing; and how times are written. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/base.h"

struct text;

/* Milliseconds since some fixed moment; never jumps. For deadlines, intervals, back-off. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Milliseconds since 1970-01-01T00:00:00Z. For ages of things with a date, and for showing. */
int64_t clock_wall_ms(void);

/* The sooner of two moments of one clock; INT64_MAX is never. */
static inline int64_t
earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* RFC 3339, any offset, optional fraction: "2026-11-23T09:07:33.512Z". */
bool rfc3339_parse(const char *s, int64_t *out_wall_ms) MUST_CHECK;
/* "2026-11-23T09:07:33Z"; always UTC. */
void rfc3339_add(struct text *out, int64_t wall_ms);
/* HTTP's date, "Mon, 23 Nov 2026 09:07:33 GMT" (RFC 9110 section 5.6.7, IMF-fixdate only). */
bool http_date_parse(const char *s, int64_t *out_wall_ms) MUST_CHECK;
/* "14:02:31" in UTC. */
void time_of_day_add(struct text *out, int64_t wall_ms);

/* How long, in at most two units and six cells: "17s" "3m41s" "47m" "2h14m" "6d3h" "41d". */
void duration_add(struct text *out, int64_t ms);
/* How quick, for latencies in microseconds: "<0.1ms" "0.4ms" "12ms" "1.4s". */
void latency_add(struct text *out, int64_t us);

#endif
