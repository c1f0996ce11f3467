/* page.h — lists in pages with opaque cursors (facts/management-api.md 3). */
#ifndef SIM_PAGE_H
#define SIM_PAGE_H

#include "sim/exchange.h"
#include "sim/world.h"

/* The filters created_at[gt|gte|lt|lte] in microseconds: least and most are included. What they
 * are compared with is the time as it is shown, which may be rounded down to whole seconds. */
struct created_range {
    int64_t least_us, most_us;
    bool is_seconds;
};

/* What is listed, and how. */
struct page {
    const struct array *list; /* of things that begin with struct object, oldest first */
    bool (*keep)(const struct object *object, const void *context); /* NULL: all */
    struct json *(*show)(const struct world *world, const struct object *object);
    const void *context;               /* for keep */
    const struct created_range *range; /* that keep applies, or NULL: a cursor must lie in it */
    int64_t limit_otherwise, limit_most;
    bool is_asc_otherwise; /* the order without order= */
    bool may_order;        /* order= is taken */
    bool has_prev;         /* prev_page is given, too */
};

/* Answer with the page that the query asks for, or with a 400. */
void page_answer(const struct world *world, struct exchange *x, const struct page *page);

/* False after a 400 was answered. */
bool page_created_range(struct exchange *x, struct created_range *out);
/* Is that time in it? */
bool created_range_holds(const struct created_range *range, int64_t at_us);

#endif
