/* status_text.c — `status` for people: the diagnosis first, then every pane as a table, worst rows
 * first. */
#include <string.h>

#include "cli/page.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/looks.h"

enum { LINE_CELLS = 96, WORD_BYTES = 32 }; /* fits a ticket and most terminals */

void
page_heading(const struct page *page, const char *title)
{
    fputc('\n', page->out);
    marking_begin(page->out, page->marking, ROLE_title);
    fputs(title, page->out);
    marking_end(page->out, page->marking);
    fputc('\n', page->out);
}

void
page_wrap(const struct page *page, const char *s, size_t indent)
{
    size_t used = indent, most = line_cells(page->out, LINE_CELLS);

    while (*s) {
        size_t n = strcspn(s, " ");
        char word[TABLE_CELL_BYTES];
        size_t cells;

        text_clean(word, sizeof(word), s, n);
        cells = text_cells(word);
        if (used > indent && used + 1 + cells > most) {
            fprintf(page->out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            fputc(' ', page->out);
            used++;
        }
        marking_text(page->out, page->marking, word);
        used += cells;
        s += n;
        s += strspn(s, " ");
    }
    fputc('\n', page->out);
}

static void
print_title(const struct page *page)
{
    const struct counts *counts = &page->report->assessment->counts;
    TEXT(time, WORD_BYTES);

    rfc3339_add(&time, page->report->now_ms);
    fprintf(page->out, "sandwatch  %s  %s   ok %zu  warn %zu  fail %zu  unknown %zu\n",
            page->report->options->context, time.bytes, counts->ok, counts->warn, counts->fail,
            counts->unknown);
}

static void
print_finding(const struct page *page, const struct finding *finding)
{
    enum role role =
        finding->severity == SEVERITY_info ? ROLE_info : severity_role(finding->severity);

    marking_begin(page->out, page->marking, role);
    fprintf(page->out, "  %s %s", marking_glyph(page->marking, role),
            severity_name(finding->severity));
    marking_end(page->out, page->marking);
    fprintf(page->out, "  %s\n    ", finding->rule);
    page_wrap(page, finding->summary, 4);
    for (size_t i = 0; i < finding->n_evidence; i++) {
        fputs("      - ", page->out);
        page_wrap(page, finding->evidence[i], 8);
    }
    fputs("      next: ", page->out);
    page_wrap(page, finding->next_step, 12);
}

static void
print_diagnosis(const struct page *page)
{
    const struct assessment *assessment = page->report->assessment;

    page_heading(page, "Diagnosis");
    for (size_t i = 0; i < assessment->n_findings; i++)
        print_finding(page, &assessment->findings[i]);
    if (assessment->n_findings > 0)
        return;
    marking_begin(page->out, page->marking, ROLE_ok);
    fprintf(page->out, "  %s nothing is wrong that can be seen from here",
            marking_glyph(page->marking, ROLE_ok));
    marking_end(page->out, page->marking);
    fputc('\n', page->out);
}

void
page_layers(const struct page *page)
{
    const struct assessment *assessment = page->report->assessment;

    if (assessment->n_layers == 0)
        return;
    page_heading(page, "Security layers");
    for (size_t i = 0; i < assessment->n_layers; i++) {
        const struct layer *layer = &assessment->layers[i];
        enum role role = layer_role(layer->verdict);
        TEXT(name, TABLE_CELL_BYTES);

        text_add_cells(&name, layer->tunnel_name, PAGE_NAME_CELLS, "…");
        marking_begin(page->out, page->marking, role);
        fprintf(page->out, "  %s ", marking_glyph(page->marking, role));
        marking_text(page->out, page->marking, name.bytes);
        fprintf(page->out, ", layer %d, %s: %s%s", layer->number, layer->name,
                layer_verdict_word(layer->verdict),
                layer->verdict == LAYER_not_observable ? " from here" : "");
        marking_end(page->out, page->marking);
        fputc('\n', page->out);
        for (size_t j = 0; j < layer->n_evidence; j++) {
            fputs("      - ", page->out);
            page_wrap(page, layer->evidence[j], 8);
        }
    }
}

void
report_text(FILE *out, const struct report *report)
{
    const struct page page = {
        .out = out,
        .report = report,
        .marking = {.is_ascii = report->options->is_ascii,
                    .has_colour = report->options->has_colour},
    };

    print_title(&page);
    print_diagnosis(&page);
    page_pools(&page);
    page_jobs(&page);
    page_tunnels(&page);
    page_connectors(&page);
    page_checks(&page);
    page_layers(&page);
    page_sources(&page);
}
