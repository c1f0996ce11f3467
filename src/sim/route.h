/* route.h — which path is served by whom, for which credentials, under which beta. */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "sim/exchange.h"
#include "sim/limits.h"

struct service;

enum family {
    FAMILY_ENVIRONMENTS,
    FAMILY_WORK,
    FAMILY_SESSIONS,
    FAMILY_TUNNELS,
    FAMILY_SKILLS,
    FAMILY_MEMORY,
    FAMILY_TOKEN,
    FAMILY_MODELS,  /* no part of this product; checks ask for it (facts/connectivity.md G1) */
    FAMILY_CONTROL, /* /sim: neither credentials nor faults */
    FAMILIES
};

/* Who may call; bits, so that a route can take several. */
enum allow {
    ALLOW_API = 1 << CREDENTIAL_API_KEY,
    ALLOW_ENVIRONMENT = 1 << CREDENTIAL_ENVIRONMENT,
    ALLOW_SECRET = 1 << CREDENTIAL_SECRET,
    ALLOW_TUNNELS = 1 << CREDENTIAL_TUNNELS,
    ALLOW_ALL = ~0
};

struct route {
    const char *method, *pattern; /* "{id}" takes one part of the path */
    enum family family;
    unsigned allow;
    enum cost cost;
    void (*serve)(struct service *service, struct exchange *x);
};

const struct route *routes(size_t *n);
/* Does the path fit the pattern? A pattern fits itself. */
bool route_fits(const char *pattern, const char *path);
/* NULL when no pattern matches; *allowed then lists the methods that would, "" when none. Fills in
 * x->part. */
const struct route *route_find(struct exchange *x, char allowed[64]);

#endif
