/* replace.h — a small file replaced as a whole, so that a reader sees the old one or the new. */
#ifndef CORE_REPLACE_H
#define CORE_REPLACE_H

#include "core/base.h"

struct err;

/* A new file of mode 0600, with the old one's owner where that may be, flushed and moved over it.
 * ERR_IO. */
bool replace_file(const char *path, const char *bytes, size_t n, struct err *err);
/* Could that be done? Makes a file beside it and takes it away again. */
bool replace_try(const char *path, struct err *err);

#endif
