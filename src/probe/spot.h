/* spot.h — one address where a connector is, or may be, and what it last said. */
#ifndef PROBE_SPOT_H
#define PROBE_SPOT_H

#include "model/connector.h"
#include "probe/cloudflared.h"
#include "probe/dns.h"
#include "probe/exposure.h"
#include "probe/http.h"
#include "probe/log_watch.h"
#include "probe/trend.h"

enum {
    SPOT_NAME_BYTES = 64,
    SPOT_URL_BYTES = 320,
    SPOT_ERROR_BYTES = 240,
    SPOT_DEADLINE_MS = 2000,
    SPOT_DISCOVERY_DEADLINE_MS = 300, /* loopback answers in one, or is not there */
    SPOT_RARE_MS = 30000,             /* every /diag request writes into cloudflared's own log */
};

struct arena;
struct tools;

struct spot {
    struct tools *tools; /* borrowed */
    char name[SPOT_NAME_BYTES], url[SPOT_URL_BYTES];
    char configured_tunnel_id[CLOUDFLARED_WORD_BYTES]; /* "" */
    bool is_tentative;           /* a well-known port where nobody has answered yet: no row */
    bool is_discovered;          /* such a port where somebody did */
    void (*over)(void *context); /* the pass has ended, well or badly */
    void *context;
    /* what it said */
    enum connector_state state;
    struct cloudflared_ready ready;
    struct cloudflared_metrics metrics;
    struct cloudflared_tunnel tunnel;
    struct cloudflared_config config;
    int64_t expected; /* connections; -1: not told */
    bool has_metrics, has_tunnel, has_config;
    struct trend trend;
    double requests_per_s, errors_per_min; /* negative: not known */
    char error[SPOT_ERROR_BYTES];
    int64_t at_ms; /* wall: when it last answered /ready; 0 */
    bool tries_exposure;
    struct exposure_probe exposure;
    struct log_watch *log; /* owned by connectors.c; NULL: it has none */
    /* the pass under way */
    struct http_url parts;
    struct address address;
    bool has_address, is_asking, is_news; /* is_news: /ready changed, so the rare pages are due */
    size_t page;
    char page_url[SPOT_URL_BYTES + 32];
    struct http_get get;
    struct dns_query query;
    int64_t metrics_at_us, rare_at_ms, resolved_at_ms; /* of the monotonic clock; 0: never */
};

/* url: http:// or https://, without a path. False and err when it is not one. Zeroed before. */
bool spot_set(struct spot *spot, const char *name, const char *url, struct err *err) MUST_CHECK;

/* Start a pass over the pages; over is called from the loop, never from within. Nothing when one is
 * under way. */
void spot_ask(struct spot *spot, bool is_everything);
void spot_cancel(struct spot *spot);

/* The row to publish, its strings owned by the arena. */
void spot_show(const struct spot *spot, struct arena *arena, struct connector *out);

#endif
