/* page.h — where the report for people is printed, and the pieces it is made of. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli/report.h"
#include "cli/table.h"

enum { PAGE_NAME_CELLS = 28 };

struct page {
    FILE *out;
    const struct report *report;
    struct marking marking;
};

/* An empty line and a title. */
void page_heading(const struct page *page, const char *title);

/* A sentence after `indent` cells, whose further lines start there too. The first line's margin is
 * already printed. */
void page_wrap(const struct page *page, const char *s, size_t indent);

/* The tables; each prints nothing when it has no rows. */
void page_pools(const struct page *page);
void page_jobs(const struct page *page);
void page_tunnels(const struct page *page);
void page_connectors(const struct page *page);
void page_checks(const struct page *page);
void page_layers(const struct page *page);
void page_sources(const struct page *page);

#endif
