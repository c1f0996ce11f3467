/* call_send.h — the sending of calls: when one may go, with which credential, and what its answer
 * tells about the service. */
#ifndef API_CALL_SEND_H
#define API_CALL_SEND_H

#include "core/base.h"

struct engine;

/* Send the next call that may be sent. False: nothing was sent, and *next_ms (if sooner) says when
 * to look again. */
bool call_send(struct engine *engine, int64_t now_ms, int64_t *next_ms);

#endif
