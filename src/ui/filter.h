/* filter.h — what the operator typed after /, understood once and asked of many rows.
 *
 * Words are ANDed; "a|b" either; "!x" not; "name:x" in that column; "age>10m", "depth>=5" compare.
 * UI thread only. */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include "ui/list.h"

enum { FILTER_TERMS = 16 };

enum compare { COMPARE_none, COMPARE_less, COMPARE_at_most, COMPARE_more, COMPARE_at_least };

/* One alternative: a word, or a comparison with a number in the column's unit. */
struct filter_term {
    const char *word;            /* in filter.words */
    const struct column *column; /* NULL: any text of the row */
    enum compare compare;
    int64_t value;
    bool is_not;    /* of the whole group */
    bool is_either; /* belongs to the group of the term before it */
};

struct filter {
    struct filter_term term[FILTER_TERMS];
    size_t n;
    char words[FILTER_BYTES];
};

/* Understand what was typed. What names no column of the list is searched as a plain word, so that
 * every state of typing shows something. */
void filter_parse(struct filter *filter, const struct list *list, const char *typed);

bool filter_matches(const struct filter *filter, const struct list *list, const struct row *row);

/* Where a word of the filter occurs in the text of this column: false when none does. In bytes. */
bool filter_find(const struct filter *filter, const struct column *column, const char *text,
                 size_t *start, size_t *length);

#endif
