#include "ui/why.h"

#include <string.h>

#include "core/text.h"
#include "model/looks.h"
#include "ui/panes/rows.h"

static const struct effect {
    const char *rule, *breaks, *spares;
} effects[] = {
#define EFFECT(rule, breaks, spares) {rule, breaks, spares},
#include "ui/why.def"
#undef EFFECT
};

static const struct effect *
effect_of(const char *rule)
{
    for (size_t i = 0; i < COUNT_OF(effects); i++)
        if (strcmp(effects[i].rule, rule) == 0)
            return &effects[i];
    return NULL;
}

bool
why_knows(const char *rule)
{
    return effect_of(rule) != NULL;
}

static void
page_effect(struct page *page, const struct finding *finding)
{
    const struct effect *effect = effect_of(finding->rule);

    if (!effect)
        return;
    page_field(page, "  breaks", ROLE_text, effect->breaks);
    page_field(page, "  not", ROLE_dim, effect->spares);
}

static size_t
page_explained(struct page *page, const char *id)
{
    const struct assessment *assessment = page->frame->assessment;
    size_t n = 0;

    for (size_t i = 0; i < assessment->n_findings; i++) {
        const struct finding *finding = &assessment->findings[i];

        if (id[0] ? !finding_is_about(page->frame, finding, id) : i > 0)
            continue;
        if (n++ > 0)
            page_blank(page);
        page_finding(page, finding);
        page_effect(page, finding);
    }
    return n;
}

/* What stands behind every judgement: is what it rests on fresh? */
static void
page_source(struct page *page, enum source source)
{
    const struct source_status *status = &page->frame->snapshot->source[source];
    TEXT(line, 400);

    text_addf(&line, "%-13s", source_name(source));
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
    page_line(page, source_role(status, page->frame->now_ms), ROLE_text, line.bytes);
}

static void
page_sources(struct page *page)
{
    page_section(page, "WHAT THIS RESTS ON");
    for (int i = 0; i < SOURCE_COUNT; i++)
        page_source(page, (enum source)i);
}

/* Nothing is found about it alone: say so, and what else might be the reason. */
static void
page_nothing(struct page *page, const char *id)
{
    const struct assessment *assessment = page->frame->assessment;

    if (assessment->n_findings == 0) {
        page_sentence(page, ROLE_ok, ROLE_text,
                      "nothing is wrong, as far as can be seen from here");
        return;
    }
    if (!page_judgement(page, id))
        page_sentence(page, ROLE_info, ROLE_text,
                      "nothing is found about it alone, as far as can be seen from here");
    page_section(page, "THE WORST OF ALL FINDINGS");
    page_finding(page, &assessment->findings[0]);
}

int
why_draw(struct canvas *canvas, struct rect r, const struct frame *frame, const char *subject_id,
         int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};

    if (page_explained(&page, subject_id) == 0)
        page_nothing(&page, subject_id);
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
