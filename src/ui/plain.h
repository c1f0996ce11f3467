/* plain.h — what stands for a character where only ASCII can be shown. */
#ifndef UI_PLAIN_H
#define UI_PLAIN_H

#include "core/base.h"

/* One cell for one cell: ASCII itself; lines, bars, arrows and dashes as near as ASCII comes; else
 * '?'. */
uint32_t plain_char(uint32_t c);

#endif
