/* chance.h — what looks random and is repeatable: everything follows from the seed. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include "core/base.h"

struct chance {
    uint64_t state;
};

enum { SIM_ID_BYTES = 48, SIM_TOKEN_BYTES = 128 };

uint64_t chance_next(struct chance *chance);
/* From low to high, both included. */
int64_t chance_between(struct chance *chance, int64_t low, int64_t high);
bool chance_percent(struct chance *chance, int percent);

/* A stream of its own for one purpose, "key" or a pool's name: the same for the same seed, whatever
 * else the world holds. So a pool keeps its id and its key when the scenario changes. */
struct chance chance_for(uint64_t seed, const char *purpose, const char *name);

/* "env_011CZk" and 18 more letters and digits (facts/management-api.md 1.9). */
void chance_id(struct chance *chance, const char *prefix, char out[SIM_ID_BYTES]);
/* A credential: the prefix ("sk-ant-oat01-") and 64 letters and digits. */
void chance_token(struct chance *chance, const char *prefix, char out[SIM_TOKEN_BYTES]);

#endif
