#include "cli/check_report.h"

#include <string.h>

#include "cli/fields.h"
#include "cli/page.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"

static const char *
or_empty(const char *s)
{
    return s ? s : "";
}

/* ---- the document ---- */

struct json *
check_report_json(const struct check_report *report)
{
    const struct outlook *outlook = report->outlook;
    struct json *document = json_new_object();

    field_time(document, "generated_at", report->report.now_ms);
    json_add_string(document, "context", report->report.options->context);
    json_add_string(document, "verdict", outlook_verdict_name(outlook->verdict));
    json_add_int(document, "exit_code", outlook->verdict);
    json_add_string(document, "summary", outlook->summary);
    field_lines(document, "advice", outlook->advice, outlook->n_advice);
    field_lines(document, "unjudged", outlook->unjudged, outlook->n_unjudged);
    report_add_checks(document, &report->report);
    report_add_layers(document, &report->report);
    return document;
}

/* ---- for people ---- */

static void
print_pair(const struct page *page, const char *label, const char *value)
{
    if (!*or_empty(value))
        return;
    fprintf(page->out, "      %-8s", label);
    page_wrap(page, value, 14);
}

static bool
is_bad(const struct check *check)
{
    return check->at_ms > 0 && (check->verdict == CHECK_fail || check->verdict == CHECK_warn);
}

/* The same trouble, so that one explanation serves both. */
static bool
is_alike(const struct check *a, const struct check *b)
{
    return a->verdict == b->verdict && a->failed_stage == b->failed_stage &&
           strcmp(or_empty(a->error), or_empty(b->error)) == 0 &&
           strcmp(or_empty(a->hint), or_empty(b->hint)) == 0;
}

static void
print_headline(const struct page *page, const struct check *check)
{
    enum role role = check->verdict == CHECK_fail ? ROLE_fail : ROLE_warn;

    marking_begin(page->out, page->marking, role);
    fprintf(page->out, "  %s ", marking_glyph(page->marking, role));
    marking_text(page->out, page->marking, check->target);
    fprintf(page->out, " %s IPv%d: %s at %s", check->protocol, check->family,
            check_verdict_name(check->verdict), check_stage_name(check->failed_stage));
    marking_end(page->out, page->marking);
    if (*or_empty(check->address))
        fprintf(page->out, "  (%s)", check->address);
    fputc('\n', page->out);
}

static void
print_explanation(const struct page *page, const struct check *check)
{
    print_pair(page, "signal", check->error);
    print_pair(page, "cause", check->cause);
    print_pair(page, "next", check_next_step(check));
    print_pair(page, "seen", check->note);
}

/* The i-th check, and all later ones that are alike; nothing when an earlier one was. */
static void
print_fault(const struct page *page, const struct check *checks, size_t n, size_t i)
{
    if (!is_bad(&checks[i]))
        return;
    for (size_t k = 0; k < i; k++)
        if (is_bad(&checks[k]) && is_alike(&checks[k], &checks[i]))
            return;
    for (size_t k = i; k < n; k++)
        if (is_bad(&checks[k]) && is_alike(&checks[k], &checks[i]))
            print_headline(page, &checks[k]);
    print_explanation(page, &checks[i]);
}

static void
print_faults(const struct page *page)
{
    size_t n, n_bad = 0;
    const struct check *checks = snapshot_checks(page->report->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        n_bad += is_bad(&checks[i]);
    if (n_bad == 0)
        return;
    page_heading(page, "What is wrong");
    for (size_t i = 0; i < n; i++)
        print_fault(page, checks, n, i);
}

static void
print_lines(const struct page *page, const char *title, const char *const *lines, size_t n)
{
    if (n == 0)
        return;
    page_heading(page, title);
    for (size_t i = 0; i < n; i++) {
        fputs("  - ", page->out);
        page_wrap(page, lines[i], 4);
    }
}

static void
add_unseen_layers(struct text *out, const struct layer *layers, size_t n)
{
    bool is_first = true;

    for (size_t i = 0; i < n; i++) {
        if (layers[i].verdict != LAYER_not_observable)
            continue;
        if (is_first)
            text_addf(out, "%s", out->n > 0 ? "; " : "security layers, why see above: ");
        text_addf(out, "%s%d", is_first ? "" : ", ", layers[i].number);
        is_first = false;
    }
    if (!is_first)
        text_addf(out, " of %s", layers->tunnel_name);
}

/* What stands under the layers already is not said a second time. */
static void
print_unjudged(const struct page *page, const struct check_report *report)
{
    const struct outlook *outlook = report->outlook;
    const struct assessment *assessment = report->report.assessment;
    const char *lines[OUTLOOK_MOST_LINES];
    size_t n = outlook->n_unjudged - outlook->n_unjudged_layers;
    TEXT(layers, TABLE_CELL_BYTES);

    memcpy(lines, outlook->unjudged, n * sizeof(*lines));
    for (size_t i = 0; report->has_layers && i + LAYERS <= assessment->n_layers; i += LAYERS)
        add_unseen_layers(&layers, &assessment->layers[i], LAYERS);
    if (layers.n > 0 && n < OUTLOOK_MOST_LINES)
        lines[n++] = layers.bytes;
    print_lines(page, "Not judged", lines, n);
}

static void
print_title(const struct page *page)
{
    TEXT(time, 32);

    rfc3339_add(&time, page->report->now_ms);
    fprintf(page->out, "sandwatch check  %s  %s\n", page->report->options->context, time.bytes);
}

static void
print_verdict(const struct page *page, const struct outlook *outlook)
{
    static const enum role roles[] = {
        [OUTLOOK_ok] = ROLE_ok,
        [OUTLOOK_warning] = ROLE_warn,
        [OUTLOOK_critical] = ROLE_fail,
        [OUTLOOK_unknown] = ROLE_stale,
    };

    fputc('\n', page->out);
    marking_begin(page->out, page->marking, roles[outlook->verdict]);
    fprintf(page->out, "%s %s", marking_glyph(page->marking, roles[outlook->verdict]),
            outlook_verdict_name(outlook->verdict));
    marking_end(page->out, page->marking);
    fputs(": ", page->out);
    marking_text(page->out, page->marking, outlook->summary);
    fputc('\n', page->out);
}

void
check_report_text(FILE *out, const struct check_report *report)
{
    const struct outlook *outlook = report->outlook;
    const struct page page = {
        .out = out,
        .report = &report->report,
        .marking = {.is_ascii = report->report.options->is_ascii,
                    .has_colour = report->report.options->has_colour},
    };

    print_title(&page);
    page_checks(&page);
    if (report->has_layers)
        page_layers(&page);
    print_faults(&page);
    print_unjudged(&page, report);
    print_lines(&page, "Advice for the connector", outlook->advice, outlook->n_advice);
    print_verdict(&page, outlook);
}
