/* guard.h — the promise that the terminal is given back, whatever ends the program.
 *
 * What to send is worked out beforehand, so that a signal handler can: it restores modes and screen
 * and lets the signal do what it would have done, so that exit status and core stay right. */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include "core/base.h"

#include <termios.h>

/* From now on crashes and die() give the terminal back. fd is where restore is written, saved the
 * modes to return to; both are copied. */
void guard_arm(int fd, const struct termios *saved, const char *restore);
/* What to send may change with the size of the screen. */
void guard_set_restore(const char *restore);
/* A frame was sent in part: an escape sequence may be open. */
void guard_mid_frame(bool is_open);
/* Give the terminal back once; safe in a signal handler and on any thread. */
void guard_restore(void);
/* Crashes are nobody's business any more. */
void guard_disarm(void);

#endif
