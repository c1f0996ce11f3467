/* doubt.h — an address stopped answering version negotiation: what is that worth?
 *
 * Version negotiation alone never fails a target (facts/connectivity.md F2), and what could tell,
 * a handshake, may be made once in five minutes with one address. So what was answered before and
 * is no longer is a doubt, until one of these ends it:
 *
 *   it is answered again           nothing was wrong
 *   the handshake that is due      passes, or the address fails
 *   the reserve                    one address of the row is left out of every sweep, in turn, so
 *                                  that its handshake can be made at once: when that passes without
 *                                  version negotiation, the doubts are void; when it gets no
 *                                  answer, either, all that are silent fail
 *   TCP                            fails at all addresses, too: so do all that are silent
 *   DOUBT_LOOKS in a row           in which no address of the row answered any more, though every
 *                                  one did before: more than a filter for unknown versions would
 *                                  begin to do by chance at all of them, so the row fails, and says
 *                                  that this is why
 *
 * So UDP that is dropped from now on fails after one look with a reserve, or when TCP is dropped as
 * well, and after DOUBT_LOOKS looks without (for five minutes after everything was asked at once,
 * or with one address only); the row warns from the first. A single silent address among others
 * waits for its handshake. */
#ifndef PROBE_DOUBT_H
#define PROBE_DOUBT_H

#include "probe/row.h"

enum { DOUBT_LOOKS = 3 };

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
