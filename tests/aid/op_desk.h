/* op_desk.h — a desk where ops are asked for: what the keys ordered, and what asks. */
#ifndef AID_OP_DESK_H
#define AID_OP_DESK_H

#include "aid/desk.h"

enum { CALM_MS = 500 }; /* after which a dialog takes keys */

/* At 80x24, armed; nothing is under way. */
void sit_down_armed(struct desk *desk);

/* The next order must be of that kind. Caller frees with op_order_free. */
struct op_order *expect_order(struct desk *desk, enum op_order_kind kind);
void expect_sent(struct desk *desk, enum op_order_kind kind);
void expect_nothing(struct desk *desk);

/* Is a dialog on top? */
bool is_asking(struct desk *desk);
/* Ask for a drain of the pool under the cursor and let its plan arrive. */
struct op *ask_to_drain(struct desk *desk);
/* The same from the beginning, and long enough ago that the plan can be answered. */
struct op *read_plan(struct desk *desk);

#endif
