/* challenge.h — the challenges of a WWW-Authenticate header (RFC 9110 section 11.6.1).
 *
 * Pure functions of bytes; foreign strings come out clean. Several header lines are joined by
 * commas before; several challenges in one are legal, with parameters in any order. */
#ifndef PROBE_CHALLENGE_H
#define PROBE_CHALLENGE_H

#include "core/base.h"

enum { CHALLENGES_MOST = 8, CHALLENGE_WORD_BYTES = 64, CHALLENGE_URL_BYTES = 512 };

struct challenge {
    char scheme[CHALLENGE_WORD_BYTES]; /* as written; compare without case */
    char error[CHALLENGE_WORD_BYTES];  /* "" when absent, as all of these */
    char realm[CHALLENGE_WORD_BYTES];
    char resource_metadata[CHALLENGE_URL_BYTES]; /* RFC 9728 section 5.1 */
};

/* How many were found, at most CHALLENGES_MOST; what cannot be read is skipped. */
size_t challenges_read(const char *header, size_t n, struct challenge out[CHALLENGES_MOST]);

/* The first one of that scheme; NULL when there is none. */
const struct challenge *challenge_of(const struct challenge *challenges, size_t n,
                                     const char *scheme);

#endif
