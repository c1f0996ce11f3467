/* report.h — one snapshot and what it means, for those who print it. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "cli/cli.h"
#include "model/assessment.h"

struct json;

struct report {
    const struct status_options *options;
    const struct snapshot *snapshot;
    const struct assessment *assessment;
    int64_t now_ms; /* wall */
};

/* The document of DESIGN 5. Caller frees with json_free. */
struct json *report_json(const struct report *report);

/* Two of its members, for other documents. */
void report_add_checks(struct json *document, const struct report *report);
void report_add_layers(struct json *document, const struct report *report);

/* The same for people: the worst first. */
void report_text(FILE *out, const struct report *report);

#endif
