/* naming.h — what the ways to resolve a target's name say, and where they disagree. */
#ifndef PROBE_NAMING_H
#define PROBE_NAMING_H

#include "probe/target.h"

struct arena;

/* A resolver that fails where another answers, or applications that are told something else than
 * DNS says; false, and fault left alone, when there is no such thing. */
bool naming_judge(const struct target *target, int family, struct fault *fault);

/* Every way and its answer, owned by the arena, into out->resolvers. */
void naming_show(const struct target *target, int family, struct arena *arena, struct check *out);

/* "1.1.1.1:853 over TLS: 10 addresses" when it was asked. */
void naming_add_opinion(struct text *out, const struct lookup *lookup);

#endif
