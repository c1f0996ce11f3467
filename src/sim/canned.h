/* canned.h — answers that a test prepared: the next requests of one pattern get them. */
#ifndef SIM_CANNED_H
#define SIM_CANNED_H

#include "core/err.h"
#include "sim/array.h"
#include "sim/exchange.h"

struct json;

/* {"method":"POST","path":"/v1/environments/{id}/work/{id}/heartbeat","status":412,"body":{…} or
 * "text","content_type":"text/plain","headers":{"x-should-retry":"false"},"skip":1,"times":1}
 * A body with "error" in it gets the request id. Without a body: none. */
bool canned_add(struct array *answers, const struct json *order, struct err *err);
void canned_clear(struct array *answers);

/* True when the exchange was answered by one. */
bool canned_answer(struct array *answers, struct exchange *x);
bool canned_was_used(const struct exchange *x);

#endif
