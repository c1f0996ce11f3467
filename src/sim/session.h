/* session.h — sessions and their events (facts/management-api.md 7). */
#ifndef SIM_SESSION_H
#define SIM_SESSION_H

#include "sim/world.h"

/* A new session in that environment, idle, without work and without events. agent is borrowed for
 * as long as the world lives. title may be NULL. */
struct session *session_new(struct world *world, struct environment *environment,
                            const struct json *agent, const char *title, int64_t created_ms);
void session_free(struct session *session);
/* Stop its work, tell the streams, forget it. */
void session_delete(struct world *world, struct session *session);
/* Keeps the history; its work stays for a worker to end. */
void session_archive(struct world *world, struct session *session);

const char *session_status_name(enum session_status status);
/* Of its primary thread, the only one that a session has here. */
const char *session_thread_id(const struct session *session, char out[SIM_ID_BYTES]);

/* Append an event made of body (takes ownership), giving it id, type and processed_at, and pass it
 * on to the streams. at_ms: when; is_processed false leaves processed_at null. */
struct event *session_emit(struct world *world, struct session *session, const char *type,
                           struct json *body, int64_t at_ms);
struct event *session_emit_unprocessed(struct world *world, struct session *session,
                                       const char *type, struct json *body);
/* Give the queued events of that type their processed_at. */
void session_process(struct world *world, struct session *session, const char *type);

/* Status changes, with their events. */
void session_run(struct world *world, struct session *session, int64_t at_ms);
/* reason: "end_turn", "requires_action" (names the open calls), "refusal", … */
void session_idle(struct world *world, struct session *session, const char *reason, int64_t at_ms);
void session_terminate(struct world *world, struct session *session);

/* The tool calls. */
struct ask {
    const char *tool;
    struct json *input; /* taken */
    bool is_custom;     /* answered by the customer's own client, not by a worker */
    bool asks;          /* a person must allow it */
    int64_t at_ms;
};
struct call *session_ask(struct world *world, struct session *session, const struct ask *ask);
struct call *session_find_call(const struct session *session, const char *id);
void session_close_call(struct session *session, struct call *call);
/* A call that a worker can run now: built in, and allowed. NULL: none. */
struct call *session_runnable_call(const struct session *session);

/* Otherwise the service itself runs the tools, and there is no queue. */
bool environment_is_self_hosted(const struct environment *environment);
/* Make sure a work item will bring a worker, where workers run the tools. */
void session_need_worker(struct world *world, struct session *session);
/* Milliseconds spent in running until now. */
int64_t session_active_ms(const struct world *world, const struct session *session);

#endif
