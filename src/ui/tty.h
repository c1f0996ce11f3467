/* tty.h — the terminal as the kernel sees it: its modes and its size. */
#ifndef UI_TTY_H
#define UI_TTY_H

#include "core/err.h"

#include <termios.h>

enum { TTY_MOST_COLUMNS = 1024, TTY_MOST_LINES = 512 };

/* The modes as they are, to be restored. */
bool tty_read_modes(struct termios *out, struct err *err);
/* Every key as it comes, output untouched; ^S and ^Q stay the line's. */
void tty_make_raw(const struct termios *saved);
/* At least 1 by 1; 80 by 24 when the terminal does not know. */
void tty_size(int *w, int *h);

#endif
