/* held.h — an order of rows by their identities, held while rows come, go and change. UI thread
 * only. */
#ifndef UI_HELD_H
#define UI_HELD_H

#include "ui/order.h"

struct held;

#define HELD_NOWHERE UINT32_MAX /* a row that was not there yet */

/* The rows as they stand in order->all now. Caller frees with held_free. */
struct held *held_new(const struct order *order, const struct frame *frame);
void held_free(struct held *held); /* NULL is allowed */

/* Where the row stood, or HELD_NOWHERE. */
uint32_t held_rank(const struct held *held, const char *id);

#endif
