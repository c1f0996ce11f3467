#include "model/series.h"

void
series_add(struct series *series, int32_t value)
{
    series->value[series->next] = value;
    series->next = (uint16_t)((series->next + 1) % SERIES_POINTS);
    if (series->n < SERIES_POINTS)
        series->n++;
}

int32_t
series_at(const struct series *series, size_t back)
{
    if (back >= series->n)
        return SERIES_UNKNOWN;
    return series->value[((size_t)series->next + SERIES_POINTS - 1 - back) % SERIES_POINTS];
}

int32_t
series_max(const struct series *series, size_t n)
{
    int32_t max = SERIES_UNKNOWN;

    for (size_t back = 0; back < n && back < series->n; back++)
        if (series_at(series, back) > max)
            max = series_at(series, back);
    return max;
}
