/* auth.h — whose request it is, and whether they may make it (facts/management-api.md 1.3). */
#ifndef SIM_AUTH_H
#define SIM_AUTH_H

#include "sim/exchange.h"
#include "sim/world.h"

/* Fill in x->credential from the headers. False when both headers are there. */
bool auth_identify(const struct world *world, struct exchange *x);
/* False after the refusal was answered. */
bool auth_permit(const struct world *world, struct exchange *x);
const char *auth_kind_name(enum credential_kind kind);
enum credential_kind auth_kind_find(const char *name); /* CREDENTIAL_KINDS when there is none */

#endif
