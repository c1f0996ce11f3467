#include "ui/spark.h"

#include "core/text.h"

enum { LEVELS = 8 };

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[LEVELS] = {".", ":", "-", "=", "+", "*", "#", "#"};

/* Zero is the lowest bar, so that a flat line of zeros is seen to be a measurement. */
static size_t
level(int64_t value, int64_t top)
{
    if (value <= 0 || top <= 0)
        return 0;
    return (size_t)((value * (LEVELS - 1) + top - 1) / top);
}

/* The largest value reaches the top, unless all are alike: a steady line stays at half the height,
 * calm and with room for a peak. */
static int64_t
top_of(const struct series *series, size_t n)
{
    int64_t sum = 0, known = 0, max = series_max(series, n);

    for (size_t back = 0; back < n; back++)
        if (series_at(series, back) != SERIES_UNKNOWN) {
            sum += series_at(series, back);
            known++;
        }
    if (known > 0 && max < sum / known * 2)
        return sum / known * 2;
    return max;
}

void
spark_add(struct text *out, const struct frame *frame, const struct series *series, size_t n)
{
    bool is_ascii = frame->is_ascii || frame->theme->graph == GRAPH_ascii;
    int64_t top = top_of(series, n);

    for (size_t back = n; back-- > 0;) {
        int32_t value = series_at(series, back);

        if (value == SERIES_UNKNOWN)
            text_add(out, " ");
        else
            text_add(out, (is_ascii ? ascii : blocks)[level(value, top)]);
    }
}
