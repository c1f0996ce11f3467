/* burst.h — loss and jitter of a row: a burst of datagrams to one of its addresses. */
#ifndef PROBE_BURST_H
#define PROBE_BURST_H

#include "probe/row.h"

/* When the row wants it, and an address answers version negotiation; else false. row->changed
 * follows from the loop. */
bool burst_start(struct row *row);
/* What did not end, is wanted again. */
void burst_cancel(struct row *row);

#endif
