/* upstream.h — one MCP server behind the proxy: where its name leads, and what it answers to
 * somebody without a token. Unknown as in pool.h. */
#ifndef MODEL_UPSTREAM_H
#define MODEL_UPSTREAM_H

#include "core/base.h"
#include "model/layer_verdict.h"

enum oauth_answer {
#define OAUTH_ANSWER(id, verdict, what) OAUTH_##id,
#include "model/oauth_answers.def"
#undef OAUTH_ANSWER
    OAUTH_ANSWERS
};

/* The requests of facts/connectivity.md E3. */
enum oauth_request {
    OAUTH_ASK_initialize, /* A */
    OAUTH_ASK_bad_token,  /* A2 */
    OAUTH_ASK_stream,     /* A3 */
    OAUTH_ASK_resource,   /* B */
    OAUTH_ASK_server,     /* C */
    OAUTH_ASK_transport,  /* D: judged from the URLs of B and C */
    OAUTH_REQUESTS
};

struct oauth_reply {
    enum oauth_answer answer;
    const char *seen; /* "HTTP 401 from http://10.0.0.5:3000/mcp, Bearer with resource_metadata" */
};

struct upstream {
    const char *route; /* as in struct proxy_route */
    const char *host;  /* of the upstream: a name or an address */
    const char *url;   /* the endpoint that was asked; "" before */
    const char *const *addresses;
    size_t n_addresses;
    const char *outside;           /* the first address that the proxy would refuse; "" */
    const char *dns_error;         /* why its name leads nowhere; "" */
    bool is_ipv6_only;             /* the proxy's leg is IPv4 only */
    int64_t resolved_ms, asked_ms; /* wall; 0: never */
    struct oauth_reply reply[OAUTH_REQUESTS];
};

enum layer_verdict oauth_verdict(enum oauth_answer answer);
const char *oauth_what(enum oauth_answer answer);

#endif
