/* signals.h — the polite signals, read from a descriptor instead of interrupting; and stopping like
 * a good job. */
#ifndef UI_SIGNALS_H
#define UI_SIGNALS_H

#include "core/err.h"

/* Block HUP, INT, QUIT, TERM, WINCH, TSTP and CONT for this thread and all that it starts, ignore
 * PIPE. The descriptor is readable when one has come; -1 on failure. */
int signals_open(struct err *err);
/* The next signal that came, 0 when there is none. */
int signals_next(int fd);
/* Stop the whole job, as ^Z in the terminal would; returns after fg. False when nothing stopped us:
 * there is nobody to come back to. *fatal is the signal that came meanwhile and asks us to end, 0
 * for none; then we may be in the background, and the terminal is not ours. */
bool signals_stop(int fd, int *fatal);
void signals_close(int fd);

#endif
