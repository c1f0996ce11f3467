/* detail.h — a page of headings, fields and wrapped sentences that can be scrolled: what details
 * and explanations are written on. UI thread only. */
#ifndef UI_DETAIL_H
#define UI_DETAIL_H

#include "ui/words.h"

struct page {
    struct canvas *canvas;
    struct rect r;
    const struct frame *frame;
    int scroll;  /* lines to leave out */
    int lines;   /* written so far, also those that are not seen */
    bool is_cut; /* nobody can scroll it: a sentence that the end cuts off ends in an ellipsis */
};

/* "✗ eu-west   no workers" */
void page_title(struct page *page, enum role mark, const char *name, const char *word);
/* A small heading, a blank line before it. */
void page_section(struct page *page, const char *heading);
/* A mark (unless ROLE_text), a label and what belongs to it in a column, over as many lines as it
 * needs. */
void page_point(struct page *page, enum role mark, const char *label, enum role role,
                const char *text);
/* A label and its value in a column; the value wraps. Nothing when the value is "". */
void page_field(struct page *page, const char *label, enum role role, const char *value);
/* The label "" goes on under the last one. */
void page_fieldf(struct page *page, const char *label, enum role role, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* A sparkline as long as the line. */
void page_trend(struct page *page, const char *label, const struct series *series);
/* A field whose value is a moment, "13:20:06 (42m10s ago)"; nothing when it is 0. */
void page_moment(struct page *page, const char *label, int64_t at_ms);
/* A sentence over as many lines as it needs, with a mark in front unless that is ROLE_text. */
void page_sentence(struct page *page, enum role mark, enum role role, const char *text);
/* One line, cut where it is too long. */
void page_line(struct page *page, enum role mark, enum role role, const char *text);
void page_blank(struct page *page);

/* What a verdict rests on, one point each. */
void page_evidence(struct page *page, const char *const *evidence, size_t n);
/* What to do, with its label in the colour of keys. */
void page_next_step(struct page *page, const char *next_step);
/* A finding: summary, evidence, next step. */
void page_finding(struct page *page, const struct finding *finding);
/* Is the finding about the row with this id: itself, the target of a check, a tunnel's connector?
 */
bool finding_is_about(const struct frame *frame, const struct finding *finding, const char *id);
/* All findings about an id, worst first; how many there were. */
size_t page_findings(struct page *page, const char *id);

#endif
