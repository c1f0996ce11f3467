#include "probe/vn.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "core/text.h"

/* Offsets of the datagram (F1). */
enum {
    AT_VERSION = 1,
    AT_DCID_LENGTH = 5,
    AT_DCID = 6,
    AT_SCID_LENGTH = AT_DCID + VN_ID_BYTES,
    AT_SCID = AT_SCID_LENGTH + 1,
    AT_TOKEN_LENGTH = AT_SCID + VN_ID_BYTES,
    AT_LENGTH = AT_TOKEN_LENGTH + 1,
    AT_PADDING = AT_LENGTH + 2,
};

static uint32_t
read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void
vn_make(uint8_t *random_bytes, size_t n, struct vn_probe *out)
{
    uint8_t *d = random_bytes;
    size_t rest = n - AT_PADDING;

    assert(n >= VN_DATAGRAM_BYTES && rest < 1u << 14);
    d[0] = (uint8_t)(0xC0 | (d[0] & 0x0F)); /* long header, fixed bit, type bits 00 */
    for (int i = 0; i < 4; i++)             /* 0x?a?a?a?a is reserved to force negotiation */
        d[AT_VERSION + i] = (uint8_t)((d[AT_VERSION + i] & 0xF0) | 0x0A);
    d[AT_DCID_LENGTH] = VN_ID_BYTES;
    d[AT_SCID_LENGTH] = VN_ID_BYTES;
    d[AT_TOKEN_LENGTH] = 0;
    d[AT_LENGTH] = (uint8_t)(0x40 | rest >> 8); /* a two-byte varint over all the rest */
    d[AT_LENGTH + 1] = (uint8_t)rest;
    out->version = read_u32(d + AT_VERSION);
    memcpy(out->dcid, d + AT_DCID, VN_ID_BYTES);
    memcpy(out->scid, d + AT_SCID, VN_ID_BYTES);
}

void
vn_fill(uint8_t *out_bytes, size_t n, struct vn_probe *out)
{
    size_t filled = 0;

    while (filled < n) {
        ssize_t got = getrandom(out_bytes + filled, n - filled, 0);

        if (got > 0)
            filled += (size_t)got;
    }
    vn_make(out_bytes, n, out);
}

/* In the answer the two IDs have changed places. */
enum {
    REPLY_LIST = AT_SCID + VN_ID_BYTES,
};

bool
vn_read(const uint8_t *bytes, size_t n, const struct vn_probe *probe, struct vn_reply *out)
{
    if (n < REPLY_LIST + 4 || (n - REPLY_LIST) % 4 != 0)
        return false;
    if (!(bytes[0] & 0x80) || read_u32(bytes + AT_VERSION) != 0)
        return false;
    if (bytes[AT_DCID_LENGTH] != VN_ID_BYTES || bytes[AT_SCID_LENGTH] != VN_ID_BYTES ||
        memcmp(bytes + AT_DCID, probe->scid, VN_ID_BYTES) != 0 ||
        memcmp(bytes + AT_SCID, probe->dcid, VN_ID_BYTES) != 0)
        return false;
    out->n_versions = 0;
    for (size_t at = REPLY_LIST; at < n; at += 4) {
        uint32_t version = read_u32(bytes + at);

        if (version == probe->version)
            return false;
        if (out->n_versions < VN_VERSIONS)
            out->versions[out->n_versions++] = version;
    }
    return true;
}

void
vn_add_versions(struct text *out, const struct vn_reply *reply)
{
    const char *between = "";

    for (size_t i = 0; i < reply->n_versions; i++) {
        uint32_t version = reply->versions[i];

        if ((version & 0x0F0F0F0F) == 0x0A0A0A0A)
            continue;
        text_add(out, between);
        between = ", ";
        if (version == 1)
            text_add(out, "v1");
        else if (version == 0x6B3343CF) /* RFC 9369 */
            text_add(out, "v2");
        else if (version >> 8 == 0xFF0000)
            text_addf(out, "draft-%u", (unsigned)(version & 0xFF));
        else
            text_addf(out, "0x%08x", (unsigned)version);
    }
}
