#include "api/call.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/call_row.h"
#include "api/fleet.h"
#include "core/text.h"

enum { CHANGES_none = false, CHANGES_effect = true };

static const struct call_row rows[] = {
#define CALL(id, what, method, n_ids, path, beta, key, changes, scope)                             \
    [API_CALL_##id] = {what, method, n_ids, path, beta, key, CHANGES_##changes, scope},
#include "api/calls.def"
#undef CALL
};

const struct call_row *
call_row(enum api_call_id id)
{
    return &rows[id];
}

/* Ids come from the service, and may stand in a path only when they cannot change it. */
static bool
is_path_part(const char *id)
{
    for (const char *c = id; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
            return false;
    return strcmp(id, ".") != 0 && strcmp(id, "..") != 0 && strlen(id) < FLEET_ID_BYTES;
}

bool
call_path(const struct api_call *call, char path[CALL_PATH_BYTES])
{
    const char *format = rows[call->id].path;
    size_t n = 0, nth = 0;

    for (size_t i = 0; i < rows[call->id].n_ids; i++)
        if (!*call->ids[i] || !is_path_part(call->ids[i]))
            return false;
    for (; *format && n < CALL_PATH_BYTES - FLEET_ID_BYTES; format++)
        if (*format == '%') {
            n += (size_t)snprintf(path + n, CALL_PATH_BYTES - n, "%s", call->ids[nth++]);
            format++;
        } else {
            path[n++] = *format;
        }
    path[n] = '\0';
    return true;
}

void
api_call_describe(const struct api_call *call, struct text *out)
{
    char path[CALL_PATH_BYTES];

    if (call_path(call, path))
        text_addf(out, "%s %s%s%s", rows[call->id].method, path, *call->body ? " " : "",
                  call->body);
    else
        text_addf(out, "%s: no id to ask about", rows[call->id].what);
}

bool
api_call_is_effect(enum api_call_id id)
{
    return rows[id].is_effect;
}

const char *
api_outcome_name(enum api_outcome outcome)
{
    static const char *const names[API_OUTCOME_COUNT] = {
        [API_OUTCOME_ok] = "ok",         [API_OUTCOME_conflict] = "conflict",
        [API_OUTCOME_gone] = "gone",     [API_OUTCOME_refused] = "refused",
        [API_OUTCOME_later] = "later",   [API_OUTCOME_unsent] = "unsent",
        [API_OUTCOME_unsure] = "unsure",
    };

    return names[outcome];
}
