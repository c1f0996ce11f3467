#include "probe/lookup.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "probe/attempt.h"

static bool
is_strange(const struct lookup *lookup, const struct dns_query *query)
{
    for (size_t i = 0; lookup->family != 0 && i < query->n_addresses; i++)
        if (!address_is_published(&query->addresses[i], lookup->owner))
            return true;
    return false;
}

bool
lookup_is_strange(const struct lookup *lookup)
{
    return lookup->is_public && is_strange(lookup, &lookup->query);
}

bool
lookup_has_failed(const struct lookup *lookup)
{
    enum signal signal = lookup->query.fault.signal;

    return signal != SIGNAL_none && signal != SIGNAL_nodata;
}

static bool
needs_opinion(const struct lookup *lookup)
{
    return lookup->is_public && lookup->tools->dot &&
           (lookup->query.fault.signal != SIGNAL_none || lookup_is_strange(lookup));
}

static enum opinion
opinion_of(const struct lookup *lookup)
{
    const struct dns_query *theirs = &lookup->dot.answer;
    bool has_theirs = theirs->n_addresses + theirs->n_services > 0;

    if (!lookup->dot.has_answered)
        return OPINION_silent;
    if (lookup->query.fault.signal != SIGNAL_none)
        return has_theirs ? OPINION_differs : OPINION_agrees;
    if (!has_theirs)
        return OPINION_silent;
    return is_strange(lookup, theirs) ? OPINION_agrees : OPINION_differs;
}

static void
settle(struct lookup *lookup)
{
    lookup->is_settled = true;
    lookup->settled(lookup->context);
}

static void
compared(void *context)
{
    struct lookup *lookup = context;

    if (dns_is_waiting(&lookup->query))
        return; /* it may still be right */
    lookup->opinion = opinion_of(lookup);
    settle(lookup);
}

static void
compare(void *context)
{
    struct lookup *lookup = context;

    lookup->dot.done = compared;
    lookup->dot.context = lookup;
    dot_ask(lookup->tools->loop, lookup->tools->dot, &lookup->dot, lookup->name, lookup->family);
}

static void
answered(void *context)
{
    struct lookup *lookup = context;
    bool was_asked = !lookup->patience.is_set && lookup->is_public && lookup->tools->dot;

    timer_clear(lookup->tools->loop, &lookup->patience);
    if (!needs_opinion(lookup)) {
        dot_cancel(&lookup->dot);
        settle(lookup);
    } else if (!was_asked) {
        compare(lookup);
    } else if (!lookup->dot.is_waiting) {
        compared(lookup);
    }
}

static void
stop_asking(struct lookup *lookup)
{
    dns_cancel(&lookup->query);
    dot_cancel(&lookup->dot);
    if (lookup->patience.is_set)
        timer_clear(lookup->tools->loop, &lookup->patience);
}

bool
lookup_ask(struct lookup *lookup, const char *name)
{
    struct dns_query *query = &lookup->query;
    struct loop *loop = lookup->tools->loop;

    stop_asking(lookup);
    lookup->is_settled = false;
    lookup->opinion = OPINION_none;
    if (address_parse(name, 0, &query->addresses[0])) {
        query->n_addresses = 1;
        query->us = -1;
        lookup->is_settled = true;
        return false;
    }
    text_clean(lookup->name, sizeof(lookup->name), name, strlen(name));
    query->done = answered;
    query->context = lookup;
    lookup->patience = (struct timer){.due = compare, .context = lookup};
    if (lookup->is_public && lookup->tools->dot)
        timer_set(loop, &lookup->patience, clock_mono_us() + LOOKUP_PATIENCE_MS * INT64_C(1000));
    dns_ask(lookup->tools->dns, query, name, lookup->family);
    return true;
}

bool
lookup_survey(struct lookup *lookup, const char *name)
{
    lookup->survey.done = lookup->surveyed;
    lookup->survey.context = lookup->context;
    return lookup->is_public &&
           survey_ask(&lookup->survey, lookup->tools->resolvers, name, lookup->family);
}

void
lookup_cancel(struct lookup *lookup)
{
    stop_asking(lookup);
    survey_cancel(&lookup->survey);
}
