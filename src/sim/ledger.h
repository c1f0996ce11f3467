/* ledger.h — what was asked: counts by method and pattern, and the last requests one by one. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim/exchange.h"

struct json;
struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);
void ledger_clear(struct ledger *ledger);

/* An exchange that was answered; status 0: its connection was broken. Not for /sim. */
void ledger_add(struct ledger *ledger, const struct exchange *x);

/* {"total":N, "GET /v1/environments/{id}/work":12, …, "statuses":{"GET …":{"200":12}}} */
struct json *ledger_counts(const struct ledger *ledger);
/* {"data":[{"method","path","query","status","credential","version","beta","helper","worker_id",
 * "api_key_header","accept","retry"}…]}, oldest first; secrets are never in it. */
struct json *ledger_log(const struct ledger *ledger);

#endif
