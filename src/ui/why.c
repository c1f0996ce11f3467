#include "ui/why.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/detail.h"

/* What stands behind every judgement: is what it rests on fresh? */
static void
page_sources(struct page *page)
{
    const struct snapshot *snapshot = page->frame->snapshot;

    page_section(page, "WHAT THIS RESTS ON");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &snapshot->source[i];
        enum role role = status->state == SOURCE_STATE_ok      ? ROLE_ok
                         : status->state == SOURCE_STATE_error ? ROLE_fail
                                                               : ROLE_stale;
        TEXT(line, 400);

        if (role == ROLE_ok && source_is_stale(status, page->frame->now_ms))
            role = ROLE_stale;
        text_addf(&line, "%-13s", source_name((enum source)i));
        if (status->state == SOURCE_STATE_disabled)
            text_add(&line, "off");
        else if (status->ok_at_ms == 0)
            text_add(&line, "no answer yet");
        else {
            age_add(&line, page->frame, status->ok_at_ms);
            text_add(&line, " old");
        }
        if (status->error[0])
            text_addf(&line, ": %s", status->error);
        page_line(page, role, ROLE_text, line.bytes);
    }
}

static void
page_not_broken(struct page *page)
{
    const struct counts *counts = &page->frame->assessment->counts;

    page_section(page, "NOT AFFECTED");
    page_fieldf(page, "", ROLE_text, "%zu fine, %zu warning, %zu failing, %zu unknown", counts->ok,
                counts->warn, counts->fail, counts->unknown);
}

static size_t
page_about(struct page *page, const char *subject_id)
{
    const struct assessment *assessment = page->frame->assessment;

    if (subject_id[0])
        return page_findings(page, subject_id);
    if (assessment->n_findings == 0)
        return 0;
    page_finding(page, &assessment->findings[0]);
    return 1;
}

int
why_draw(struct canvas *canvas, struct rect r, const struct frame *frame, const char *subject_id,
         int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};

    if (page_about(&page, subject_id) == 0)
        page_sentence(&page, ROLE_ok, ROLE_text,
                      subject_id[0] ? "nothing is wrong with it, as far as can be seen from here"
                                    : "nothing is wrong, as far as can be seen from here");
    page_not_broken(&page);
    page_sources(&page);
    return page.lines;
}

int
findings_draw(struct canvas *canvas, struct rect r, const struct frame *frame, int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    const struct assessment *assessment = frame->assessment;

    if (assessment->n_findings == 0)
        page_sentence(&page, ROLE_ok, ROLE_text,
                      "no findings: nothing is wrong, as far as can be seen from here");
    for (size_t i = 0; i < assessment->n_findings; i++) {
        if (i > 0)
            page_blank(&page);
        page_finding(&page, &assessment->findings[i]);
    }
    return page.lines;
}
