/* stamp.h — times as the service writes them: RFC 3339 in UTC, with or without a fraction. */
#ifndef SIM_STAMP_H
#define SIM_STAMP_H

#include "core/base.h"

enum { STAMP_BYTES = 40 };

/* A service whose clock is wrong writes and reads all times by it: so many milliseconds later than
 * ours. Any thread. */
void stamp_shift(int64_t ms);

/* "2026-11-23T09:07:33Z" */
const char *stamp_s(int64_t wall_ms, char out[STAMP_BYTES]);
/* "2026-11-23T09:07:33.512345Z": heartbeats, which must be echoed byte for byte. */
const char *stamp_us(int64_t wall_us, char out[STAMP_BYTES]);
/* Either form, or any other of RFC 3339. */
bool stamp_parse(const char *text, int64_t *out_wall_us) MUST_CHECK;

struct json;
/* A member with that time, null when it is 0. */
void stamp_add(struct json *object, const char *key, int64_t wall_ms);
void stamp_add_us(struct json *object, const char *key, int64_t wall_us);

#endif
