/* thresholds.h — from when on a number is worth waking somebody; all in milliseconds. */
#ifndef MODEL_THRESHOLDS_H
#define MODEL_THRESHOLDS_H

#include "core/base.h"

struct thresholds {
#define THRESHOLD(name, seconds, why) int64_t name##_ms;
#include "model/thresholds.def"
#undef THRESHOLD
};

struct thresholds thresholds_default(void);

#endif
