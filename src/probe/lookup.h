/* lookup.h — one name and one family: asked of the system's resolver, and of a public one over TLS
 * when that fails or gives addresses that nobody publishes (facts/connectivity.md A3, G4). */
#ifndef PROBE_LOOKUP_H
#define PROBE_LOOKUP_H

#include "probe/dot.h"
#include "probe/survey.h"

struct tools;

enum {
    LOOKUP_PATIENCE_MS = 350, /* after which the second opinion is asked for as well, so that both
                                 have come soon after the first one's deadline */
};

enum opinion {                  /* of the public resolver */
               OPINION_none,    /* it was not asked */
               OPINION_silent,  /* it could not be asked, or knows of nothing either way */
               OPINION_agrees,  /* with the system's */
               OPINION_differs, /* it has what the system's did not give */
};

struct lookup {
    /* the plan; borrowed */
    const struct tools *tools;
    struct target *target; /* for whoever asks */
    int family;            /* 4, 6; 0: SRV */
    bool is_public;        /* the name may be told to a public resolver, and its ranges are known */
    enum range_of owner;
    void (*settled)(void *context); /* the answer is in query and opinion */
    void (*surveyed)(void *context);
    void *context;
    /* what came of it */
    struct dns_query query;
    enum opinion opinion;
    struct dot_query dot;
    struct survey survey; /* of the last lookup_survey */
    bool is_settled;      /* in this round */
    /* private */
    char name[DNS_NAME_BYTES];
    struct timer patience;
};

/* Both call back from the loop, never from within. A literal address settles at once, by returning
 * false: then query has it, and nobody calls back. */
bool lookup_ask(struct lookup *lookup, const char *name);
/* Ask each resolver by itself; false when nothing is to be known from that: nobody calls back. */
bool lookup_survey(struct lookup *lookup, const char *name);
void lookup_cancel(struct lookup *lookup);

/* No answer, and more than that there is no address of this family. */
bool lookup_has_failed(const struct lookup *lookup);
/* An address that its owner does not publish is among them. */
bool lookup_is_strange(const struct lookup *lookup);

#endif
