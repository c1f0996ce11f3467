/* hash.h — a 64-bit number that stands for strings (FNV-1a): for comparing and finding, not against
 * an adversary. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "core/base.h"

#define HASH_START UINT64_C(14695981039346656037)

/* The hash of what was added so far and of s, with its end. */
uint64_t hash_add(uint64_t hash, const char *s);

#endif
