#include "probe/naming.h"

#include "core/arena.h"
#include "core/text.h"
#include "probe/attempt.h"

enum { ANSWER_BYTES = 240, WAYS = DNS_SERVERS + 2 };

static const struct lookup *
lookup_of(const struct target *target, int family)
{
    return &target->lookups[family == 6];
}

static bool
has_answer(const struct dns_query *query)
{
    return query->fault.signal == SIGNAL_none || query->fault.signal == SIGNAL_nodata;
}

static bool
is_known(const struct survey *survey)
{
    return survey->n > 0 && survey->n_waiting == 0;
}

/* --- a resolver that fails --- */

static bool
find_broken(const struct survey *survey, struct fault *fault)
{
    const struct survey_answer *broken = NULL, *good = NULL;

    for (size_t i = 0; is_known(survey) && i < survey->n; i++) {
        const struct survey_answer *answer = &survey->answers[i];

        if (has_answer(&answer->query))
            good = answer;
        else if (!broken)
            broken = answer;
    }
    if (!broken || !good)
        return false;
    fault_set(fault, STAGE_dns, SIGNAL_resolver, (int)broken->query.fault.signal,
              "%s: %s; %s answers in %.1f ms", broken->server, broken->query.fault.text,
              good->server, (double)good->query.us / 1000);
    return true;
}

/* --- libc beside DNS --- */

static bool
is_among(const struct address *address, const struct survey *survey)
{
    for (size_t i = 0; i < survey->n; i++)
        for (size_t k = 0; k < survey->answers[i].query.n_addresses; k++)
            if (address_is_same(address, &survey->answers[i].query.addresses[k]))
                return true;
    return false;
}

static size_t
count_addresses(const struct survey *survey)
{
    size_t n = 0;

    for (size_t i = 0; i < survey->n; i++)
        n += survey->answers[i].query.n_addresses;
    return n;
}

/* The edge publishes all its addresses; the API's may be different ones each time. */
static bool
is_expected(const struct target *target, const struct address *address, const struct survey *survey)
{
    return is_among(address, survey) ||
           (target->is_api && address_is_published(address, RANGE_OF_API));
}

static bool
find_override(const struct target *target, int family, struct fault *fault)
{
    const struct libc_query *libc = &target->libc;
    const struct survey *survey = &lookup_of(target, family)->survey;
    TEXT(found, ADDRESS_TEXT_BYTES);

    for (size_t i = 0; i < libc->n_addresses; i++) {
        if (address_family(&libc->addresses[i]) != family ||
            is_expected(target, &libc->addresses[i], survey))
            continue;
        address_add_host(&found, &libc->addresses[i]);
        fault_set(fault, STAGE_dns, SIGNAL_libc, 0, "getaddrinfo says %s, and DNS %s%s",
                  found.bytes, count_addresses(survey) > 0 ? "something else" : "",
                  count_addresses(survey) > 0 ? "" : survey->answers[0].query.fault.text);
        return true;
    }
    return false;
}

static bool
find_difference(const struct target *target, int family, struct fault *fault)
{
    const struct libc_query *libc = &target->libc;
    const struct survey *survey = &lookup_of(target, family)->survey;

    if (libc_is_waiting(libc) || libc->started_us == 0 || !is_known(survey))
        return false;
    if (libc->fault.signal == SIGNAL_none)
        return find_override(target, family, fault);
    if (count_addresses(survey) == 0)
        return false; /* they agree that there is nothing */
    fault_set(fault, STAGE_dns, SIGNAL_libc, libc->fault.code, "%s, and DNS gives %zu addresses",
              libc->fault.text, count_addresses(survey));
    return true;
}

bool
naming_judge(const struct target *target, int family, struct fault *fault)
{
    return find_difference(target, family, fault) ||
           find_broken(&lookup_of(target, family)->survey, fault);
}

/* --- shown --- */

static void
add_answer(struct text *out, const struct fault *fault, size_t n)
{
    if (fault->signal != SIGNAL_none)
        text_add(out, fault->text);
    else
        text_addf(out, "%zu %s", n, n == 1 ? "address" : "addresses");
}

static void
add_libc(struct text *out, const struct libc_query *libc)
{
    add_answer(out, &libc->fault, libc->n_addresses);
    if (libc->n_addresses > 0) /* cloudflared takes the first one's family for its own (A3) */
        text_addf(out, ", IPv%d first", address_family(&libc->addresses[0]));
}

static void
add_way(struct check *out, struct check_resolver *ways, struct arena *arena,
        const struct check_resolver *way)
{
    struct check_resolver *to = &ways[out->n_resolvers++];

    *to = *way;
    to->server = arena_strdup(arena, way->server);
    to->answer = arena_strdup(arena, way->answer);
}

void
naming_show(const struct target *target, int family, struct arena *arena, struct check *out)
{
    const struct lookup *lookup = lookup_of(target, family);
    struct check_resolver *ways = arena_array(arena, WAYS, sizeof(*ways));
    TEXT(server, ADDRESS_TEXT_BYTES);
    TEXT(answer, ANSWER_BYTES);

    for (size_t i = 0; is_known(&lookup->survey) && i < lookup->survey.n; i++) {
        const struct survey_answer *one = &lookup->survey.answers[i];

        text_clear(&answer);
        add_answer(&answer, &one->query.fault, one->query.n_addresses);
        add_way(out, ways, arena,
                &(struct check_resolver){"dns", one->server, answer.bytes, one->query.us});
    }
    if (target->libc.started_us > 0 && !libc_is_waiting(&target->libc)) {
        text_clear(&answer);
        add_libc(&answer, &target->libc);
        add_way(out, ways, arena,
                &(struct check_resolver){"libc", "getaddrinfo", answer.bytes, target->libc.us});
    }
    if (lookup->opinion != OPINION_none) {
        const struct dot_query *dot = &lookup->dot;

        text_clear(&answer);
        address_add(&server, &dot->server->address);
        add_answer(&answer, dot->has_answered ? &dot->answer.fault : &dot->fault,
                   dot->answer.n_addresses);
        add_way(out, ways, arena,
                &(struct check_resolver){"tls", server.bytes, answer.bytes, dot->us});
    }
    out->resolvers = ways;
}

void
naming_add_opinion(struct text *out, const struct lookup *lookup)
{
    const struct dot_query *dot = &lookup->dot;

    if (lookup->opinion == OPINION_none)
        return;
    text_add(out, out->n > 0 ? "; " : "");
    address_add(out, &dot->server->address);
    text_add(out, " over TLS: ");
    add_answer(out, dot->has_answered ? &dot->answer.fault : &dot->fault,
               dot->answer.n_addresses + dot->answer.n_services);
}
