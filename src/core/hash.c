#include "core/hash.h"

static const uint64_t prime = UINT64_C(1099511628211);

uint64_t
hash_add(uint64_t hash, const char *s)
{
    for (; *s; s++)
        hash = (hash ^ (unsigned char)*s) * prime;
    return (hash ^ 0xFF) * prime;
}
