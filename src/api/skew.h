/* skew.h — how far the service's clock is from ours, from the Date headers. Pure.
 *
 * A Date names a whole second, and the answer that carries it was written between the moment we
 * asked and the moment we read it. Each answer so gives an interval that must hold the offset;
 * their intersection soon is much finer than a second. */
#ifndef API_SKEW_H
#define API_SKEW_H

#include "core/base.h"

struct skew {
    int64_t low_ms, high_ms;
    bool is_known;
};

/* Take in one answer: when we asked and read it by our clock, and the Date in it. */
void skew_add(struct skew *skew, int64_t asked_ms, int64_t read_ms, int64_t date_ms);

/* The service's clock minus ours; 0 while unknown, or when the clocks may well agree. */
int64_t skew_ms(const struct skew *skew);

#endif
