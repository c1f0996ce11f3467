#include "probe/survey.h"

#include <stdlib.h>
#include <string.h>

#include "core/die.h"

struct resolvers {
    struct loop *loop;
    const struct dns *like;
    struct dns *dns[DNS_SERVERS];
    char names[DNS_SERVERS][ADDRESS_TEXT_BYTES];
    size_t n, n_open; /* surveys */
};

static void
close_all(struct resolvers *resolvers)
{
    for (size_t i = 0; i < resolvers->n; i++)
        dns_close(resolvers->dns[i]);
    resolvers->n = 0;
}

void
resolvers_reload(struct resolvers *resolvers)
{
    char names[DNS_SERVERS][ADDRESS_TEXT_BYTES] = {{0}};
    size_t n;

    if (resolvers->n_open > 0)
        return;
    n = dns_servers(resolvers->like, names);
    if (n == resolvers->n && memcmp(names, resolvers->names, n * sizeof(names[0])) == 0)
        return;
    close_all(resolvers);
    for (size_t i = 0; i < n; i++) {
        struct dns *dns = dns_open_server(resolvers->loop, names[i], NULL);

        if (!dns)
            continue;
        memcpy(resolvers->names[resolvers->n], names[i], sizeof(names[i]));
        resolvers->dns[resolvers->n++] = dns;
    }
}

struct resolvers *
resolvers_open(struct loop *loop, const struct dns *like)
{
    struct resolvers *resolvers = calloc(1, sizeof(*resolvers));

    if (!resolvers)
        die("out of memory");
    resolvers->loop = loop;
    resolvers->like = like;
    return resolvers;
}

void
resolvers_close(struct resolvers *resolvers)
{
    if (!resolvers)
        return;
    close_all(resolvers);
    free(resolvers);
}

static void
answered(void *context)
{
    struct survey_answer *answer = context;
    struct survey *survey = answer->survey;

    if (--survey->n_waiting > 0)
        return;
    survey->resolvers->n_open--;
    survey->done(survey->context);
}

bool
survey_ask(struct survey *survey, struct resolvers *resolvers, const char *name, int family)
{
    survey_cancel(survey);
    survey->resolvers = resolvers;
    survey->n = survey->n_waiting = resolvers->n;
    resolvers->n_open += resolvers->n > 0;
    for (size_t i = 0; i < resolvers->n; i++) {
        struct survey_answer *answer = &survey->answers[i];

        answer->survey = survey;
        memcpy(answer->server, resolvers->names[i], sizeof(answer->server));
        answer->query.done = answered;
        answer->query.context = answer;
        dns_ask(resolvers->dns[i], &answer->query, name, family);
    }
    return survey->n > 0;
}

void
survey_cancel(struct survey *survey)
{
    if (survey->n_waiting == 0)
        return;
    for (size_t i = 0; i < survey->n; i++)
        dns_cancel(&survey->answers[i].query);
    survey->n_waiting = survey->n = 0;
    survey->resolvers->n_open--;
}
