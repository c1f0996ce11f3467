/* oauth_metadata.h — where an MCP server sends its clients for a token: requests B and C of
 * facts/connectivity.md E3, and D, judged from their URLs.
 *
 * Asked only of a server that challenged; knows nothing of the requests before. */
#ifndef PROBE_OAUTH_METADATA_H
#define PROBE_OAUTH_METADATA_H

#include "model/proxy.h"
#include "probe/attempt.h"
#include "probe/dns.h"
#include "probe/http.h"
#include "probe/oauth_answer.h"

enum { OAUTH_URL_BYTES = 1024 };

/* Of every request to an MCP server. */
enum { OAUTH_CONNECT_MS = 2000, OAUTH_WITHIN_MS = 5000, OAUTH_MOST_BYTES = 64 << 10 };

/* Embedded; must stay until done was called or oauth_metadata_cancel. */
struct oauth_metadata {
    /* the plan; borrowed */
    struct tools *tools;
    const struct proxy *proxy; /* whose routes they are */
    size_t route;
    const char *path, *endpoint;   /* "/mcp", and how it is reached from here */
    const struct address *address; /* of the endpoint */
    const char *host_header;       /* what the endpoint wants to be called; NULL: nothing else */
    const char *named;             /* where its challenge says that they are; "" */
    void (*done)(void *context);
    void *context;
    /* what was found; OAUTH_none: nothing to judge */
    struct oauth_judgement resource, server, transport; /* B, C, D */
    /* private */
    bool is_plain;
    bool is_unseen;               /* a place could not be asked, or was in trouble */
    long named_status;            /* what the place that its challenge names said instead; 0 */
    char tried[OAUTH_SEEN_BYTES]; /* the place that tells most of why there are none */
    size_t place, issuer;
    struct oauth_issuers issuers;
    char ask_url[OAUTH_URL_BYTES], asked_for[OAUTH_URL_BYTES];
    const char *headers[3];
    struct address elsewhere;
    struct dns_query query;
    struct http_get get;
    void (*came)(void *context); /* after a host was looked up and asked */
};

/* Zero it, fill in the plan, then start. done may be called from within, when no place can be
 * asked. */
void oauth_metadata_start(struct oauth_metadata *metadata);
void oauth_metadata_cancel(struct oauth_metadata *metadata); /* nothing when it is not running */

#endif
