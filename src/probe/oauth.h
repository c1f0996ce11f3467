/* oauth.h — one MCP server asked without a token: requests A, A2 and A3 of facts/connectivity.md
 * E3, then what oauth_metadata.h asks.
 *
 * No real token is ever sent and no tool is ever called; we say who we are. One pass is one A, A2
 * and A3, and the metadata. */
#ifndef PROBE_OAUTH_H
#define PROBE_OAUTH_H

#include "model/proxy.h"
#include "probe/attempt.h"
#include "probe/dns.h"
#include "probe/oauth_metadata.h"

enum {
    OAUTH_BODY_BYTES = 512,
    OAUTH_TOKEN_BYTES = 44, /* 43 random characters, as long as real ones often are */
    OAUTH_HEADERS = 6,
};

/* Embedded; must stay until done was called or oauth_cancel. */
struct oauth {
    /* the plan; borrowed */
    struct tools *tools;
    const struct proxy *proxy; /* whose routes they are */
    size_t route;
    const char *const *paths; /* of the endpoint, NULL-terminated, not empty */
    void (*done)(void *context);
    void *context;
    /* what was found */
    struct oauth_judgement reply[OAUTH_REQUESTS];
    char url[OAUTH_URL_BYTES]; /* of the endpoint that answered */
    struct address addresses[DNS_ADDRESSES];
    size_t n_addresses;
    char host[DNS_NAME_BYTES], dns_error[FAULT_TEXT_BYTES];
    bool is_ipv6_only;
    /* private */
    bool is_running, uses_public_host;
    size_t path, version;
    uint16_t port;
    char metadata_url[CHALLENGE_URL_BYTES]; /* where its challenge says that its metadata are */
    char body[OAUTH_BODY_BYTES], token_header[OAUTH_TOKEN_BYTES + 32],
        host_header[DNS_NAME_BYTES + 16], session_header[HTTP_FIELD_BYTES + 32];
    const char *headers[OAUTH_HEADERS];
    struct dns_query query;
    struct http_get get;
    struct oauth_metadata metadata;
    void (*next)(struct oauth *oauth); /* after the session was ended */
};

/* Fill in the plan, then start. done may be called from within, when its name leads nowhere. */
void oauth_start(struct oauth *oauth);
void oauth_cancel(struct oauth *oauth); /* nothing when it is not running */

#endif
