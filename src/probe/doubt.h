/* doubt.h — an address does not answer version negotiation: what is that worth?
 *
 * Version negotiation alone never fails a target (facts/connectivity.md F2), and what could tell,
 * a handshake, may be made once in five minutes with one address. So silence where all was well, or
 * where nothing is known yet, is a doubt, until one of these ends it:
 *
 *   it is answered                 nothing was wrong
 *   the handshake that is due      passes, or the address fails
 *   the reserve                    one address of the row is left out of every sweep, in turn, so
 *                                  that its handshake can be made at once: when that passes without
 *                                  version negotiation, the doubts are void; when it gets no
 *                                  answer, either, and no address negotiates any more, all that
 *                                  are silent fail
 *   TCP                            fails at all addresses, too: so do all that are silent
 *
 * So UDP that is dropped from now on fails after one look where the name has several addresses, or
 * where TCP is dropped as well. Where it has one address only, or the reserve was used up, the row
 * warns from the first look, and fails when a handshake is due. A single silent address among
 * others waits for its handshake, too. */
#ifndef PROBE_DOUBT_H
#define PROBE_DOUBT_H

#include "probe/row.h"

/* A light attempt is over, and its silence is no news: version negotiation is never answered there.
 */
bool doubt_is_moot(const struct place *place);
/* A light attempt is over, and its silence is a doubt. A signal that names a cause is none. */
bool doubt_begins(const struct place *place);

/* The look is over: end the doubts that it has decided. */
void doubt_settle(struct row *row);

/* Is it worth a warning? fault: filled in when it is. Returns the first such place; NULL. */
const struct place *doubt_judge(const struct row *row, struct fault *fault);

#endif
