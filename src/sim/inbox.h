/* inbox.h — what may be sent to a session (facts/management-api.md 7.5), from HTTP or from a
 * simulated worker. */
#ifndef SIM_INBOX_H
#define SIM_INBOX_H

#include "core/err.h"
#include "sim/world.h"

/* Would this event be accepted? */
bool inbox_check(const struct session *session, const struct json *event, struct err *err);
/* Would all events of a request? Checked before any is taken. */
bool inbox_check_all(const struct session *session, const struct json *events, struct err *err);
/* Take it, and let the agent react. Borrowed until the session changes again. Only after
 * inbox_check. */
const struct event *inbox_take(struct world *world, struct session *session,
                               const struct json *event);
/* A worker's answer to a call, made here. */
void inbox_tool_result(struct world *world, struct session *session, const char *call_id,
                       const char *text, bool is_error);

#endif
