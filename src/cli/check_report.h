/* check_report.h — what `check` prints: the page, the document, and one line for a change. */
#ifndef CLI_CHECK_REPORT_H
#define CLI_CHECK_REPORT_H

#include "cli/report.h"
#include "model/outlook.h"

struct text;

struct check_report {
    struct report report;
    const struct outlook *outlook;
    bool has_layers; /* they were asked for */
};

/* The document of DESIGN 5, with advice[], unjudged[], verdict, summary and exit_code. Caller frees
 * with json_free. */
struct json *check_report_json(const struct check_report *report);

/* For people: the table, every fault in full, what could not be judged, advice; the last line is
 * the verdict. */
void check_report_text(FILE *out, const struct check_report *report);

#endif
