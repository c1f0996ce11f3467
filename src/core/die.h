/* die.h — end the program when it cannot go on, after putting the terminal back. */
#ifndef CORE_DIE_H
#define CORE_DIE_H

#include "core/base.h"

/* Print one line on stderr and abort(); for lack of memory and broken promises of the system. */
NORETURN void die(const char *format, ...) PRINTF_LIKE(1, 2);

/* What die() calls first, once; must be safe on any thread. NULL removes it. */
void die_rescue(void (*rescue)(void));

#endif
