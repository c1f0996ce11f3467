/* canned.h — answers that a test prepared: the next requests of one kind get them.
 *
 * An order, as POST /sim/fault takes it:
 *   "method", "path"   which requests: a pattern of routes.def, or one whole path
 *   "from"             only those with this class of credential, as GET /sim/log names it
 *   "skip", "times"    let so many pass first (0); then so many get it (1)
 *   "acted": true      serve the request as always, and only then put this in place of its answer
 *   "answer"           "status", which is the default; "reset": the connection breaks without one;
 *                      "silence": nothing is said until the client gives up
 *   "status"           200 to 599, with one of
 *     "body"             JSON, or a string that is sent as it is (with "content_type")
 *     "message"          the envelope of an error, as the service words that status
 *                        or neither: no body at all
 *   "headers"          {"retry-after":"1"} and the like */
#ifndef SIM_CANNED_H
#define SIM_CANNED_H

#include "core/err.h"
#include "sim/array.h"
#include "sim/exchange.h"

struct json;

/* False with err when the order is not one. */
bool canned_add(struct array *answers, const struct json *order, struct err *err);
void canned_clear(struct array *answers);

/* Take the answer that is prepared for this exchange, if there is one, into x->prepared. */
void canned_take(struct array *answers, struct exchange *x);
/* Is there one that comes before the request is looked at? */
bool canned_comes_first(const struct exchange *x);
/* Put the one that was taken in place of the answer; nothing when none was. */
void canned_use(struct exchange *x);

#endif
