/* What a server answers to a version negotiation probe. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/text.h"
#include "probe/vn.h"

FUZZ(vn)
{
    struct vn_probe probe = {.version = 0x1A2A3A4A};
    struct vn_reply reply;
    TEXT(line, 200);

    memset(probe.dcid, 'd', sizeof(probe.dcid));
    memset(probe.scid, 's', sizeof(probe.scid));
    if (!vn_read(bytes, n, &probe, &reply))
        return 0;
    INSIST(n >= 43 && (bytes[0] & 0x80));
    INSIST(memcmp(bytes + 6, probe.scid, sizeof(probe.scid)) == 0);
    INSIST(reply.n_versions >= 1 && reply.n_versions <= VN_VERSIONS);
    for (size_t i = 0; i < reply.n_versions; i++)
        INSIST(reply.versions[i] != probe.version);
    vn_add_versions(&line, &reply);
    return 0;
}
