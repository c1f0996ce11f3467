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
    OPTION_STRING, /* target: const char *, owned by the configuration's arena; so are these: */
    OPTION_FILE,   /* a path: "~/" is the home folder, a relative one starts at the file's folder */
    OPTION_URL,    /* https, or http to loopback only; without user, password, query */
    OPTION_HOST,   /* a name or an address, also one label; "" is allowed */
    OPTION_ADDRESS, /* an address with a port; "" is allowed */
    OPTION_ENV,     /* the name of an environment variable */
    OPTION_CHOICE,  /* target: int, an index into choices */
    OPTION_WORDS,   /* target: const char *const *, NULL-terminated */
    OPTION_CONTROL, /* {driver: NAME, its fields…}; target: struct driver_use */
};

/* Another place than the file that can set an option. */
struct option_place {
    const char *name;    /* "--interval", "NO_COLOR"; NULL: none */
    const char *value;   /* what follows the flag in help, "SECONDS"; NULL: nothing follows */
    const char *implies; /* without a value: what it sets, as it would be written in the file */
    const char *help;    /* when the row's own does not fit */
};

struct option {
    const char *name; /* its path in the file: "api.requests_per_minute" */
    enum option_type type;
    size_t offset;              /* of the target, in the struct that the table fills */
    int64_t min, max;           /* of what is written, before scale */
    int64_t scale;              /* 0 counts as 1 */
    const char *fallback;       /* the default, as it would be written; NULL: not set */
    int64_t unset;              /* OPTION_INT: what the target holds while it is not set */
    const char *const *choices; /* NULL-terminated */
    const char *unit; /* "s", "requests per minute"; of words: "names of variables"; NULL: none */
    bool is_required; /* a row of a list is nothing without it */
    bool is_secret;   /* where a credential is; at most one of a group may be set */
    bool is_written;  /* OPTION_FILE: we make it, so it need not be there */
    struct option_place flag, environment; /* both win over the file, the flag over both */
    const char *ambient;                   /* a variable that counts when nothing else sets it */
    const char *help;                      /* one line */
};

/* Rows and the struct that they fill. */
struct option_table {
    const struct option *rows;
    size_t n;
    void *target;
};

#endif
