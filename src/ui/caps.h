/* caps.h — what a terminal is told to enter and to leave the console, from its terminfo entry. Call
 * after curses has read that entry. */
#ifndef UI_CAPS_H
#define UI_CAPS_H

#include "core/base.h"

struct text;

bool caps_has(const char *name); /* "cup" */
/* Bracketed paste and status requests: xterm's descendants, told by their way to the other screen.
 */
bool caps_is_modern(void);

/* The other screen, the keypad, no cursor; what curses sends by itself only once. */
void caps_add_enter(struct text *out);
/* Everything back; h: the lines of the screen, for terminals that have one screen only. */
void caps_add_restore(struct text *out, int h);

#endif
