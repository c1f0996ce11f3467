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
/* Is that member absent, null, true or false? */
bool serve_may_be_bool(const struct json *body, const char *key);
/* Merge strings into metadata, as updates do: null deletes, and so does "" when empty_deletes.
 * False after a 400 was answered, with the code when it is not NULL. */
bool serve_metadata(struct exchange *x, struct json **metadata, const struct json *changes,
                    bool empty_deletes, const char *code);

#endif
