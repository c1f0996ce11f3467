/* survey.h — every resolver of the system asked by itself: which one is slow, dead, or says
 * something else. */
#ifndef PROBE_SURVEY_H
#define PROBE_SURVEY_H

#include "probe/dns.h"

struct resolvers;

/* The resolvers of `like`, borrowed, which is asked for them again by resolvers_reload. Caller
 * frees with resolvers_close. */
struct resolvers *resolvers_open(struct loop *loop, const struct dns *like);
void resolvers_close(struct resolvers *resolvers); /* NULL is allowed */
/* Nothing while a survey is open. */
void resolvers_reload(struct resolvers *resolvers);

struct survey_answer {
    struct survey *survey;
    char server[ADDRESS_TEXT_BYTES];
    struct dns_query query;
};

/* Embedded by whoever asks; zeroed before the first; must stay until done was called or
 * survey_cancel. */
struct survey {
    void (*done)(void *context);
    void *context;
    struct survey_answer answers[DNS_SERVERS];
    size_t n, n_waiting;
    struct resolvers *resolvers;
};

/* False when there is no resolver to ask: done is not called. Else it is, from the loop, never from
 * within. */
bool survey_ask(struct survey *survey, struct resolvers *resolvers, const char *name, int family);
void survey_cancel(struct survey *survey);

#endif
