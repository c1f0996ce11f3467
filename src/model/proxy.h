/* proxy.h — the MCP proxy of this host, as its files say: routes, allowed addresses, certificates.
 *
 * Only what was read; what it means is judged in layers_*.c. Unknown as in pool.h. */
#ifndef MODEL_PROXY_H
#define MODEL_PROXY_H

#include "core/base.h"
#include "model/exposure.h"
#include "model/log_facts.h"
#include "model/served.h"
#include "model/stranger.h"

/* The checklist of facts/connectivity.md D3. */
enum certificate_rule {
#define CERTIFICATE_RULE(id, name, verdict, what) CERTIFICATE_##id,
#include "model/certificate_rules.def"
#undef CERTIFICATE_RULE
    CERTIFICATE_RULES
};

enum proof {
    PROOF_unknown, /* the file is not there, cannot be read, or it depends on the time or the API */
    PROOF_holds,
    PROOF_broken,
};

struct certificate_proof {
    enum proof proof;
    const char *seen; /* why it is broken or unknown; "" */
};

struct proxy_file {
    const char *path;  /* "" when it is not configured */
    const char *error; /* why it could not be read; "" */
};

/* A certificate in a file. */
struct proxy_certificate {
    struct proxy_file file;
    const char *fingerprint; /* lowercase hex SHA-256 of the DER; "" when it could not be read */
    const char *subject, *issuer;
    int64_t from_ms, until_ms; /* 0: not known */
};

struct proxy_range {
    const char *text; /* as written */
    uint32_t network; /* host byte order */
    int bits;
};

struct proxy_route {
    const char *name;     /* the key: "wiki", or a whole host name */
    const char *host;     /* what callers ask for: "wiki.TUNNEL_DOMAIN"; "" when not known */
    const char *upstream; /* "http://10.0.0.5:3000" */
};

/* A risk that somebody took on purpose; "" matches every route, or every check. */
struct waiver {
    const char *route, *check; /* "hello", "L3-1" */
    const char *who, *why;
};

struct proxy {
    struct proxy_file config;
    const char *tunnel_domain, *listen_address;
    const char *data_domain; /* the content of data/tunnel-domain; "" */
    bool disables_ip_validation, has_ranges;
    const struct proxy_range *ranges; /* what is in force: its own, or the default */
    size_t n_ranges;
    const struct proxy_route *routes;
    size_t n_routes;
    const char *const *mistakes; /* in its configuration, each a line */
    size_t n_mistakes;
    struct proxy_certificate ca, server;
    struct certificate_proof rules[CERTIFICATE_RULES]; /* CA-5, CA-8 and S-5 are the judge's */
    struct log_facts log;
    struct served served;
    struct stranger stranger;
    struct exposure exposure; /* of the port that it listens on, when there is one on this host */
    const struct waiver *waivers;
    size_t n_waivers;
    int64_t at_ms; /* when the files were read */
};

/* "CA-1" and what it demands. */
const char *certificate_rule_name(enum certificate_rule rule);
const char *certificate_rule_what(enum certificate_rule rule);

#endif
