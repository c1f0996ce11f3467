/* layers.h — inside assess(): the checks of the security layers, and what they share. */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include "model/judge.h"

/* Each looks at one tunnel and notes what it saw; what it did not see it must not claim. */
#define LAYER_CHECK(id, layer, name, needed, what)                                                 \
    void see_##id(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out);
#include "model/layer_checks.def"
#undef LAYER_CHECK

/* What was seen, as one line: the worst of several stays, equal ones stand beside each other. */
void note(const struct judge *judge, struct layer_check *out, enum layer_verdict verdict,
          const char *format, ...) PRINTF_LIKE(4, 5);

/* The proxy of a tunnel, by its domain, its registered CA, or because there is only one of both;
 * NULL when none is known here. */
const struct proxy *proxy_of(const struct judge *judge, const struct tunnel *tunnel);
/* The tunnel of a proxy, the same way; NULL when the API lists none. */
const struct tunnel *tunnel_of(const struct judge *judge, const struct proxy *proxy);
/* Is it known from a proxy's files only? */
bool is_unlisted(const struct judge *judge, const struct tunnel *tunnel);

/* Somebody's decision to live with what that check says of that route; NULL when there is none. */
const struct waiver *waiver_of(const struct proxy *proxy, const char *check, const char *route);

/* A rule of the checklist, those that depend on time and API included. */
struct certificate_proof certificate_proof(const struct judge *judge, const struct proxy *proxy,
                                           enum certificate_rule rule);
enum layer_verdict certificate_rule_verdict(enum certificate_rule rule); /* when it is broken */

/* The worst that is wrong with the addresses that a proxy may reach; verified when nothing is. */
enum layer_verdict proxy_ranges_verdict(const struct judge *judge, const struct proxy *proxy,
                                        const char **line);
/* The same of where one route leads. */
enum layer_verdict upstream_verdict(const struct judge *judge, const struct upstream *upstream,
                                    const char **line);

#endif
