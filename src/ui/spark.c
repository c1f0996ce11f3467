#include "ui/spark.h"

#include "core/text.h"

enum { LEVELS = 8 };

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[LEVELS] = {".", ":", "-", "=", "+", "*", "#", "#"};

/* Zero is the lowest bar and the largest value the highest, so that a flat line of zeros is seen to
 * be a measurement. */
static size_t
level(int32_t value, int32_t max)
{
    if (value <= 0 || max <= 0)
        return 0;
    return (size_t)(((int64_t)value * (LEVELS - 1) + max - 1) / max);
}

void
spark_add(struct text *out, const struct frame *frame, const struct series *series, size_t n)
{
    bool is_ascii = frame->is_ascii || frame->theme->graph == GRAPH_ascii;
    int32_t max = series_max(series, n);

    for (size_t back = n; back-- > 0;) {
        int32_t value = series_at(series, back);

        if (value == SERIES_UNKNOWN)
            text_add(out, " ");
        else
            text_add(out, (is_ascii ? ascii : blocks)[level(value, max)]);
    }
}
