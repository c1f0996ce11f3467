/* certificate.h — the proxy's certificate files against the checklist of facts/connectivity.md D3.
 *
 * Pure functions of what was read; the rules that need the time or the API are left to the model.
 */
#ifndef PROBE_CERTIFICATE_H
#define PROBE_CERTIFICATE_H

#include <sys/types.h>

#include "model/proxy.h"

struct arena;

enum {
    CERTIFICATE_LARGEST_BYTES = 64 << 10, /* more is no certificate file */
    CERTIFICATE_PROXY_UID = 65532,        /* who reads the key in the reference deployment */
};

/* A file as it was found. */
struct certificate_file {
    const char *path;  /* "" when it is not configured */
    const char *error; /* why it was not read; "" */
    const char *bytes;
    size_t n;
    bool is_printed; /* by a program: what it leaves out may be its own mistake */
    bool is_stated;  /* mode and owner are known */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

struct certificate_files {
    struct certificate_file ca, server, key;
    const char *stray_ca_key; /* the CA's private key in the data folder; "" */
    bool has_data_folder;
};

/* Fill out's ca, server and rules; its routes must be there already. Owned by the arena. */
void certificate_check(const struct certificate_files *files, struct arena *arena,
                       struct proxy *out);

#endif
