/* rank.c — from suspicions to findings: worst first, many of a kind as one, and only then in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "model/judge.h"
#include "model/say.h"

enum { FOLD_FROM = 6, FOLD_NAMES = 5, FIRST_ROOM = 64, LONGEST_EVIDENCE = 400 };

static const struct {
    const char *name;
    enum severity severity;
    const char *many, *what;
    void (*explain)(struct judge *judge, const struct suspicion *suspicion, struct finding *out);
} rules[] = {
#define RULE(id, name, severity, many, what)                                                       \
    [RULE_##id] = {name, SEVERITY_##severity, many, what, explain_##id},
#include "model/rules.def"
#undef RULE
};

const char *
rule_name(enum rule rule)
{
    return rules[rule].name;
}

const char *
rule_what(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (strcmp(rules[i].name, name) == 0)
            return rules[i].what;
    return "";
}

const char *
rule_name_at(size_t i)
{
    return i < COUNT_OF(rules) ? rules[i].name : NULL;
}

void
suspect_as(struct judge *judge, enum severity severity, enum rule rule, size_t row, int64_t weight)
{
    if (judge->n_suspicions == judge->room) {
        size_t room = judge->room ? judge->room * 2 : FIRST_ROOM;
        struct suspicion *more = arena_array(judge->arena, room, sizeof(*more));

        if (judge->n_suspicions > 0)
            memcpy(more, judge->suspicions, judge->n_suspicions * sizeof(*more));
        judge->suspicions = more;
        judge->room = room;
    }
    judge->suspicions[judge->n_suspicions++] =
        (struct suspicion){.rule = rule, .severity = severity, .row = row, .weight = weight};
}

void
suspect(struct judge *judge, enum rule rule, size_t row, int64_t weight)
{
    suspect_as(judge, rules[rule].severity, rule, row, weight);
}

bool
rule_is_of_sources(enum rule rule)
{
    return strncmp(rules[rule].name, "api.", 4) == 0 ||
           strncmp(rules[rule].name, "source.", 7) == 0;
}

bool
is_suspected(const struct judge *judge, enum rule rule)
{
    for (size_t i = 0; i < judge->n_suspicions; i++)
        if (judge->suspicions[i].rule == rule)
            return true;
    return false;
}

void
evidence_add(struct judge *judge, struct finding *out, const char *format, ...)
{
    TEXT(line, LONGEST_EVIDENCE);
    va_list args;

    if (out->n_evidence == FINDING_MOST_EVIDENCE)
        return;
    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    out->evidence[out->n_evidence++] = arena_strndup(judge->arena, line.bytes, line.n);
}

/* By rule, the worst of each first; rows decide last, so that the order never wobbles. */
static int
by_rule(const void *a, const void *b)
{
    const struct suspicion *left = a, *right = b;

    if (left->rule != right->rule)
        return left->rule < right->rule ? -1 : 1;
    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

/* Rules are already in order; only severity moves a finding up. */
static void
sort_findings(struct finding *findings, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && findings[j - 1].severity < findings[j].severity; j--) {
            struct finding moved = findings[j];

            findings[j] = findings[j - 1];
            findings[j - 1] = moved;
        }
}

static struct finding
explain(struct judge *judge, const struct suspicion *suspicion)
{
    struct finding out = {
        .severity = suspicion->severity,
        .rule = rules[suspicion->rule].name,
        .subject = "",
        .subject_id = "",
        .summary = "",
        .next_step = "",
    };

    rules[suspicion->rule].explain(judge, suspicion, &out);
    return out;
}

/* Many of a kind: how many, the worst, and the names of a few. */
static struct finding
fold(struct judge *judge, const struct suspicion *suspicions, size_t n)
{
    const char *many = rules[suspicions->rule].many;
    struct finding out = explain(judge, &suspicions[0]);

    out.n_evidence = 0;
    evidence_add(judge, &out, "%s", out.summary);
    out.summary = arena_printf(judge->arena, "%zu %s; worst: %s", n, many, out.summary);
    for (size_t i = 1; i < FOLD_NAMES && i < n; i++)
        evidence_add(judge, &out, "%s", explain(judge, &suspicions[i]).summary);
    if (n > FOLD_NAMES)
        evidence_add(judge, &out, "and %zu more", n - FOLD_NAMES);
    return out;
}

void
rank_findings(struct judge *judge, struct assessment *out)
{
    struct suspicion *all = judge->suspicions;
    struct finding *findings = arena_array(judge->arena, judge->n_suspicions, sizeof(*findings));
    size_t n = 0;

    if (judge->n_suspicions > 0)
        qsort(all, judge->n_suspicions, sizeof(*all), by_rule);
    for (size_t first = 0, end; first < judge->n_suspicions; first = end) {
        for (end = first; end < judge->n_suspicions && all[end].rule == all[first].rule;)
            end++;
        if (end - first >= FOLD_FROM && rules[all[first].rule].many[0])
            findings[n++] = fold(judge, &all[first], end - first);
        else
            for (size_t i = first; i < end; i++)
                findings[n++] = explain(judge, &all[i]);
    }
    sort_findings(findings, n);
    out->findings = findings;
    out->n_findings = n;
}
