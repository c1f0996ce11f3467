/* spark.h — a series as one line of little bars; a gap is a blank, for nothing is known there. */
#ifndef UI_SPARK_H
#define UI_SPARK_H

#include "model/series.h"
#include "ui/pane.h"

struct text;

/* The newest n points of the series, the newest at the right end, scaled from 0 on. Always n cells.
 */
void spark_add(struct text *out, const struct frame *frame, const struct series *series, size_t n);

#endif
