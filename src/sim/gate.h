/* gate.h — everything a request must pass before its handler sees it: faults, prepared answers,
 * credentials, version, beta, limits. */
#ifndef SIM_GATE_H
#define SIM_GATE_H

#include "sim/service.h"

/* False when the gate has answered (or asked to wait, or broke the connection) itself. */
bool gate_pass(struct service *service, struct exchange *x);
/* Headers that every answer carries. */
void gate_sign(struct service *service, struct exchange *x);

#endif
