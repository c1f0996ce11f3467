/* outlook.h — can this host work? One verdict over all checks and layers, advice for the connector,
 * and what could not be judged.
 *
 * A pure function of what was measured, like the assessment; `sandwatch check` is its reader. */
#ifndef MODEL_OUTLOOK_H
#define MODEL_OUTLOOK_H

#include "model/assessment.h"

enum outlook_verdict { /* the exit codes of `sandwatch check`: a contract */
                       OUTLOOK_ok = 0,
                       OUTLOOK_warning = 1,
                       OUTLOOK_critical = 2,
                       OUTLOOK_unknown = 3,
};

enum { OUTLOOK_MOST_LINES = 256 }; /* two dozen checks, and three layers of many tunnels */

struct outlook {
    enum outlook_verdict verdict;
    const char *summary; /* one line, lower case, no full stop */
    const char *advice[OUTLOOK_MOST_LINES];
    size_t n_advice;
    const char *unjudged[OUTLOOK_MOST_LINES]; /* "what: why" */
    size_t n_unjudged, n_unjudged_layers;     /* these are the last of them */
};

/* What was asked for; the rest is not missed. */
struct outlook_scope {
    bool has_layers;
    bool is_part; /* there is more, which nobody looked at */
};

/* Strings are owned by the arena. assessment: of the same snapshot. */
void outlook_of(const struct snapshot *snapshot, const struct assessment *assessment,
                const struct outlook_scope *scope, struct arena *arena, struct outlook *out);

const char *outlook_verdict_name(enum outlook_verdict verdict); /* ok warning critical unknown */

#endif
