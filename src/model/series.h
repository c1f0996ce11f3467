/* series.h — the recent history of one number, with gaps where we do not know. */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include "core/base.h"

#define SERIES_UNKNOWN INT32_MIN

enum {
    SERIES_POINTS = 60
}; /* ten minutes of statistics at one in ten seconds; the widest sparkline */

struct series {
    int32_t value[SERIES_POINTS]; /* a ring; SERIES_UNKNOWN for a missed interval */
    uint16_t next;                /* where the next value goes */
    uint16_t n;                   /* how many there are */
};

/* Append value, forgetting the oldest. */
void series_add(struct series *series, int32_t value);

/* The value `back` samples ago: 0 is the newest; SERIES_UNKNOWN when there is none. */
int32_t series_at(const struct series *series, size_t back);

/* The largest known value among the last n points; SERIES_UNKNOWN when there is none. */
int32_t series_max(const struct series *series, size_t n);

#endif
