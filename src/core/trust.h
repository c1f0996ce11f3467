/* trust.h — the system's certificate authorities: how they are kept. */
#ifndef CORE_TRUST_H
#define CORE_TRUST_H

#include "core/base.h"

/* A folder whose files are named by hash, as c_rehash does: whoever verifies reads only those that
 * it needs, and not a bundle of all (15 ms, 1 MiB). NULL is allowed. */
bool trust_is_hashed(const char *folder);

#endif
