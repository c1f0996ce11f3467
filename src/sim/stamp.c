#include "sim/stamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/json.h"

static _Atomic int64_t shift_ms;

void
stamp_shift(int64_t ms)
{
    shift_ms = ms;
}

const char *
stamp_s(int64_t wall_ms, char out[STAMP_BYTES])
{
    time_t seconds = (time_t)((wall_ms + shift_ms) / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(out, STAMP_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

const char *
stamp_us(int64_t wall_us, char out[STAMP_BYTES])
{
    time_t seconds = (time_t)(wall_us / 1000000 + shift_ms / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(out, STAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, STAMP_BYTES - n, ".%06dZ", (int)(wall_us % 1000000));
    return out;
}

bool
stamp_parse(const char *text, int64_t *out_wall_us)
{
    const char *fraction = strchr(text, '.');
    int64_t wall_ms, us = 0, scale = 100;

    if (!rfc3339_parse(text, &wall_ms))
        return false;
    for (size_t i = 1; fraction && fraction[i] >= '0' && fraction[i] <= '9'; i++)
        if (i > 3) { /* the rest of what the clock of milliseconds drops */
            us += (fraction[i] - '0') * scale;
            scale /= 10;
        }
    *out_wall_us = (wall_ms - shift_ms) * 1000 + us;
    return true;
}

void
stamp_add(struct json *object, const char *key, int64_t wall_ms)
{
    char text[STAMP_BYTES];

    json_add_string(object, key, wall_ms > 0 ? stamp_s(wall_ms, text) : NULL);
}

void
stamp_add_us(struct json *object, const char *key, int64_t wall_us)
{
    char text[STAMP_BYTES];

    json_add_string(object, key, wall_us > 0 ? stamp_us(wall_us, text) : NULL);
}
