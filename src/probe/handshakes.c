#include "probe/handshakes.h"

#include "core/clock.h"

/* The one with that address; else room for it, the oldest's when there is no other. */
static struct handshake *
place_for(struct handshakes *handshakes, const struct address *address)
{
    struct handshake *oldest = handshakes->made;

    for (size_t i = 0; i < handshakes->n; i++) {
        struct handshake *made = &handshakes->made[i];

        if (address_is_same(&made->address, address))
            return made;
        if (made->at_ms < oldest->at_ms)
            oldest = made;
    }
    return handshakes->n < HANDSHAKES_KEPT ? &handshakes->made[handshakes->n++] : oldest;
}

void
handshakes_add(struct handshakes *handshakes, const struct address *address, int64_t at_ms)
{
    *place_for(handshakes, address) = (struct handshake){*address, at_ms};
}

int64_t
handshakes_wait_ms(const struct handshakes *handshakes, const struct address *address)
{
    int64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < handshakes->n; i++) {
        const struct handshake *made = &handshakes->made[i];

        if (address_is_same(&made->address, address))
            return made->at_ms + handshakes->every_ms > now_ms
                       ? made->at_ms + handshakes->every_ms - now_ms
                       : 0;
    }
    return 0;
}
