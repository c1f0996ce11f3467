/* A WWW-Authenticate header. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "probe/challenge.h"

FUZZ(challenge)
{
    struct challenge found[CHALLENGES_MOST];
    size_t count = challenges_read((const char *)bytes, n, found);

    INSIST(count <= CHALLENGES_MOST);
    for (size_t i = 0; i < count; i++) {
        INSIST(*found[i].scheme && strlen(found[i].scheme) < sizeof(found[i].scheme));
        INSIST(strlen(found[i].resource_metadata) < sizeof(found[i].resource_metadata));
        INSIST(challenge_of(found, count, found[i].scheme) != NULL);
    }
    return 0;
}
