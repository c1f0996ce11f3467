/* say.h — numbers in the operator's words: "12 jobs", "4m10s", "14:02:31"; owned by the arena. */
#ifndef MODEL_SAY_H
#define MODEL_SAY_H

#include "core/base.h"
#include "model/log_facts.h"

struct arena;
struct check;

/* "1 job", "12 jobs". */
const char *say_count(struct arena *arena, int64_t n, const char *noun);
/* "4m10s"; an age below zero, which only clocks can cause, is "0s". */
const char *say_duration(struct arena *arena, int64_t ms);
/* "14:02:31 UTC"; "never" for 0. */
const char *say_time(struct arena *arena, int64_t wall_ms);
/* "its log: MEANING, 4 times within ten minutes, the last at 14:02:31 UTC; CAUSE". */
const char *say_log(struct arena *arena, const struct log_sighting *seen);
/* At most `cells` cells of s, then "…". */
const char *say_short(struct arena *arena, const char *s, size_t cells);
/* "IPv4 192.0.2.1:443: dns 2ms, tcp fails: connection refused". */
const char *say_check(struct arena *arena, const struct check *check);

#endif
