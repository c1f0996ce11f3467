/* vn.h — QUIC version negotiation: a datagram that any QUIC server must answer, and its answer.
 *
 * Pure functions of bytes. RFC 8999 §6, RFC 9000 §6 and §17.2.1; the layout that Cloudflare's own
 * stack answers is facts/connectivity.md F1. */
#ifndef PROBE_VN_H
#define PROBE_VN_H

#include "core/base.h"

enum {
    VN_ID_BYTES = 16,
    VN_DATAGRAM_BYTES = 1200, /* servers ignore smaller ones of unknown versions */
    VN_LARGEST_REPLY = 1500,
    VN_VERSIONS = 16, /* servers list about four; more is cut */
};

struct vn_probe { /* what tells the answer to this datagram from all others */
    uint8_t dcid[VN_ID_BYTES], scid[VN_ID_BYTES];
    uint32_t version;
};

struct vn_reply {
    uint32_t versions[VN_VERSIONS];
    size_t n_versions;
};

/* Make a datagram of n (at least VN_DATAGRAM_BYTES, at most 16 KiB) bytes out of n random ones. */
void vn_make(uint8_t *random_bytes, size_t n, struct vn_probe *out);

/* The same out of the kernel's random bytes; only this one is no pure function. */
void vn_fill(uint8_t *out_bytes, size_t n, struct vn_probe *out);

/* Whether bytes are the answer to exactly this probe; anything else is not an error, but
 * nothing. */
bool vn_read(const uint8_t *bytes, size_t n, const struct vn_probe *probe, struct vn_reply *out);

struct text;

/* "v1, v2, draft-29, 0x1a2a3a4a"; greasing versions are left out. */
void vn_add_versions(struct text *out, const struct vn_reply *reply);

#endif
