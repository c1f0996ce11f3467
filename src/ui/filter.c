#include "ui/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

struct measure { /* "age>10m": what the suffix multiplies by, in the column's unit */
    enum unit unit;
    const char *suffix;
    double times;
};

static const struct measure measures[] = {
    {UNIT_count, "", 1},     {UNIT_count, "k", 1000},  {UNIT_ms, "", 1000},
    {UNIT_ms, "ms", 1},      {UNIT_ms, "s", 1000},     {UNIT_ms, "m", 60000},
    {UNIT_ms, "h", 3600000}, {UNIT_ms, "d", 86400000}, {UNIT_us, "", 1000},
    {UNIT_us, "us", 1},      {UNIT_us, "ms", 1000},    {UNIT_us, "s", 1000000},
    {UNIT_cents, "", 100},   {UNIT_parts, "", 10},     {UNIT_parts, "%", 10},
};

static const struct measure *
measure_find(enum unit unit, const char *suffix, size_t n)
{
    for (size_t i = 0; i < COUNT_OF(measures); i++)
        if (measures[i].unit == unit && strlen(measures[i].suffix) == n &&
            strncmp(measures[i].suffix, suffix, n) == 0)
            return &measures[i];
    return NULL;
}

/* "90", "10m", "1h30m", "1.50"; false while it is not yet a number. */
static bool
value_parse(const char *s, enum unit unit, int64_t *out)
{
    double sum = 0;

    if (!*s)
        return false;
    while (*s) {
        char *end;
        double n = isdigit((unsigned char)*s) ? strtod(s, &end) : -1;
        const struct measure *measure;
        size_t suffix = 0;

        if (n < 0 || n > 1e12)
            return false;
        while (isalpha((unsigned char)end[suffix]) || end[suffix] == '%')
            suffix++;
        measure = measure_find(unit, end, suffix);
        if (!measure)
            return false;
        sum += n * measure->times;
        s = end + suffix;
    }
    *out = (int64_t)sum;
    return true;
}

static const struct column *
column_named(const struct list *list, const char *name, size_t n)
{
    for (size_t i = 0; i < list->n_columns; i++)
        if (strlen(list->columns[i].name) == n && strncmp(list->columns[i].name, name, n) == 0)
            return &list->columns[i];
    return NULL;
}

/* Reads "<" "<=" ">" ">=" at s; returns its length, 0 when there is none. */
static size_t
compare_parse(const char *s, enum compare *out)
{
    bool has_equal = (*s == '<' || *s == '>') && s[1] == '=';

    if (*s == '<')
        *out = has_equal ? COMPARE_at_most : COMPARE_less;
    else if (*s == '>')
        *out = has_equal ? COMPARE_at_least : COMPARE_more;
    else
        return 0;
    return has_equal ? 2 : 1;
}

static void
term_parse(struct filter_term *term, const struct list *list, char *word)
{
    size_t name = strcspn(word, ":<>"), sign;
    const struct column *column = word[name] ? column_named(list, word, name) : NULL;
    enum compare compare = COMPARE_none;

    term->word = word;
    if (!column)
        return;
    if (word[name] == ':') {
        term->column = column;
        term->word = word + name + 1;
        return;
    }
    sign = compare_parse(word + name, &compare);
    if (!column->value)
        return;
    term->column = column;
    term->word = "";
    if (value_parse(word + name + sign, column->unit, &term->value))
        term->compare = compare;
}

void
filter_parse(struct filter *filter, const struct list *list, const char *typed)
{
    char *word, *rest = filter->words;
    struct text words = {.bytes = filter->words, .size = sizeof(filter->words)};

    text_clear(&words);
    text_add(&words, typed);
    filter->n = 0;
    while ((word = strsep(&rest, " ")) && filter->n < FILTER_TERMS) {
        bool is_not = *word == '!', is_either = false;
        char *alternative, *alternatives = word + is_not;

        while ((alternative = strsep(&alternatives, "|")) && filter->n < FILTER_TERMS) {
            struct filter_term *term = &filter->term[filter->n];

            if (!*alternative)
                continue; /* "a|" is on its way to "a|b" */
            *term = (struct filter_term){.is_not = is_not, .is_either = is_either};
            term_parse(term, list, alternative);
            is_either = true;
            filter->n++;
        }
    }
}

static bool
is_ascii(const char *s)
{
    while (*s)
        if ((unsigned char)*s++ >= 0x80)
            return false;
    return true;
}

/* Case-insensitive; ASCII words, which nearly all are, go the quick way: ten thousand rows are
 * searched while a key is pressed. */
static const char *
find_word(const char *text, const char *word)
{
    int first = tolower((unsigned char)*word);

    if (!is_ascii(word))
        return text_contains(text, word) ? text : NULL;
    for (; *text; text++) {
        size_t i = 0;

        if (tolower((unsigned char)*text) != first)
            continue;
        while (word[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)word[i]))
            i++;
        if (!word[i])
            return text;
    }
    return *word ? NULL : text;
}

static bool
compares(const struct filter_term *term, const struct row *row)
{
    int64_t value = term->column->value(row);

    if (value == LIST_UNKNOWN)
        return false;
    switch (term->compare) {
    case COMPARE_less:
        return value < term->value;
    case COMPARE_at_most:
        return value <= term->value;
    case COMPARE_more:
        return value > term->value;
    default:
        return value >= term->value;
    }
}

static bool
in_column(const struct column *column, const char *word, const struct row *row)
{
    TEXT(shown, 512);

    if (column->text)
        return find_word(column->text(row), word) != NULL;
    column_show(column, &shown, row);
    return find_word(shown.bytes, word) != NULL;
}

static bool
term_matches(const struct filter_term *term, const struct list *list, const struct row *row)
{
    if (term->compare != COMPARE_none)
        return compares(term, row);
    if (!*term->word)
        return true; /* still being typed */
    if (term->column)
        return in_column(term->column, term->word, row);
    for (size_t i = 0; i < list->n_columns; i++)
        if (list->columns[i].text && find_word(list->columns[i].text(row), term->word))
            return true;
    return false;
}

/* Has the operator finished this term? "!" and "pool:" alone must not empty the list. */
static bool
is_unfinished(const struct filter_term *term)
{
    return term->compare == COMPARE_none && !*term->word;
}

bool
filter_matches(const struct filter *filter, const struct list *list, const struct row *row)
{
    for (size_t i = 0; i < filter->n;) {
        bool is_not = filter->term[i].is_not, any = false, unfinished = false;

        do {
            unfinished = unfinished || is_unfinished(&filter->term[i]);
            any = any || term_matches(&filter->term[i], list, row);
            i++;
        } while (i < filter->n && filter->term[i].is_either);
        if (any == is_not && !unfinished)
            return false;
    }
    return true;
}

bool
filter_find(const struct filter *filter, const struct column *column, const char *text,
            size_t *start, size_t *length)
{
    for (size_t i = 0; i < filter->n; i++) {
        const struct filter_term *term = &filter->term[i];
        const char *found;

        if (term->is_not || term->compare != COMPARE_none || !*term->word ||
            !is_ascii(term->word) || (term->column ? term->column != column : !column->text))
            continue;
        found = find_word(text, term->word);
        if (!found)
            continue;
        *start = (size_t)(found - text);
        *length = strlen(term->word);
        return true;
    }
    return false;
}
