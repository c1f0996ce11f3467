/* serve.h — the handlers that routes.def names; each answers one call. */
#ifndef SIM_SERVE_H
#define SIM_SERVE_H

#include "sim/exchange.h"
#include "sim/route.h"
#include "sim/service.h"

#define ROUTE(method, pattern, family, allow, cost, handler)                                       \
    void handler(struct service *service, struct exchange *x);
#include "sim/routes.def"
#undef ROUTE

/* The thing that the path names; NULL after a 404 was answered. */
struct environment *serve_environment(struct service *service, struct exchange *x);
struct session *serve_session(struct service *service, struct exchange *x);

/* The body as an object; NULL after a 400 was answered. An absent body counts as {}. */
const struct json *serve_body(struct exchange *x);
/* Code points in valid UTF-8: limits are in characters. */
size_t serve_characters(const char *text);
/* The filter statuses[] as bits of enum session_status, 0 for all; false after a 400 was
 * answered. */
bool serve_statuses(struct exchange *x, unsigned *out);
/* Turn the answer into the stream of that session, or answer 400. */
void serve_stream(struct service *service, struct exchange *x, const struct session *session);
/* A page of its events, with the filters types[] and created_at[…] and order=, or without. */
void serve_events(struct service *service, struct exchange *x, const struct session *session,
                  bool is_filtered);
/* Is that member absent, null, true or false? */
bool serve_may_be_bool(const struct json *body, const char *key);
/* Merge strings into metadata, as updates do: null deletes, and so does "" when empty_deletes.
 * False after a 400 was answered, with the code when it is not NULL. */
bool serve_metadata(struct exchange *x, struct json **metadata, const struct json *changes,
                    bool empty_deletes, const char *code);

#endif
