#include "model/store.h"

static const struct {
    const char *name, *what;
    int64_t interval_ms;
} sources[] = {
#define SOURCE(id, name, what, interval_s) [SOURCE_##id] = {name, what, (interval_s)*1000},
#include "model/sources.def"
#undef SOURCE
};

const char *
source_name(enum source source)
{
    return sources[source].name;
}

const char *
source_what(enum source source)
{
    return sources[source].what;
}

int64_t
source_interval_ms(enum source source)
{
    return sources[source].interval_ms;
}

const char *
source_state_name(enum source_state state)
{
    static const char *const names[] = {
        [SOURCE_STATE_waiting] = "waiting",
        [SOURCE_STATE_ok] = "ok",
        [SOURCE_STATE_error] = "error",
        [SOURCE_STATE_disabled] = "disabled",
    };

    return names[state];
}

bool
source_is_stale(const struct source_status *status, int64_t now_ms)
{
    return status->ok_at_ms > 0 && now_ms - status->ok_at_ms > 2 * status->interval_ms;
}
