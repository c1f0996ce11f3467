#include "model/thresholds.h"

struct thresholds
thresholds_default(void)
{
    return (struct thresholds){
#define THRESHOLD(name, seconds, why) .name##_ms = (int64_t)(seconds)*1000,
#include "model/thresholds.def"
#undef THRESHOLD
    };
}
