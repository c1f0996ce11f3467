#include "sim/chance.h"

#include <stdio.h>
#include <string.h>

static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

uint64_t
chance_next(struct chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t
chance_between(struct chance *chance, int64_t low, int64_t high)
{
    if (high <= low)
        return low;
    return low + (int64_t)(chance_next(chance) % (uint64_t)(high - low + 1));
}

bool
chance_percent(struct chance *chance, int percent)
{
    return chance_between(chance, 1, 100) <= percent;
}

static uint64_t
mix(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (h ^ 0xffu) * 0x100000001b3u;
}

struct chance
chance_for(uint64_t seed, const char *purpose, const char *name)
{
    struct chance chance = {.state = mix(mix(seed ^ 0xcbf29ce484222325u, purpose), name)};

    chance_next(&chance);
    return chance;
}

static void
add_letters(struct chance *chance, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = letters[chance_next(chance) % (sizeof(letters) - 1)];
    out[n] = '\0';
}

void
chance_id(struct chance *chance, const char *prefix, char out[SIM_ID_BYTES])
{
    char tail[19];

    add_letters(chance, tail, sizeof(tail) - 1);
    snprintf(out, SIM_ID_BYTES, "%s_011CZk%s", prefix, tail);
}

void
chance_token(struct chance *chance, const char *prefix, char out[SIM_TOKEN_BYTES])
{
    char tail[65];

    add_letters(chance, tail, sizeof(tail) - 1);
    snprintf(out, SIM_TOKEN_BYTES, "%s%s", prefix, tail);
}
