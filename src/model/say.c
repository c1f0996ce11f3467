#include "model/say.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/check.h"

enum { LONGEST_LINE = 400 };

const char *
say_count(struct arena *arena, int64_t n, const char *noun)
{
    return arena_printf(arena, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
}

const char *
say_duration(struct arena *arena, int64_t ms)
{
    TEXT(text, 32);

    duration_add(&text, ms > 0 ? ms : 0);
    return arena_strndup(arena, text.bytes, text.n);
}

const char *
say_time(struct arena *arena, int64_t wall_ms)
{
    TEXT(text, 32);

    if (wall_ms <= 0)
        return "never";
    time_of_day_add(&text, wall_ms);
    return arena_printf(arena, "%s UTC", text.bytes);
}

const char *
say_log(struct arena *arena, const struct log_sighting *seen)
{
    const char *cause = log_signal_cause(seen->signal);

    return arena_printf(arena, "its log: %s, %s within ten minutes, the last at %s%s%s",
                        log_signal_meaning(seen->signal), say_count(arena, seen->recent, "time"),
                        say_time(arena, seen->last_ms), *cause ? "; " : "", cause);
}

const char *
say_short(struct arena *arena, const char *s, size_t cells)
{
    TEXT(text, LONGEST_LINE);

    text_add_cells(&text, s, cells, "…");
    return arena_strndup(arena, text.bytes, text.n);
}

static void
add_stages(struct text *line, const struct check *check)
{
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (check->stage_us[i] < 0)
            continue;
        if (check->verdict == CHECK_fail && check->failed_stage == (enum check_stage)i)
            continue;
        text_addf(line, " %s ", check_stage_name((enum check_stage)i));
        latency_add(line, check->stage_us[i]);
        text_add(line, ",");
    }
}

const char *
say_check(struct arena *arena, const struct check *check)
{
    TEXT(line, LONGEST_LINE);

    text_addf(&line, "IPv%d %s:", check->family, check->address[0] ? check->address : check->host);
    add_stages(&line, check);
    if (check->verdict == CHECK_fail)
        text_addf(&line, " %s fails%s%s", check_stage_name(check->failed_stage),
                  check->error[0] ? ": " : "", check->error);
    else
        text_addf(&line, " %s", check_verdict_name(check->verdict));
    return arena_strndup(arena, line.bytes, line.n);
}
