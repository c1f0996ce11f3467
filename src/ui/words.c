#include "ui/words.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"

void
unknown_add(struct text *out, const struct frame *frame)
{
    text_add(out, frame->is_ascii ? "-" : "—");
}

bool
is_unknown_text(const char *s)
{
    return strcmp(s, "-") == 0 || strcmp(s, "—") == 0;
}

/* At most six cells. */
static void
count_add(struct text *out, int64_t n)
{
    if (n < 100000)
        text_addf(out, "%" PRId64, n);
    else if (n < 100000000)
        text_addf(out, "%" PRId64 "k", n / 1000);
    else
        text_addf(out, "%" PRId64 "M", n / 1000000);
}

void
unit_add(struct text *out, const struct frame *frame, enum unit unit, int64_t value)
{
    if (value == LIST_UNKNOWN) {
        unknown_add(out, frame);
        return;
    }
    switch (unit) {
    case UNIT_ms:
        duration_add(out, value);
        return;
    case UNIT_us:
        latency_add(out, value);
        return;
    case UNIT_cents:
        text_addf(out, "$%" PRId64 ".%02" PRId64, value / 100, value % 100);
        return;
    case UNIT_parts:
        if (value > 0 && value < 100)
            text_addf(out, "%" PRId64 ".%" PRId64 "%%", value / 10, value % 10);
        else
            text_addf(out, "%" PRId64 "%%", value / 10);
        return;
    default:
        count_add(out, value);
    }
}

int64_t
age_ms(const struct frame *frame, int64_t at_ms)
{
    if (at_ms <= 0)
        return LIST_UNKNOWN;
    return at_ms < frame->now_ms ? frame->now_ms - at_ms : 0;
}

void
age_add(struct text *out, const struct frame *frame, int64_t at_ms)
{
    unit_add(out, frame, UNIT_ms, age_ms(frame, at_ms));
}

void
moment_add(struct text *out, const struct frame *frame, int64_t at_ms)
{
    enum { DAY_MS = 86400000 };

    if (at_ms <= 0) {
        text_add(out, "never");
        return;
    }
    if (age_ms(frame, at_ms) >= DAY_MS)
        rfc3339_add(out, at_ms);
    else
        time_of_day_add(out, at_ms);
    text_add(out, " (");
    age_add(out, frame, at_ms);
    text_add(out, " ago)");
}

int64_t
known(int64_t n)
{
    return n < 0 ? LIST_UNKNOWN : n;
}

const char *
dot(const struct frame *frame)
{
    return frame->is_ascii ? "-" : "·";
}

const char *
arrow(const struct frame *frame)
{
    return frame->is_ascii ? "->" : "→";
}

const char *
err_word(enum err_code code)
{
    static const char *const words[] = {
        [ERR_NONE] = "failed",          [ERR_USAGE] = "misused",
        [ERR_CONFIG] = "misconfigured", [ERR_IO] = "cannot read",
        [ERR_NET] = "unreachable",      [ERR_TIMEOUT] = "timed out",
        [ERR_AUTH] = "key refused",     [ERR_FORBIDDEN] = "no permission",
        [ERR_BETA] = "not enabled",     [ERR_GONE] = "not found",
        [ERR_RATE] = "rate limited",    [ERR_SPEND] = "spend cap",
        [ERR_SERVER] = "server error",  [ERR_REFUSED] = "refused",
        [ERR_FORMAT] = "bad answer",    [ERR_LIMIT] = "answer too large",
        [ERR_CANCELLED] = "cancelled",
    };

    return (size_t)code < COUNT_OF(words) && words[code] ? words[code] : "failed";
}
