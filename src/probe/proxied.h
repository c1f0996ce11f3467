/* proxied.h — is a cloudflared of this host told to use an HTTP proxy? It does not for the edge,
 * and whoever set that expects that it does (facts/connectivity.md G5). */
#ifndef PROBE_PROXIED_H
#define PROBE_PROXIED_H

#include "core/base.h"

struct proxied {
    int64_t pid; /* 0: none is, as far as may be seen: processes of others are open to root only */
    const char *variable; /* "HTTPS_PROXY"; never what it says */
};

/* Look through the processes below proc, "/proc". A millisecond or some: not for every round. */
void proxied_find(const char *proc, struct proxied *out);

#endif
