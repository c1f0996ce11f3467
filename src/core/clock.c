#include "core/clock.h"

#include <string.h>
#include <time.h>

#include "core/text.h"

int64_t
clock_mono_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t
clock_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads exactly `digits` decimal digits. */
static bool
number(const char **s, int digits, int *out)
{
    int n = 0;

    for (int i = 0; i < digits; i++) {
        if ((*s)[i] < '0' || (*s)[i] > '9')
            return false;
        n = n * 10 + ((*s)[i] - '0');
    }
    *s += digits;
    *out = n;
    return true;
}

static bool
literal(const char **s, char c)
{
    if (**s != c)
        return false;
    *s += 1;
    return true;
}

static int64_t
fraction_ms(const char **s)
{
    int64_t ms = 0, scale = 100;

    for (*s += 1; **s >= '0' && **s <= '9'; *s += 1, scale /= 10)
        ms += (**s - '0') * scale;
    return ms;
}

static bool
offset_minutes(const char **s, int *out)
{
    int hours, minutes, sign = **s == '-' ? -1 : 1;

    *out = 0;
    if (literal(s, 'Z') || literal(s, 'z'))
        return true;
    if (**s != '+' && **s != '-')
        return false;
    *s += 1;
    if (!number(s, 2, &hours) || !literal(s, ':') || !number(s, 2, &minutes))
        return false;
    *out = sign * (hours * 60 + minutes);
    return true;
}

bool
rfc3339_parse(const char *s, int64_t *out_wall_ms)
{
    struct tm tm = {0};
    int64_t ms = 0;
    int offset;

    if (!number(&s, 4, &tm.tm_year) || !literal(&s, '-') || !number(&s, 2, &tm.tm_mon) ||
        !literal(&s, '-') || !number(&s, 2, &tm.tm_mday))
        return false;
    if (*s != 'T' && *s != 't' && *s != ' ')
        return false;
    s++;
    if (!number(&s, 2, &tm.tm_hour) || !literal(&s, ':') || !number(&s, 2, &tm.tm_min) ||
        !literal(&s, ':') || !number(&s, 2, &tm.tm_sec))
        return false;
    if (*s == '.')
        ms = fraction_ms(&s);
    if (!offset_minutes(&s, &offset) || *s)
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out_wall_ms = ((int64_t)timegm(&tm) - (int64_t)offset * 60) * 1000 + ms;
    return true;
}

static struct tm
utc(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        memset(&tm, 0, sizeof(tm));
    return tm;
}

void
rfc3339_add(struct text *out, int64_t wall_ms)
{
    struct tm tm = utc(wall_ms);

    text_addf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
              tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool
month_parse(const char **s, int *out)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (int i = 0; i < 12; i++)
        if (strncmp(*s, months[i], 3) == 0) {
            *s += 3;
            *out = i;
            return true;
        }
    return false;
}

/* The weekday is not looked at: it says nothing that the date does not. */
bool
http_date_parse(const char *s, int64_t *out_wall_ms)
{
    struct tm tm = {0};

    if (strnlen(s, 5) < 5 || s[3] != ',' || s[4] != ' ')
        return false;
    s += 5;
    if (!number(&s, 2, &tm.tm_mday) || !literal(&s, ' ') || !month_parse(&s, &tm.tm_mon) ||
        !literal(&s, ' ') || !number(&s, 4, &tm.tm_year) || !literal(&s, ' ') ||
        !number(&s, 2, &tm.tm_hour) || !literal(&s, ':') || !number(&s, 2, &tm.tm_min) ||
        !literal(&s, ':') || !number(&s, 2, &tm.tm_sec) || strcmp(s, " GMT") != 0)
        return false;
    if (tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    *out_wall_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

void
time_of_day_add(struct text *out, int64_t wall_ms)
{
    struct tm tm = utc(wall_ms);

    text_addf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

enum { SECONDS_MATTER_FOR_S = 600 }; /* and a slow line need not carry them for longer */

void
duration_add(struct text *out, int64_t ms)
{
    int64_t s = ms < 0 ? 0 : ms / 1000;

    if (s < 60)
        text_addf(out, "%" PRId64 "s", s);
    else if (s < SECONDS_MATTER_FOR_S)
        text_addf(out, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    else if (s < 3600)
        text_addf(out, "%" PRId64 "m", s / 60);
    else if (s < 86400)
        text_addf(out, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    else if (s < 10 * 86400)
        text_addf(out, "%" PRId64 "d%" PRId64 "h", s / 86400, s / 3600 % 24);
    else
        text_addf(out, "%" PRId64 "d", s / 86400);
}

void
latency_add(struct text *out, int64_t us)
{
    if (us < 100)
        text_add(out, "<0.1ms");
    else if (us < 1000)
        text_addf(out, "0.%" PRId64 "ms", us / 100);
    else if (us < 10000)
        text_addf(out, "%" PRId64 ".%" PRId64 "ms", us / 1000, us / 100 % 10);
    else if (us < 1000000)
        text_addf(out, "%" PRId64 "ms", us / 1000);
    else
        text_addf(out, "%" PRId64 ".%" PRId64 "s", us / 1000000, us / 100000 % 10);
}
