/* agent.h — the service's half of a session: the model that thinks, calls tools and ends its turns.
 *
 * A session follows its script when it has one (POST /sim/session), else it makes up a believable
 * run. Steps of a script, one object each:
 *   {"type":"tool","name":N,"input":{…},"ask":BOOL,"parallel":BOOL}   a call; parallel: do not wait
 *   {"type":"custom_tool","name":N,"input":{…},"parallel":BOOL}
 *   {"type":"message","text":T}   {"type":"pause","ms":N}
 *   {"type":"idle","stop_reason":R}   ends the turn; the next user.message goes on with the script
 *   {"type":"error","error":{…}}   {"type":"terminate"}   {"type":"event","event":{…}} as it is */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "sim/world.h"

/* The snapshot that sessions of an agent carry; nth picks from a small company of agents. */
const struct json *agent_snapshot(struct world *world, size_t nth);

/* A copy of an agent that differs in one member; owned by the world. */
const struct json *agent_variant(struct world *world, const struct json *of, const char *member,
                                 const struct json *value);

/* A message came: run, and see to it that a worker will. */
void agent_wake(struct world *world, struct session *session);
/* A call was answered. */
void agent_answered(struct world *world, struct session *session);
/* user.interrupt was queued; it is applied a moment later. */
void agent_interrupt(struct world *world, struct session *session);
/* Do what is due. */
void agent_tick(struct world *world, struct session *session);

enum {
    AGENT_THINKS_LEAST_MS = 1500,
    AGENT_THINKS_MOST_MS = 9000,
    AGENT_SCRIPT_MS = 50, /* scripts go faster */
    AGENT_INTERRUPT_MS = 150,
};

#endif
