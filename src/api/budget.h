/* budget.h — never more than so many requests in any minute, however large the fleet is.
 *
 * A sliding window of the moments at which requests were sent. Two thirds of it may go at once, so
 * that a start is quick; the rest is spread, so that the window never leaves us mute for long.
 * Pure: the caller brings the time. One thread. */
#ifndef API_BUDGET_H
#define API_BUDGET_H

#include "core/base.h"

struct budget;

enum { BUDGET_WINDOW_MS = 60000, BUDGET_MOST_PER_MINUTE = 1000000 };

/* per_minute is brought into 1 to BUDGET_MOST_PER_MINUTE. Caller frees with budget_free. */
struct budget *budget_new(int64_t per_minute);
void budget_free(struct budget *budget); /* NULL is allowed */

/* How long to wait before the next request may be sent; 0: send it now. */
int64_t budget_wait_ms(struct budget *budget, int64_t now_ms);

/* Remember that one is being sent. Call only when budget_wait_ms gave 0. */
void budget_spend(struct budget *budget, int64_t now_ms);

/* How many were sent in the minute before now. */
int64_t budget_used(struct budget *budget, int64_t now_ms);
int64_t budget_per_minute(const struct budget *budget);

#endif
