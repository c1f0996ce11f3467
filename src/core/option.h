/* option.h — one thing the operator can set: its name, type, limits, default, unit and help in one
 * row.
 *
 * Rooms declare their rows and main.c hands them all to config, which fills the targets; so config
 * needs to know no other room, and help, manual and error messages come from the row. */
#ifndef CORE_OPTION_H
#define CORE_OPTION_H

#include "core/base.h"

enum option_type {
    OPTION_BOOL,   /* target: bool */
    OPTION_INT,    /* target: int64_t; `scale` multiplies what was written */
    OPTION_STRING, /* target: const char *, owned by the configuration's arena */
    OPTION_CHOICE, /* target: int, an index into choices */
};

struct option {
    const char *name; /* its path in the file: "api.requests_per_minute" */
    enum option_type type;
    void *target;
    int64_t min, max;           /* of what is written, before scale */
    int64_t scale;              /* 0 counts as 1 */
    const char *fallback;       /* the default, as it would be written; NULL: unset */
    const char *const *choices; /* NULL-terminated */
    const char *unit;           /* "s", "requests per minute"; "" */
    const char *flag;           /* "--interval", or NULL when only the file can set it */
    const char *help;           /* one line */
};

#endif
